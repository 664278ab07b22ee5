// What upstream's verifiers accept and no pass can use is refused by every
// pass that comes first or reads constants.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-import-quant
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-check-model
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-fold-constants
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-observe-values
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-equalize-channels
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-use-unsigned
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-lower-ops
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-prepare
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-lower-to-llvm=target=x86-avx2

func.func @missing() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'missing' has no data}}
  %0 = arith.constant dense_resource<missing> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Equal constants lose their locations when they are joined.
func.func @joined() -> (tensor<2xf32>, tensor<2xf32>) {
  // expected-error @+1 {{dense_resource 'missing' has no data}}
  %0 = arith.constant dense_resource<missing> : tensor<2xf32>
  %1 = arith.constant dense_resource<missing> : tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// -----

func.func @short() -> tensor<4xi8> {
  // expected-error @+1 {{dense_resource 'short' has 2 bytes, expected 4}}
  %0 = arith.constant dense_resource<short> : tensor<4xi8>
  return %0 : tensor<4xi8>
}
{-# dialect_resources: { builtin: { short: "0x040000000102" } } #-}

// -----

func.func @dynamic() -> tensor<?xi8> {
  // expected-error @+1 {{expected a constant of static shape, got 'tensor<?xi8>'}}
  %0 = arith.constant dense_resource<bytes> : tensor<?xi8>
  return %0 : tensor<?xi8>
}
{-# dialect_resources: { builtin: { bytes: "0x040000000102" } } #-}

// -----

func.func @constant(%x: tensor<1xf32>) -> tensor<65536x65536xi1> {
  // expected-error @+1 {{'tensor<65536x65536xi1>' has more than 4294967295 elements}}
  %0 = arith.constant dense<true> : tensor<65536x65536xi1>
  return %0 : tensor<65536x65536xi1>
}

// -----

// The product of the sizes overflows; dynamic ones count as 1.
// expected-error @+1 {{'tensor<?x4611686018427387904x4xf32>' has more than 4294967295 elements}}
func.func @argument(%x: tensor<?x4611686018427387904x4xf32>) -> tensor<?x4611686018427387904x4xf32> {
  return %x : tensor<?x4611686018427387904x4xf32>
}

// -----

func.func @dim(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c2 = arith.constant 2 : index
  // expected-error @+1 {{index 2 is no dimension of 'tensor<?x4xf32>'}}
  %d = tensor.dim %x, %c2 : tensor<?x4xf32>
  %e = tensor.empty(%d) : tensor<?x4xf32>
  return %e : tensor<?x4xf32>
}

// -----

func.func @negative(%x: tensor<?x4xf32>) -> index {
  %c = arith.constant -1 : index
  // expected-error @+1 {{index -1 is no dimension of 'tensor<?x4xf32>'}}
  %d = tensor.dim %x, %c : tensor<?x4xf32>
  return %d : index
}
