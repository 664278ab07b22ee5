// RUN: qdot-opt %s --qdot-fuse-products --mlir-print-local-scope | FileCheck %s

#ab = affine_map<(m, n, k) -> (m, k)>
#bc = affine_map<(m, n, k) -> (k, n)>
#ac = affine_map<(m, n, k) -> (m, n)>

// The example of FloatPasses.td.
// CHECK-LABEL: func.func @example
// CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: %[[FMA:.*]] = math.fma %[[A]], %[[B]], %[[SUM]] : f32
// CHECK-NEXT: linalg.yield %[[FMA]] : f32
func.func @example(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %r = linalg.generic {indexing_maps = [#ab, #bc, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<8x3xf32>) outs(%y : tensor<4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %sum, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}

// A named operation becomes a generic one.
// CHECK-LABEL: func.func @named
// CHECK-NOT: linalg.matmul
// CHECK: linalg.generic
// CHECK: math.fma
func.func @named(%x: tensor<4x8xf32>, %w: tensor<8x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %r = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x3xf32>) outs(%y : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}

// Integers, and the other type of float, stay.
// CHECK-LABEL: func.func @others
// CHECK-NOT: math.fma
// CHECK: return
func.func @others(%x: tensor<4x8xi8>, %w: tensor<8x3xi8>, %y: tensor<4x3xi32>,
                  %u: tensor<4x8xf64>, %v: tensor<8x3xf64>, %z: tensor<4x3xf64>) -> (tensor<4x3xi32>, tensor<4x3xf64>) {
  %r = linalg.matmul ins(%x, %w : tensor<4x8xi8>, tensor<8x3xi8>) outs(%y : tensor<4x3xi32>) -> tensor<4x3xi32>
  %s = linalg.matmul ins(%u, %v : tensor<4x8xf64>, tensor<8x3xf64>) outs(%z : tensor<4x3xf64>) -> tensor<4x3xf64>
  return %r, %s : tensor<4x3xi32>, tensor<4x3xf64>
}
