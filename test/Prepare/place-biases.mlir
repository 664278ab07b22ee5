// RUN: qdot-opt %s --split-input-file --qdot-place-biases | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[B:.*]] = qdot.dequantize
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<3xf32>) outs(%{{.*}} : tensor<2x3xf32>) dimensions = [0]
// CHECK: %[[Y:.*]] = linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4x3xf32>) outs(%[[I]] : tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: return %[[Y]] : tensor<2x3xf32>
func.func @main(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %bi = arith.constant dense<[5, -7, 100]> : tensor<3xi32>
  %bq = quant.scast %bi : tensor<3xi32> to tensor<3x!quant.uniform<i32:f32, 1.250000e-01>>
  %bd = qdot.dequantize %bq : tensor<3x!quant.uniform<i32:f32, 1.250000e-01>> -> tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %m = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%m, %bd : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}


// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The bias runs along the rows, comes first, and the number of columns is
// dynamic; then a bias in 8 bits, and a contraction that another op reads.
// CHECK-LABEL: func.func @forms
// CHECK: %[[B:.*]] = qdot.dequantize {{.*}} -> tensor<2xf32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xf32>) outs(%{{.*}} : tensor<2x?xf32>) dimensions = [1]
// CHECK: %[[Y:.*]] = linalg.matmul {{.*}} outs(%[[I]] : tensor<2x?xf32>)
// CHECK: %[[Z:.*]] = linalg.generic
// CHECK: %[[V:.*]] = linalg.generic
// CHECK: return %[[Y]], %[[Z]], %[[V]]
func.func @forms(%x: tensor<2x4xf32>, %w: tensor<4x?xf32>, %n: index) -> (tensor<2x?xf32>, tensor<2x?xf32>, tensor<2x?xf32>, tensor<2x?xf32>) {
  %bi = arith.constant dense<[5, -7]> : tensor<2xi32>
  %bq = quant.scast %bi : tensor<2xi32> to tensor<2x!quant.uniform<i32:f32, 0.125>>
  %b = qdot.dequantize %bq : tensor<2x!quant.uniform<i32:f32, 0.125>> -> tensor<2xf32>
  %si = arith.constant dense<[5, -7]> : tensor<2xi8>
  %sq = quant.scast %si : tensor<2xi8> to tensor<2x!quant.uniform<i8:f32, 0.125>>
  %s = qdot.dequantize %sq : tensor<2x!quant.uniform<i8:f32, 0.125>> -> tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<2x?xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?xf32>) -> tensor<2x?xf32>
  %m0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x?xf32>) outs(%i : tensor<2x?xf32>) -> tensor<2x?xf32>
  %y = linalg.generic {indexing_maps = [#row, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%b, %m0 : tensor<2xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?xf32>) {
  ^bb0(%c: f32, %a: f32, %o: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  %m1 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x?xf32>) outs(%i : tensor<2x?xf32>) -> tensor<2x?xf32>
  %z = linalg.generic {indexing_maps = [#row, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%s, %m1 : tensor<2xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?xf32>) {
  ^bb0(%c: f32, %a: f32, %o: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  %m2 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x?xf32>) outs(%i : tensor<2x?xf32>) -> tensor<2x?xf32>
  %v = linalg.generic {indexing_maps = [#row, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%b, %m2 : tensor<2xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?xf32>) {
  ^bb0(%c: f32, %a: f32, %o: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x?xf32>
  return %y, %z, %v, %m2 : tensor<2x?xf32>, tensor<2x?xf32>, tensor<2x?xf32>, tensor<2x?xf32>
}
