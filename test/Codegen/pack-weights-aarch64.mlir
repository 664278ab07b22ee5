// RUN: qdot-opt %s --qdot-pack-weights=target=aarch64-sve --mlir-print-local-scope | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
memref.global "private" constant @w : memref<9x2xi8> = dense<[[1, 11], [2, 12], [3, 13], [4, 14], [5, 15], [6, 16], [7, 17], [8, 18], [9, 19]]>
memref.global "private" constant @w18 : memref<18x1xi8> = dense<[[1], [2], [3], [4], [5], [6], [7], [8], [9], [10], [11], [12], [13], [14], [15], [16], [17], [18]]>
memref.global "private" constant @bias : memref<2xi32> = dense<[100, 200]>

// Behind 16 bytes one group is left; it ends with the run and counts two.
// CHECK-DAG: memref.global "private" constant @qdot_weights{{.*}} : memref<80xi8> = dense<[1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, {{.*}}, 0, 0, 17, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>

// Units of eight: pairs of columns, the second unit ends with the run.
// CHECK-DAG: memref.global "private" constant @qdot_weights{{.*}} : memref<64xi8> = dense<[1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-LABEL: func.func @matrix(
// CHECK: memref.get_global @qdot_weights{{.*}} : memref<64xi8>
func.func @matrix(%x: memref<2x9xi8>, %y: memref<2x2xi32>) {
  %w = memref.get_global @w : memref<9x2xi8>
  qdot.contract ins(%x, %w : memref<2x9xi8>, memref<9x2xi8>) outs(%y : memref<2x2xi32>)
      attributes {kernel = #qdot.kernel<matrix rows 2 vectors 1 lanes 4 unroll 1 load 16>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 2, 9>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// All columns of a group side by side, then 256 bytes to spare; the columns of
// the bias have as many to spare as the longest vector has lanes.
// CHECK-LABEL: func.func @scalable(
// CHECK-DAG: memref.get_global @qdot_weights{{.*}} : memref<280xi8>
// CHECK-DAG: memref.get_global @qdot_columns{{.*}} : memref<66xi32>
func.func @scalable(%x: memref<2x9xi8>, %y: memref<2x2xi32>) {
  %w = memref.get_global @w : memref<9x2xi8>
  %b = memref.get_global @bias : memref<2xi32>
  qdot.contract ins(%x, %w, %b : memref<2x9xi8>, memref<9x2xi8>, memref<2xi32>) outs(%y : memref<2x2xi32>)
      attributes {kernel = #qdot.kernel<scalable_dot rows 2 vectors 1 lanes 4 unroll 4 load 16>,
                  indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 2, 9>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %bias: i32):
    %0 = arith.addi %acc, %bias : i32
    qdot.yield %0 : i32
  }
  return
}

// CHECK-LABEL: func.func @tail(
// CHECK: memref.get_global @qdot_weights{{.*}} : memref<80xi8>
func.func @tail(%x: memref<2x18xi8>, %y: memref<2x1xi32>) {
  %w = memref.get_global @w18 : memref<18x1xi8>
  qdot.contract ins(%x, %w : memref<2x18xi8>, memref<18x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 4 load 16>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 18>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
