// RUN: qdot-opt %s --qdot-integerize-ops --qdot-verify-integer=allow=none | FileCheck %s

// The size of a float value is looked up where the value comes from, so nothing
// stays in float for it, and the clamp is fused although the sum's size is read.
!x = !quant.uniform<i8:f32, 0.5:3>
// CHECK-LABEL: func.func @clamped(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: tensor.dim %[[X]]
// CHECK-NOT: tensor.dim %
// CHECK: qdot.requantize {{.*}} clamp(3, 127)
// CHECK-NOT: maximumf
// CHECK: return
func.func @clamped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %xq = qdot.quantize %x : tensor<?x4xf32> -> tensor<?x4x!x>
  %xd = qdot.dequantize %xq : tensor<?x4x!x> -> tensor<?x4xf32>
  %d0 = tensor.dim %xd, %c0 : tensor<?x4xf32>
  %e0 = tensor.empty(%d0) : tensor<?x4xf32>
  %s = linalg.add ins(%xd, %xd : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %d1 = tensor.dim %s, %c0 : tensor<?x4xf32>
  %e1 = tensor.empty(%d1) : tensor<?x4xf32>
  %y = linalg.generic {
    indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>],
    iterator_types = ["parallel", "parallel"]
  } ins(%s : tensor<?x4xf32>) outs(%e1 : tensor<?x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<?x4xf32>
  %yq = qdot.quantize %y : tensor<?x4xf32> -> tensor<?x4x!x>
  %yd = qdot.dequantize %yq : tensor<?x4x!x> -> tensor<?x4xf32>
  return %yd : tensor<?x4xf32>
}

// A scale is an f32 however it is written (rule Q2): the multiplier is that of
// f32(0.3) / f32(0.1), not that of 0.3 / 0.1.
// CHECK-LABEL: func.func @scales(
// CHECK: arith.constant 1610612776 : i32
func.func @scales(%x: tensor<4xf32>) -> tensor<4xf32> {
  %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.3>>
  %xd = qdot.dequantize %xq : tensor<4x!quant.uniform<i8:f32, 0.3>> -> tensor<4xf32>
  %yq = qdot.quantize %xd : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.1>>
  %yd = qdot.dequantize %yq : tensor<4x!quant.uniform<i8:f32, 0.1>> -> tensor<4xf32>
  return %yd : tensor<4xf32>
}
