// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-outline-constants

func.func @missing() -> tensor<2xf32> {
  // expected-error@+1 {{dense_resource 'missing' has no data}}
  %0 = arith.constant dense_resource<missing> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @short() -> tensor<4xf32> {
  // expected-error@+1 {{dense_resource 'short': expected 16 bytes for tensor<4xf32>, got 8}}
  %0 = arith.constant dense_resource<short> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      short: "0x040000000000803f00000040"
    }
  }
#-}

// -----

func.func @bits() -> tensor<8xi1> {
  // expected-error@+1 {{dense_resource 'bits': expected elements of whole bytes, got i1}}
  %0 = arith.constant dense_resource<bits> : tensor<8xi1>
  return %0 : tensor<8xi1>
}

{-#
  dialect_resources: {
    builtin: {
      bits: "0x0100000001"
    }
  }
#-}

// -----

func.func @sparse() -> tensor<4xf32> {
  // expected-error@+1 {{expected a dense or dense_resource constant}}
  %0 = arith.constant sparse<[[1]], [2.0]> : tensor<4xf32>
  return %0 : tensor<4xf32>
}
