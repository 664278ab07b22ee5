// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// 14 rows are two tiles of four and two of three, none of two. Four sums would
// wait for each other: 10 chains make three parts of each, and four parts of
// three sums; the next group goes to the next part.
// CHECK-LABEL: func.func @balanced(
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK: scf.for %{{.*}} = %[[C0]] to %[[C8]] step %[[C4]] {
// CHECK: scf.for %{{.*}} = %[[C0]] to %{{.*}} step %[[C3]] iter_args(%[[A:[a-z0-9]*]] = %{{[a-z0-9]*}}, %[[B:[a-z0-9]*]] =
// CHECK-COUNT-4: qdot.dot
// CHECK-COUNT-4: qdot.dot
// CHECK-COUNT-4: qdot.dot
// CHECK: scf.yield
// The 40th group.
// CHECK-COUNT-4: qdot.dot
// CHECK-COUNT-8: arith.addi %{{.*}} : vector<4xi32>
// CHECK-COUNT-4: vector.store
// CHECK: scf.for %{{.*}} = %[[C2]] to %[[C4]] step
// CHECK: scf.for %{{.*}} = %[[C0]] to %{{.*}} step %[[C4]] iter_args(%[[A:[a-z0-9]*]] =
// CHECK-COUNT-12: qdot.dot
// CHECK: scf.yield
// CHECK-NOT: qdot.dot
// CHECK-COUNT-9: arith.addi %{{.*}} : vector<4xi32>
// CHECK-COUNT-3: vector.store
// CHECK-NOT: vector.store
// CHECK: return
func.func @balanced(%x: memref<14x160xi8>, %w: memref<640xi8>, %y: memref<14x4xi32>) {
  qdot.contract ins(%x, %w : memref<14x160xi8>, memref<640xi8>) outs(%y : memref<14x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 4 vectors 1 lanes 4 unroll 1 chains 10>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 14, 4, 160>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Five rows cannot be tiles of four and three: one of four, and one row.
// CHECK-LABEL: func.func @few(
// CHECK-COUNT-4: vector.store
// CHECK: scf.for
// CHECK-COUNT-1: vector.store
// CHECK-NOT: vector.store
// CHECK: return
func.func @few(%x: memref<5x160xi8>, %w: memref<640xi8>, %y: memref<5x4xi32>) {
  qdot.contract ins(%x, %w : memref<5x160xi8>, memref<640xi8>) outs(%y : memref<5x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 4 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 4, 160>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// An open number of rows: tiles of four, then of two, then single rows.
// CHECK-LABEL: func.func @open(
// CHECK: scf.for
// CHECK-COUNT-4: vector.store
// CHECK: scf.for
// CHECK-COUNT-2: vector.store
// CHECK: scf.for
// CHECK-COUNT-1: vector.store
// CHECK-NOT: vector.store
// CHECK: return
func.func @open(%x: memref<?x160xi8>, %w: memref<640xi8>, %y: memref<?x4xi32>) {
  qdot.contract ins(%x, %w : memref<?x160xi8>, memref<640xi8>) outs(%y : memref<?x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 4 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: -9223372036854775808, 4, 160>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
