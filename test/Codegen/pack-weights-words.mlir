// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-pack-weights=target=x86-avx2 --mlir-print-local-scope --mlir-print-elementsattrs-with-hex-if-larger=-1 | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
memref.global "private" constant @w_heavy : memref<20x1xi8> = dense<[[127], [127], [-3], [4],  [127], [-128], [-127], [-127],  [1], [2], [3], [4],  [127], [127], [1], [1],  [127], [1], [127], [-1]]>
memref.global "private" constant @w_once : memref<20x1xi8> = dense<[[127], [127], [-3], [4],  [0], [0], [0], [0],  [1], [2], [3], [4],  [0], [0], [1], [1],  [127], [1], [127], [-1]]>
memref.global "private" constant @w_many : memref<16x1xi8> = dense<127>

// Of five groups three do not fit: 127 + 127, or -127 - 127, in one half. They
// are words, last: the first two of every lane, then the others; offsets count
// words of the panel. The others stay bytes, alone or together.
// CHECK-DAG: memref.global "private" constant @[[WEIGHTS:qdot_weights[_0-9]*]] : memref<128xi8> = dense<[1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 1, 127, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3, -1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, -128, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -127, -1, -127, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[COUNTS:qdot_table[_0-9]*]] : memref<4xi32> = dense<[0, 0, 2, 3]>
// CHECK-DAG: memref.global "private" constant @[[OFFSETS:qdot_table[_0-9]*]] : memref<8xi32> = dense<[8, 16, 0, 2, 4, 6, 12, 14]>

// CHECK-LABEL: func.func @heavy(
// CHECK: memref.get_global @[[WEIGHTS]] : memref<128xi8>
// CHECK: qdot.contract
// CHECK-SAME: qdot.dot_counts = @[[COUNTS]], qdot.dot_offsets = @[[OFFSETS]], qdot.dot_words
func.func @heavy(%x: memref<2x20xi8>, %y: memref<2x1xi32>) {
  %w = memref.get_global @w_heavy : memref<20x1xi8>
  // expected-remark @below {{LargestSum=32640, Pairs=0, Quads=0, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=2, Widened=3}}
  qdot.contract ins(%x, %w : memref<2x20xi8>, memref<20x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 20>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// One group of five does not pay for widening the rows: it is split. Of an
// unknown number of rows, some are widened at a time.
// CHECK-LABEL: func.func @once(
// CHECK: qdot.contract
// CHECK-NOT: qdot.dot_words
// CHECK: qdot.yield
func.func @once(%x: memref<2x20xi8>, %y: memref<2x1xi32>, %many: memref<?x16xi8>, %all: memref<?x1xi32>) {
  %w = memref.get_global @w_once : memref<20x1xi8>
  // expected-remark @below {{Widened=0}}
  qdot.contract ins(%x, %w : memref<2x20xi8>, memref<20x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 20>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // CHECK: qdot.dot_words
  %heavy = memref.get_global @w_many : memref<16x1xi8>
  // expected-remark @below {{Widened=4}}
  qdot.contract ins(%many, %heavy : memref<?x16xi8>, memref<16x1xi8>) outs(%all : memref<?x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: -9223372036854775808, 1, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
