// What upstream's verifiers accept and no pass can use is refused by every
// pass that comes first or reads constants.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-import-quant
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-check-model
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-fold-constants
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-observe-values
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-equalize-channels
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-use-unsigned
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-lower-ops
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-integerize-ops
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-simplify-requantize
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-use-rescale
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

// -----

func.func @strides(%x: tensor<1x4x4x2xf32>, %w: tensor<3x3x2x1xf32>, %f: tensor<1x2x2x2x1xf32>) -> tensor<1x2x2x2x1xf32> {
  // expected-error @+1 {{indices from -1 to 2 are outside of dimension 1 of 'tensor<1x4x4x2xf32>'}}
  %c = linalg.depthwise_conv_2d_nhwc_hwcm {dilations = dense<1> : tensor<2xi64>, strides = dense<-1> : tensor<2xi64>} ins(%x, %w : tensor<1x4x4x2xf32>, tensor<3x3x2x1xf32>) outs(%f : tensor<1x2x2x2x1xf32>) -> tensor<1x2x2x2x1xf32>
  return %c : tensor<1x2x2x2x1xf32>
}

// -----

func.func @slice(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  // expected-error @+1 {{indices from -2 to 0 are outside of dimension 1 of 'tensor<1x4xf32>'}}
  %y = tensor.extract_slice %x[0, 0] [1, 3] [1, -1] : tensor<1x4xf32> to tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

// Backwards, but inside.
func.func @inside(%x: tensor<1x4xf32>, %f: tensor<1x4xf32>) -> (tensor<1x3xf32>, tensor<1x4xf32>) {
  %y = tensor.extract_slice %x[0, 3] [1, 3] [1, -1] : tensor<1x4xf32> to tensor<1x3xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, 3 - j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<1x4xf32>) outs(%f : tensor<1x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<1x4xf32>
  return %y, %z : tensor<1x3xf32>, tensor<1x4xf32>
}

// -----

func.func @overflow(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  // expected-error @+1 {{stride 4611686018427387904 is too large for 'tensor<1x4xf32>'}}
  %y = tensor.extract_slice %x[0, 0] [1, 3] [1, 4611686018427387904] : tensor<1x4xf32> to tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

func.func @shift(%x: tensor<4xi32>) -> tensor<4xi8> {
  %m = arith.constant 1073741824 : i32
  %s = arith.constant 0 : i8
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xi32>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i32, %o: i8):
    // expected-error @+1 {{'qdot.requantize' op expected a shift between 2 and 62, got 0}}
    %q = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @multiplier(%x: tensor<4xi32>) -> tensor<4xi8> {
  %m = arith.constant dense<[1, 2, 3, -1073741824]> : tensor<4xi32>
  %s = arith.constant dense<40> : tensor<4xi8>
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %m, %s : tensor<4xi32>, tensor<4xi32>, tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i32, %b: i32, %c: i8, %o: i8):
    // expected-error @+1 {{'qdot.requantize' op expected a multiplier of at least 0, got -1073741824}}
    %q = qdot.requantize %a, %b, %c zero_point(0) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
    linalg.yield %q : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// -----

func.func @real_multiplier(%x: tensor<4x8xi8>, %w: tensor<8x4xi8>) -> tensor<4x4xi8> {
  %m = arith.constant dense<[1.0, 2.0, 0x7F800000, 3.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4x4xi8>
  %r = qdot.contract ins(%x, %w, %m : tensor<4x8xi8>, tensor<8x4xi8>, tensor<4xf32>) outs(%e : tensor<4x4xi8>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 4, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %s: f32):
    // expected-error @+1 {{'qdot.requantize' op expected a finite multiplier, got inf}}
    %q = qdot.requantize %acc, %s zero_point(0) clamp(-128, 127) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<4x4xi8>
  return %r : tensor<4x4xi8>
}
