// RUN: qdot-opt %s --split-input-file --qdot-propagate-scales | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[X:.*]] = qdot.dequantize %{{.*}} : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<2x4xf32>
// CHECK: %[[Y:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
// CHECK: %[[R:.*]] = qdot.quantize %[[Y]] : tensor<8xf32> -> tensor<8x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[Z:.*]] = qdot.dequantize %[[R]] : tensor<8x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<8xf32>
// CHECK: return %[[Z]] : tensor<8xf32>
func.func @main(%q: tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<8xf32> {
  %x = qdot.dequantize %q : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<2x4xf32>
  %y = tensor.collapse_shape %x [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

!x = !quant.uniform<i8:f32, 0.5:3>

// Chains, forwards: zero has a code, and so has 1.0; 0.7 has none.
// CHECK-LABEL: func.func @pads
// CHECK: tensor.pad
// CHECK: %[[A:.*]] = qdot.quantize {{.*}} -> tensor<6x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[AD:.*]] = qdot.dequantize %[[A]]
// CHECK: tensor.pad %[[AD]]
// CHECK: %[[B:.*]] = qdot.quantize {{.*}} -> tensor<8x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[BD:.*]] = qdot.dequantize %[[B]]
// CHECK: %[[C:.*]] = tensor.pad %[[BD]]
// CHECK-NOT: qdot
// CHECK: return %[[C]]
func.func @pads(%q: tensor<4x!x>) -> tensor<10xf32> {
  %x = qdot.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %odd = arith.constant 0.7 : f32
  %a = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  %b = tensor.pad %a low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %one : f32
  } : tensor<6xf32> to tensor<8xf32>
  %c = tensor.pad %b low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %odd : f32
  } : tensor<8xf32> to tensor<10xf32>
  return %c : tensor<10xf32>
}

// -----

!x = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25>

// Backwards, through two moves; what others read as well stays as it is.
// CHECK-LABEL: func.func @backwards
// CHECK: %[[N:.*]] = linalg.negf
// CHECK: %[[Q:.*]] = qdot.quantize %[[N]] : tensor<2x4xf32> -> tensor<2x4x!quant.uniform<i8:f32, 2.500000e-01>>
// CHECK: %[[D:.*]] = qdot.dequantize %[[Q]]
// CHECK: %[[S:.*]] = linalg.negf
// CHECK-NEXT: %[[C:.*]] = tensor.concat dim(0) %[[D]], %[[S]]
// CHECK-NEXT: %[[CQ:.*]] = qdot.quantize %[[C]]
// CHECK-NEXT: %[[CD:.*]] = qdot.dequantize %[[CQ]]
// CHECK-NEXT: %[[F:.*]] = tensor.collapse_shape %[[CD]]
// CHECK-NEXT: %[[FQ:.*]] = qdot.quantize %[[F]]
// CHECK-NEXT: return %[[FQ]], %[[S]]
func.func @backwards(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> (tensor<16x!y>, tensor<2x4xf32>) {
  %e = tensor.empty() : tensor<2x4xf32>
  %n = linalg.negf ins(%a : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = linalg.negf ins(%b : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %c = tensor.concat dim(0) %n, %s : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  %f = tensor.collapse_shape %c [[0, 1]] : tensor<4x4xf32> into tensor<16xf32>
  %q = qdot.quantize %f : tensor<16xf32> -> tensor<16x!y>
  return %q, %s : tensor<16x!y>, tensor<2x4xf32>
}

// Two scales, a scale per axis, a layer that was named.
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-4: qdot.dequantize
// CHECK-NOT: qdot.quantize
// CHECK: return
func.func @declined(%a: tensor<2x4x!x>, %b: tensor<2x4x!y>, %c: tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> (tensor<4x4xf32>, tensor<8xf32>, tensor<8xf32>) {
  %x = qdot.dequantize %a : tensor<2x4x!x> -> tensor<2x4xf32>
  %y = qdot.dequantize %b : tensor<2x4x!y> -> tensor<2x4xf32>
  %z = qdot.dequantize %c : tensor<2x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>> -> tensor<2x4xf32>
  %v = qdot.dequantize %a : tensor<2x4x!x> -> tensor<2x4xf32>
  %0 = tensor.concat dim(0) %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  %1 = tensor.collapse_shape %z [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %2 = tensor.collapse_shape %v [[0, 1]] {qdot.keep_float} : tensor<2x4xf32> into tensor<8xf32>
  return %0, %1, %2 : tensor<4x4xf32>, tensor<8xf32>, tensor<8xf32>
}

// Zeros between the elements, as a transposed convolution has them, have a code;
// the number of the second does not.
// CHECK-LABEL: func.func @zeros
// CHECK: %[[I:.*]] = tensor.insert_slice
// CHECK-NEXT: qdot.quantize %[[I]] : tensor<3x7xf32> -> tensor<3x7x!quant.uniform
// CHECK: tensor.insert_slice
// CHECK-NOT: qdot.quantize
// CHECK: return
func.func @zeros(%a: tensor<2x4x!x>) -> (tensor<3x7xf32>, tensor<3x7xf32>) {
  %zero = arith.constant 0.0 : f32
  %third = arith.constant 0.3 : f32
  %x = qdot.dequantize %a : tensor<2x4x!x> -> tensor<2x4xf32>
  %e = tensor.empty() : tensor<3x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x7xf32>) -> tensor<3x7xf32>
  %g = linalg.fill ins(%third : f32) outs(%e : tensor<3x7xf32>) -> tensor<3x7xf32>
  %0 = tensor.insert_slice %x into %f[0, 0] [2, 4] [2, 2] : tensor<2x4xf32> into tensor<3x7xf32>
  %1 = tensor.insert_slice %x into %g[0, 0] [2, 4] [2, 2] : tensor<2x4xf32> into tensor<3x7xf32>
  return %0, %1 : tensor<3x7xf32>, tensor<3x7xf32>
}
