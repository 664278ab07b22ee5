// RUN: qdot-opt %s --qdot-separate-results | FileCheck %s

// The example of ModulePasses.td.
// CHECK-LABEL: func.func @example
// CHECK: %[[F:.*]] = linalg.fill
// CHECK: %[[G:.*]] = linalg.fill
// CHECK: linalg.matmul {{.*}} outs(%[[F]] :
// CHECK: linalg.matmul {{.*}} outs(%[[G]] :
// CHECK-NOT: alloc_tensor
func.func @example(%x: tensor<2x2xf32>, %v: tensor<2x2xf32>, %w: tensor<2x2xf32>, %a: memref<2x2xf32>, %b: memref<2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %0 = linalg.matmul ins(%x, %v : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  bufferization.materialize_in_destination %0 in restrict writable %a : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  return
}

// A computed tensor is copied, also behind a reshape.
// CHECK-LABEL: func.func @copied
// CHECK: %[[Y:.*]] = linalg.exp
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[Y]]
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[FLAT]])
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} outs(%[[COPY]] :
// CHECK: materialize_in_destination %[[SUM]]
// CHECK: materialize_in_destination %[[FLAT]]
func.func @copied(%x: tensor<2x2xf32>, %u: tensor<4xf32>, %a: memref<4xf32>, %b: memref<4xf32>) {
  %e = tensor.empty() : tensor<2x2xf32>
  %y = linalg.exp ins(%x : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %flat = tensor.collapse_shape %y [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%u : tensor<4xf32>) outs(%flat : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.addf %p, %o : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %sum in restrict writable %a : (tensor<4xf32>, memref<4xf32>) -> ()
  bufferization.materialize_in_destination %flat in restrict writable %b : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// What others read, and what is returned twice, is not written any more.
// CHECK-LABEL: func.func @stay
// CHECK: tensor.empty
// CHECK-NOT: alloc_tensor
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
// CHECK-NOT: alloc_tensor
func.func @stay(%x: tensor<2x2xf32>, %a: memref<2x2xf32>, %b: memref<2x2xf32>, %c: memref<2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %0 = linalg.matmul ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.exp ins(%0 : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  bufferization.materialize_in_destination %0 in restrict writable %a : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  bufferization.materialize_in_destination %0 in restrict writable %c : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  return
}

// Each operation has an empty tensor of its own, outside of loops; those of
// dynamic size, which are allocated, are shared.
// CHECK-LABEL: func.func @own
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?xf32>
// CHECK: %[[A:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: linalg.exp {{.*}} outs(%[[A]] :
// CHECK: %[[B:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: scf.for
// CHECK-NOT: tensor.empty
// CHECK: linalg.exp {{.*}} outs(%[[B]] :
// CHECK: linalg.exp {{.*}} outs(%[[E]] :
// CHECK: linalg.abs {{.*}} outs(%[[E]] :
func.func @own(%x: tensor<4xf32>, %y: tensor<?xf32>, %n: index) -> (tensor<4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %f = tensor.empty(%n) : tensor<?xf32>
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = scf.for %i = %c0 to %n step %c1 iter_args(%z = %0) -> tensor<4xf32> {
    %4 = linalg.exp ins(%z : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %4 : tensor<4xf32>
  }
  %2 = linalg.exp ins(%y : tensor<?xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
  %3 = linalg.abs ins(%2 : tensor<?xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
  return %1, %3 : tensor<4xf32>, tensor<?xf32>
}
