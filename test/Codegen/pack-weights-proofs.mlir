// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-pack-weights=target=x86-avx2 --mlir-print-local-scope --mlir-print-elementsattrs-with-hex-if-larger=-1 | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
memref.global "private" constant @w_light : memref<16x4xi8> = dense<16>
memref.global "private" constant @w_mixed : memref<32x1xi8> = dense<[
  [64], [0], [0], [64],  [127], [0], [0], [-128],  [1], [2], [3], [4],  [5], [6], [7], [8],
  [-64], [0], [-32], [-32],  [9], [10], [11], [12],  [13], [14], [15], [16],  [127], [127], [-1], [-2]]>
memref.global "private" constant @w_heavy : memref<4x1xi8> = dense<[[127], [127], [3], [-4]]>
memref.global "private" constant @w_uneven : memref<4x5xi8> = dense<[[1, 2, 3, 4, 5], [6, 7, 8, 9, 127], [10, 11, 12, 13, -127], [14, 15, 16, 17, -127]]>
memref.global "private" constant @w_short : memref<2x3xi8> = dense<1>
memref.global "private" constant @w_dw : memref<5x1x5xi8> = dense<[[[1, 2, 3, 4, 5]], [[11, 12, 13, 14, 127]], [[21, 22, 23, 24, 127]], [[31, 32, 33, 34, 127]], [[41, 42, 43, 44, 127]]]>

// With activations up to 255, the positive weights that one 16-bit lane meets
// may sum up to 128, and so may the negative ones (rule D1). The tables: dot
// products of four groups, of two, of one, of a widened one; then the distance
// of every group from the activation.

// Eight weights of 16 per lane: four groups share their sums.
// CHECK-DAG: memref.global "private" constant @[[LIGHT:qdot_weights[_0-9]*]] : memref<64xi8> = dense<16> {alignment = 64 : i64}
// CHECK-DAG: memref.global "private" constant @[[LIGHT_OFFSETS:qdot_table[_0-9]*]] : memref<4xi32> = dense<[0, 4, 8, 12]> {alignment = 64 : i64}
// Four groups, two groups, then single ones. 127 + 127 in the group at 28 does
// not fit, so it is split: 1 + 127, and 126 in a group of its own at the end.
// CHECK-DAG: memref.global "private" constant @[[MIXED:qdot_weights[_0-9]*]] : memref<144xi8> = dense<[64, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 14, 15, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -64, 0, -32, -32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 127, -1, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, -128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[MIXED_COUNTS:qdot_table[_0-9]*]] : memref<4xi32> = dense<[1, 1, 3, 0]>
// CHECK-DAG: memref.global "private" constant @[[MIXED_OFFSETS:qdot_table[_0-9]*]] : memref<9xi32> = dense<[0, 8, 12, 24, 16, 28, 4, 20, 28]>
// The same weights twice: 254 fits up to 129, and is split beyond.
// CHECK-DAG: memref.global "private" constant @[[WHOLE:qdot_weights[_0-9]*]] : memref<16xi8> = dense<[127, 127, 3, -4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[SPLIT:qdot_weights[_0-9]*]] : memref<32xi8> = dense<[125, 127, 3, -4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[SPLIT_COUNTS:qdot_table[_0-9]*]] : memref<4xi32> = dense<[0, 0, 2, 0]>
// CHECK-DAG: memref.global "private" constant @[[SPLIT_OFFSETS:qdot_table[_0-9]*]] : memref<2xi32> = dense<0>
// Two blocks of columns; the second is split, so the first is filled up with a
// group of zeros that its counts leave out.
// CHECK-DAG: memref.global "private" constant @[[BLOCKS:qdot_weights[_0-9]*]] : memref<64xi8> = dense<[1, 6, 10, 14, 2, 7, 11, 15, 3, 8, 12, 16, 4, 9, 13, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 127, -1, -127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, -126, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[BLOCKS_COUNTS:qdot_table[_0-9]*]] : memref<8xi32> = dense<[0, 0, 1, 0, 0, 0, 2, 0]>
// CHECK-DAG: memref.global "private" constant @[[BLOCKS_OFFSETS:qdot_table[_0-9]*]] : memref<4xi32> = dense<0>

// CHECK-LABEL: func.func @light(
// CHECK: qdot.contract ins(%{{.*}}, %{{.*}} : memref<2x16xi8>, memref<64xi8>)
// CHECK-SAME: packed
// CHECK-SAME: qdot.dot_counts = @[[COUNTS:[a-z_0-9]*]], qdot.dot_offsets = @[[LIGHT_OFFSETS]]
func.func @light(%x: memref<2x16xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w_light : memref<16x4xi8>
  // expected-remark @below {{LargestSum=32640, Pairs=0, Quads=4, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=0, Widened=0}}
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<16x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @mixed(
// CHECK: memref.get_global @[[MIXED]] : memref<144xi8>
// CHECK: qdot.contract
// CHECK-SAME: qdot.dot_counts = @[[MIXED_COUNTS]], qdot.dot_offsets = @[[MIXED_OFFSETS]]
func.func @mixed(%x: memref<2x32xi8>, %y: memref<2x1xi32>) {
  %w = memref.get_global @w_mixed : memref<32x1xi8>
  // expected-remark @below {{LargestSum=32640, Pairs=2, Quads=4, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=3, Widened=0}}
  qdot.contract ins(%x, %w : memref<2x32xi8>, memref<32x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 32>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @range(
// CHECK: memref.get_global @[[WHOLE]] : memref<16xi8>
// CHECK: qdot.contract
// CHECK-SAME: qdot.dot_counts = @
// CHECK: memref.get_global @[[SPLIT]] : memref<32xi8>
// CHECK: qdot.contract
// CHECK-SAME: qdot.dot_counts = @[[SPLIT_COUNTS]], qdot.dot_offsets = @[[SPLIT_OFFSETS]]
func.func @range(%x: memref<2x4xi8>, %y: memref<2x1xi32>) {
  %w = memref.get_global @w_heavy : memref<4x1xi8>
  // expected-remark @below {{LargestSum=32766, Pairs=0, Quads=0, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=1, Widened=0}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, qdot.lhs_range = array<i64: 0, 129>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{LargestSum=32760, Pairs=0, Quads=0, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=2, Widened=0}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x1xi8>) outs(%y : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, qdot.lhs_range = array<i64: 0, 130>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @blocks(
// CHECK: memref.get_global @[[BLOCKS]] : memref<64xi8>
// CHECK: qdot.contract
// CHECK-SAME: qdot.dot_counts = @[[BLOCKS_COUNTS]], qdot.dot_offsets = @[[BLOCKS_OFFSETS]]
func.func @blocks(%x: memref<2x4xi8>, %y: memref<2x5xi32>) {
  %w = memref.get_global @w_uneven : memref<4x5xi8>
  // expected-remark @below {{LargestSum=32640, Pairs=0, Quads=0, Remark="groups of four products added in 16 bits by four, two, one, and widened", Singles=3, Widened=0}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x5xi8>) outs(%y : memref<2x5xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 5, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// No order and no remark: gathered bytes, a signed activation. A depthwise kernel
// says of every group of taps in how many parts its weights are: 5 and 127 lie in
// different pairs and fit, 3 x 127 is more than two pairs can hold.
// CHECK-LABEL: func.func @others(
// CHECK-NOT: qdot.dot_counts
// CHECK-NOT: qdot.dot_offsets
// CHECK: qdot.tap_parts = array<i64: 1, 2>
// CHECK-NOT: qdot.dot_counts
// CHECK: return
func.func @others(%x: memref<2x2xi8>, %y: memref<2x3xi32>, %x4: memref<2x4xi8>, %y1: memref<2x1xi32>, %d: memref<1x9x4x5xi8>, %yd: memref<1x5x4x5xi32>) {
  %short = memref.get_global @w_short : memref<2x3xi8>
  qdot.contract ins(%x, %short : memref<2x2xi8>, memref<2x3xi8>) outs(%y : memref<2x3xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 2>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %heavy = memref.get_global @w_heavy : memref<4x1xi8>
  qdot.contract ins(%x4, %heavy : memref<2x4xi8>, memref<4x1xi8>) outs(%y1 : memref<2x1xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 1, 4>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %dw = memref.get_global @w_dw : memref<5x1x5xi8>
  qdot.contract ins(%d, %dw : memref<1x9x4x5xi8>, memref<5x1x5xi8>) outs(%yd : memref<1x5x4x5xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, y, x, c, i, j) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, c, i, j) -> (i, j, c)>, affine_map<(b, y, x, c, i, j) -> (b, y, x, c)>],
                  loop_sizes = array<i64: 1, 5, 4, 5, 5, 1>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
