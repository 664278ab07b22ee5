// Kernels whose loops threads share: ranges of units instead of all positions.
// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Two tiles of two rows and one of the fifth row, one block of columns.
// CHECK-LABEL: func.func @tiles(
// CHECK: qdot.parallel %[[BEGIN:.*]] to %[[END:.*]] of %c3 grain 1 {
// CHECK: %[[FULL:.*]] = arith.minui %{{.*}}, %c2
// CHECK: scf.for %[[TILE:.*]] = %{{.*}} to %[[FULL]] step %c1 {
// CHECK: arith.muli %[[TILE]], %c16
// CHECK-COUNT-4: qdot.dot
// CHECK-NOT: qdot.dot
// CHECK: %[[HAS:.*]] = arith.andi
// CHECK: scf.if %[[HAS]] {
// CHECK-COUNT-2: qdot.dot
// CHECK-NOT: qdot.dot
// CHECK: return
func.func @tiles(%x: memref<5x8xi8>, %w: memref<32xi8>, %y: memref<5x4xi32>) {
  qdot.contract ins(%x, %w : memref<5x8xi8>, memref<32xi8>) outs(%y : memref<5x4xi32>)
      attributes {qdot.min_work = 1 : i64, kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// 5 * 4 * 8 products do not make two parts of 100.
// CHECK-LABEL: func.func @small(
// CHECK-NOT: qdot.parallel
// CHECK: return
func.func @small(%x: memref<5x8xi8>, %w: memref<32xi8>, %y: memref<5x4xi32>) {
  qdot.contract ins(%x, %w : memref<5x8xi8>, memref<32xi8>) outs(%y : memref<5x4xi32>)
      attributes {qdot.min_work = 100 : i64, kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// A right side that is packed at run time: first all matrices of the batch,
// each to its place, then the products.
// CHECK-LABEL: func.func @batch(
// CHECK: %[[PACKED:.*]] = memref.alloc() {alignment = 64 : i64} : memref<96xi8>
// CHECK: qdot.parallel %{{.*}} to %{{.*}} of %c3 grain 1024 {
// CHECK: scf.for %[[NUMBER:[^ ]*]] =
// CHECK: %[[AT:.*]] = arith.muli %[[NUMBER]], %c32
// CHECK: memref.subview %[[PACKED]][%[[AT]]] [32] [1]
// CHECK-NOT: qdot.dot
// CHECK: qdot.parallel %{{.*}} to %{{.*}} of %c9 grain 1 {
// CHECK: qdot.dot
// CHECK: memref.dealloc %[[PACKED]]
func.func @batch(%x: memref<3x5x8xi8>, %w: memref<3x8x4xi8>, %y: memref<3x5x4xi32>) {
  qdot.contract ins(%x, %w : memref<3x5x8xi8>, memref<3x8x4xi8>) outs(%y : memref<3x5x4xi32>)
      attributes {qdot.min_work = 1 : i64, kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                  loop_sizes = array<i64: 3, 5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
