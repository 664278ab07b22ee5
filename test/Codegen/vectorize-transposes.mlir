// RUN: qdot-opt %s --qdot-vectorize-transposes | FileCheck %s

// The example of VectorPasses.td: the last tile of 40 begins at 24.
// CHECK-LABEL: func.func @example
// CHECK-SAME: %[[X:.*]]: memref<64x40xi8>, %[[Y:.*]]: memref<40x64xi8>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %[[S:.*]] {
// CHECK: %[[C24:.*]] = arith.constant 24 : index
// CHECK: %[[A:.*]] = arith.minui %[[I]], %[[C24]] : index
// CHECK: scf.for %[[J:.*]] =
// CHECK: %[[C48:.*]] = arith.constant 48 : index
// CHECK: %[[B:.*]] = arith.minui %[[J]], %[[C48]] : index
// CHECK-COUNT-16: vector.load %[[X]][%{{.*}}, %[[A]]] : memref<64x40xi8>, vector<16xi8>
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %[[Y]][%{{.*}}, %[[B]]] : memref<40x64xi8>, vector<16xi8>
// CHECK-NOT: linalg
// CHECK: return
func.func @example(%x: memref<64x40xi8>, %y: memref<40x64xi8>) {
  linalg.transpose ins(%x : memref<64x40xi8>) outs(%y : memref<40x64xi8>) permutation = [1, 0]
  return
}

// A generic, with an open batch, into a part of a larger tensor.
// CHECK-LABEL: func.func @batch
// CHECK-COUNT-16: vector.load
// CHECK-COUNT-16: vector.store
// CHECK-NOT: linalg
// CHECK: return
func.func @batch(%x: memref<?x16x17xi8>, %y: memref<?x17x16xi8, strided<[1000, 32, 1], offset: ?>>) {
  linalg.generic {indexing_maps = [affine_map<(n, i, j) -> (n, i, j)>, affine_map<(n, i, j) -> (n, j, i)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : memref<?x16x17xi8>) outs(%y : memref<?x17x16xi8, strided<[1000, 32, 1], offset: ?>>) {
  ^bb0(%in: i8, %out: i8):
    linalg.yield %in : i8
  }
  return
}

// Too small, of other elements, without neighbours, and rows that stay rows.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: vector
// CHECK: return
func.func @stay(%a: memref<64x15xi8>, %b: memref<15x64xi8>, %c: memref<64x64xf32>, %d: memref<64x64xf32>, %e: memref<64x64xi8, strided<[128, 2]>>, %f: memref<64x64xi8>, %g: memref<4x32x64xi8>, %h: memref<32x4x64xi8>, %i: memref<64x?xi8>, %j: memref<?x64xi8>) {
  linalg.transpose ins(%a : memref<64x15xi8>) outs(%b : memref<15x64xi8>) permutation = [1, 0]
  linalg.transpose ins(%c : memref<64x64xf32>) outs(%d : memref<64x64xf32>) permutation = [1, 0]
  linalg.transpose ins(%e : memref<64x64xi8, strided<[128, 2]>>) outs(%f : memref<64x64xi8>) permutation = [1, 0]
  linalg.transpose ins(%g : memref<4x32x64xi8>) outs(%h : memref<32x4x64xi8>) permutation = [1, 0, 2]
  linalg.transpose ins(%i : memref<64x?xi8>) outs(%j : memref<?x64xi8>) permutation = [1, 0]
  return
}
