// RUN: qdot-opt %s --split-input-file --qdot-drop-broadcasts | FileCheck %s

// The example of the documentation.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[A:.*]]: tensor<?x5x2xf32>, %{{.*}}, %[[F:.*]]: tensor<?x5x3xf32>)
// CHECK: %[[C:.*]] = arith.constant
// CHECK-NEXT: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%[[A]], %[[C]] : tensor<?x5x2xf32>, tensor<2x3xf32>) outs(%[[F]]
func.func @main(%x: tensor<?x5x2xf32>, %e: tensor<?x2x3xf32>, %f: tensor<?x5x3xf32>) -> tensor<?x5x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = linalg.broadcast ins(%w : tensor<2x3xf32>) outs(%e : tensor<?x2x3xf32>) dimensions = [0]
  %y = linalg.batch_matmul ins(%x, %b : tensor<?x5x2xf32>, tensor<?x2x3xf32>) outs(%f : tensor<?x5x3xf32>) -> tensor<?x5x3xf32>
  return %y : tensor<?x5x3xf32>
}

// -----

// A generic that copies a transposed weight, two dimensions of it merged: the
// form of torch-mlir for linear layers on tensors of rank 4.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-LABEL: func.func @rank4
// CHECK: %[[C:.*]] = arith.constant dense<{{.*}}> : tensor<3x2xf32>
// CHECK-NEXT: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{.*}}]
// CHECK-SAME: ins(%{{.*}}, %[[C]] : tensor<4x5x2xf32>, tensor<3x2xf32>)
func.func @rank4(%x: tensor<4x5x2xf32>, %f: tensor<4x5x3xf32>) -> tensor<4x5x3xf32> {
  %w = arith.constant dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]> : tensor<3x2xf32>
  %te = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%te : tensor<2x3xf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<1x4x2x3xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t : tensor<2x3xf32>) outs(%e : tensor<1x4x2x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x4x2x3xf32>
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<1x4x2x3xf32> into tensor<4x2x3xf32>
  %y = linalg.batch_matmul ins(%x, %c : tensor<4x5x2xf32>, tensor<4x2x3xf32>) outs(%f : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  return %y : tensor<4x5x3xf32>
}

// -----

// Merged copies are copies.
// CHECK-LABEL: func.func @merged
// CHECK: linalg.generic
// CHECK-SAME: tensor<6x5x2xf32>, tensor<2x3xf32>
func.func @merged(%x: tensor<6x5x2xf32>, %e: tensor<2x3x2x3xf32>, %f: tensor<6x5x3xf32>) -> tensor<6x5x3xf32> {
  %w = arith.constant dense<1.0> : tensor<2x3xf32>
  %b = linalg.broadcast ins(%w : tensor<2x3xf32>) outs(%e : tensor<2x3x2x3xf32>) dimensions = [0, 1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x2x3xf32> into tensor<6x2x3xf32>
  %y = linalg.batch_matmul ins(%x, %c : tensor<6x5x2xf32>, tensor<6x2x3xf32>) outs(%f : tensor<6x5x3xf32>) -> tensor<6x5x3xf32>
  return %y : tensor<6x5x3xf32>
}

// -----

// Two matrices, each for three of a batch: no index of the batch gives the one.
// CHECK-LABEL: func.func @repeated
// CHECK: linalg.batch_matmul
func.func @repeated(%x: tensor<6x5x2xf32>, %e: tensor<2x3x2x3xf32>, %f: tensor<6x5x3xf32>) -> tensor<6x5x3xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2x3xf32>
  %b = linalg.broadcast ins(%w : tensor<2x2x3xf32>) outs(%e : tensor<2x3x2x3xf32>) dimensions = [1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x2x3xf32> into tensor<6x2x3xf32>
  %y = linalg.batch_matmul ins(%x, %c : tensor<6x5x2xf32>, tensor<6x2x3xf32>) outs(%f : tensor<6x5x3xf32>) -> tensor<6x5x3xf32>
  return %y : tensor<6x5x3xf32>
}

// -----

// Activations, and what has a single copy.
// CHECK-LABEL: func.func @kept
// CHECK: linalg.batch_matmul
// CHECK: linalg.batch_matmul
func.func @kept(%x: tensor<4x5x2xf32>, %w: tensor<2x3xf32>, %e: tensor<4x2x3xf32>, %f: tensor<4x5x3xf32>,
                %z: tensor<1x5x2xf32>, %e1: tensor<1x2x3xf32>, %f1: tensor<1x5x3xf32>) -> (tensor<4x5x3xf32>, tensor<1x5x3xf32>) {
  %b = linalg.broadcast ins(%w : tensor<2x3xf32>) outs(%e : tensor<4x2x3xf32>) dimensions = [0]
  %y = linalg.batch_matmul ins(%x, %b : tensor<4x5x2xf32>, tensor<4x2x3xf32>) outs(%f : tensor<4x5x3xf32>) -> tensor<4x5x3xf32>
  %c = arith.constant dense<1.0> : tensor<2x3xf32>
  %d = linalg.broadcast ins(%c : tensor<2x3xf32>) outs(%e1 : tensor<1x2x3xf32>) dimensions = [0]
  %y1 = linalg.batch_matmul ins(%z, %d : tensor<1x5x2xf32>, tensor<1x2x3xf32>) outs(%f1 : tensor<1x5x3xf32>) -> tensor<1x5x3xf32>
  return %y, %y1 : tensor<4x5x3xf32>, tensor<1x5x3xf32>
}
