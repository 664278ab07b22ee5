// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-check-model | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: return
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}

// -----

// What importers do write: epsilons in f64, also in tensors, infinite bounds and fills, calls,
// dynamic sizes, results of rank 0, integers.
// CHECK-LABEL: func.func @fine
func.func @fine(%x: tensor<?x4xf32>, %i: tensor<2xi64>) -> (tensor<f32>, tensor<?x4xf32>) {
  %eps = arith.constant 1.0e-5 : f64
  %root = arith.constant dense<8.0> : tensor<f64>
  %inf = arith.constant 0xFF800000 : f32
  %start = arith.constant dense<0xFF800000> : tensor<4xf32>
  %r = tensor.empty() : tensor<f32>
  %y = call @helper(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = call @helper(%y) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r, %z : tensor<f32>, tensor<?x4xf32>
}
func.func @helper(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{expected a function in the module}}
module {
}

// -----

// expected-error @+1 {{function 'outside' has no body}}
func.func private @outside(tensor<4xf32>) -> tensor<4xf32>

// -----

// expected-error @+1 {{function 'ping' calls itself}}
func.func @ping(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @pong(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @pong(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @ping(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @+1 {{argument 1 of 'f': expected a tensor of rank 1 or more, got 'tensor<f32>'}}
func.func @f(%x: tensor<4xf32>, %s: tensor<f32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of 'f': expected a ranked tensor, got tensor<*xf32>}}
func.func @f(%x: tensor<*xf32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of 'f': dimension 1 of tensor<4x0xf32> has size 0}}
func.func @f(%x: tensor<4x0xf32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of 'f': expected f32 elements, got f16}}
func.func @f(%x: tensor<4xf16>) {
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf64> // expected-error {{expected f32 elements, got f64}}
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  %e = tensor.empty() : tensor<0xf32> // expected-error {{dimension 0 of tensor<0xf32> has size 0}}
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{constant holds nan at [1, 0]}}
  %c = arith.constant dense<[[1.0, 2.0], [0x7FC00000, 3.0]]> : tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{constant holds -inf at [0, 1]}}
  %c = arith.constant dense<[[1.0, 0xFF800000], [0x7F800000, 3.0]]> : tensor<2x2xf32>
  return
}

// -----

// Minus infinity is meant in the mask of a softmax.
func.func @mask(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %mask = arith.constant dense<[[[0.0, 0xFF800000], [0.0, 0.0]]]> : tensor<1x2x2xf32>
  %flat = tensor.collapse_shape %mask [[0, 1], [2]] : tensor<1x2x2xf32> into tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.add ins(%x, %flat : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.softmax dimension(1) ins(%0 : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// -----

// The same numbers as a bias.
func.func @bias(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{constant holds -inf at [0, 1]}}
  %mask = arith.constant dense<[[0.0, 0xFF800000], [0.0, 0.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.add ins(%x, %mask : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{constant holds nan at [0, 0]}}
  %c = arith.constant dense<0x7FC00000> : tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{constant holds inf at [1]}}
  %c = arith.constant dense_resource<r> : tensor<2xf32>
  return
}
{-#
  dialect_resources: { builtin: {
    r: "0x040000000000803F0000807F"
  } }
#-}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{constant is nan}}
  %c = arith.constant 0x7FC00000 : f32
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{dense_resource 'absent' has no data}}
  %c = arith.constant dense_resource<absent> : tensor<4xf32>
  return
}
