// RUN: qdot-opt %s --qdot-pack-weights=target=x86-avx512vnni --mlir-print-local-scope --mlir-print-elementsattrs-with-hex-if-larger=-1 | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#m = affine_map<(m, n, k) -> (m)>
#mn = affine_map<(m, n, k) -> (m, n)>
memref.global "private" constant @w : memref<4x4xi8> = dense<[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]>
memref.global "private" constant @tail : memref<6x3xi8> = dense<[[1, 2, 3], [11, 12, 13], [21, 22, 23], [31, 32, 33], [41, 42, 43], [51, 52, 53]]>
memref.global "private" constant @short : memref<2x3xi8> = dense<[[1, 2, 3], [11, 12, 13]]>
memref.global "private" constant @wide : memref<4x9xi8> = dense<[[1, 2, 3, 4, 5, 6, 7, 8, 9], [11, 12, 13, 14, 15, 16, 17, 18, 19], [21, 22, 23, 24, 25, 26, 27, 28, 29], [31, 32, 33, 34, 35, 36, 37, 38, 39]]>
memref.global "private" constant @batch : memref<2x4x2xi8> = dense<[[[1, 2], [3, 4], [5, 6], [7, 8]], [[-1, -2], [-3, -4], [-5, -6], [-7, -8]]]>
memref.global "private" constant @image : memref<2x5x1x2xi8> = dense<[[[[1, 101]], [[2, 102]], [[3, 103]], [[4, 104]], [[5, 105]]], [[[6, 106]], [[7, 107]], [[8, 108]], [[9, 109]], [[10, 110]]]]>
memref.global "private" constant @dw : memref<5x1x5xi8> = dense<[[[1, 2, 3, 4, 5]], [[11, 12, 13, 14, 15]], [[21, 22, 23, 24, 25]], [[31, 32, 33, 34, 35]], [[41, 42, 43, 44, 45]]]>
memref.global "private" constant @splat : memref<4x3xi8> = dense<7>
memref.global "private" constant @bias : memref<5xi32> = dense<[100, 200, 300, 400, 500]>
memref.global "private" constant @bias6 : memref<3xi32> = dense<[100, 200, 300]>
memref.global "private" constant @rows : memref<2xi32> = dense<[1, 2]>
memref.global "private" constant @shift : memref<3xi8> = dense<[31, 32, 33]>

// The example of Passes.td: four elements of a column for every lane.
// CHECK-DAG: memref.global "private" constant @[[EXAMPLE:qdot_weights[_0-9]*]] : memref<16xi8> = dense<[1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 4, 8, 12, 16]> {alignment = 64 : i64}
// The reduction of 6 is one of 4 and one of its last 4, of which the first two
// counted already; the fourth lane is empty.
// CHECK-DAG: memref.global "private" constant @[[TAIL:qdot_weights[_0-9]*]] : memref<32xi8> = dense<[1, 11, 21, 31, 2, 12, 22, 32, 3, 13, 23, 33, 0, 0, 0, 0, 0, 0, 41, 51, 0, 0, 42, 52, 0, 0, 43, 53, 0, 0, 0, 0]> {alignment = 64 : i64}
// Gathered bytes come first.
// CHECK-DAG: memref.global "private" constant @[[SHORT:qdot_weights[_0-9]*]] : memref<16xi8> = dense<[1, 11, 0, 0, 2, 12, 0, 0, 3, 13, 0, 0, 0, 0, 0, 0]>
// Blocks of two vectors; the last block has one.
// CHECK-DAG: memref.global "private" constant @[[WIDE:qdot_weights[_0-9]*]] : memref<48xi8> = dense<[1, 11, 21, 31, 2, 12, 22, 32, 3, 13, 23, 33, 4, 14, 24, 34, 5, 15, 25, 35, 6, 16, 26, 36, 7, 17, 27, 37, 8, 18, 28, 38, 9, 19, 29, 39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]>
// CHECK-DAG: memref.global "private" constant @[[BATCH:qdot_weights[_0-9]*]] : memref<32xi8> = dense<[1, 3, 5, 7, 2, 4, 6, 8, 0, 0, 0, 0, 0, 0, 0, 0, -1, -3, -5, -7, -2, -4, -6, -8, 0, 0, 0, 0, 0, 0, 0, 0]>
// One channel: the run is a row of the window, 5 bytes, twice.
// CHECK-DAG: memref.global "private" constant @[[IMAGE:qdot_weights[_0-9]*]] : memref<64xi8> = dense<[1, 2, 3, 4, 101, 102, 103, 104, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 105, 0, 0, 0, 0, 0, 0, 0, 0, 6, 7, 8, 9, 106, 107, 108, 109, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 110, 0, 0, 0, 0, 0, 0, 0, 0]>
// Five taps are two, kept apart, and three, of which the middle one has a second
// place (for AVX2); 16 channels in four vectors.
// CHECK-DAG: memref.global "private" constant @[[DW:qdot_weights[_0-9]*]] : memref<128xi8> = dense<[1, 0, 11, 0, 2, 0, 12, 0, 3, 0, 13, 0, 4, 0, 14, 0, 5, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21, 31, 41, 0, 22, 32, 42, 0, 23, 33, 43, 0, 24, 34, 44, 0, 25, 35, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]> {alignment = 64 : i64}
// CHECK-DAG: memref.global "private" constant @[[SPLAT:qdot_weights[_0-9]*]] : memref<16xi8> = dense<[7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0]>
// Constants per column repeat their last element up to a whole vector.
// CHECK-DAG: memref.global "private" constant @[[BIAS3:qdot_columns[_0-9]*]] : memref<4xi32> = dense<[100, 200, 300, 300]>
// CHECK-DAG: memref.global "private" constant @[[SHIFT3:qdot_columns[_0-9]*]] : memref<4xi8> = dense<[31, 32, 33, 33]>
// CHECK-DAG: memref.global "private" constant @[[BIAS5:qdot_columns[_0-9]*]] : memref<16xi32> = dense<[100, 200, 300, 400, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500]>

// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[X:.*]]: memref<2x4xi8>, %[[Y:.*]]: memref<2x4xi32>
// CHECK: %[[W:.*]] = memref.get_global @[[EXAMPLE]] : memref<16xi8>
// CHECK: qdot.contract ins(%[[X]], %[[W]] : memref<2x4xi8>, memref<16xi8>) outs(%[[Y]] : memref<2x4xi32>)
// CHECK-SAME: attributes {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>
// CHECK-SAME: packed
func.func @example(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// The same weights again share a global; a constant per row stays, one per
// column is padded; the same one twice is one global.
// CHECK-LABEL: func.func @extras(
// CHECK: %[[ROWS:.*]] = memref.get_global @rows : memref<2xi32>
// CHECK: %[[DYN:.*]] = memref.get_global @[[TAIL]] : memref<32xi8>
// CHECK: %[[B:.*]] = memref.get_global @[[BIAS3]] : memref<4xi32>
// CHECK: %[[S:.*]] = memref.get_global @[[SHIFT3]] : memref<4xi8>
// CHECK: qdot.contract ins(%{{.*}}, %[[DYN]], %[[B]], %[[ROWS]], %[[S]], %{{.*}} : memref<?x6xi8>, memref<32xi8>, memref<4xi32>, memref<2xi32>, memref<4xi8>, memref<?x3xi8>)
// CHECK-SAME: qdot.ordered_extras = array<i64: 0, 2>
// CHECK: memref.get_global @[[TAIL]] : memref<32xi8>
// CHECK: memref.get_global @[[BIAS3]] : memref<4xi32>
// CHECK: qdot.contract
func.func @extras(%x: memref<?x6xi8>, %res: memref<?x3xi8>, %y: memref<?x3xi8>, %x2: memref<2x6xi8>, %y2: memref<2x3xi32>) {
  %w = memref.get_global @tail : memref<6x3xi8>
  %bias = memref.get_global @bias6 : memref<3xi32>
  %rows = memref.get_global @rows : memref<2xi32>
  %shift = memref.get_global @shift : memref<3xi8>
  qdot.contract ins(%x, %w, %bias, %rows, %shift, %res : memref<?x6xi8>, memref<6x3xi8>, memref<3xi32>, memref<2xi32>, memref<3xi8>, memref<?x3xi8>) outs(%y : memref<?x3xi8>)
      attributes {kernel = #qdot.kernel<dot rows 6 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #n, #m, #n, #mn, #mn], loop_sizes = array<i64: -9223372036854775808, 3, 6>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32, %m: i32, %s: i8, %r: i8):
    %0 = arith.addi %acc, %b : i32
    %1 = qdot.requantize %0, %m, %s zero_point(0) clamp(0, 127) contract tosa_single : i32, i32 -> i8
    %2 = arith.maxsi %1, %r : i8
    qdot.yield %2 : i8
  }
  qdot.contract ins(%x2, %w, %bias : memref<2x6xi8>, memref<6x3xi8>, memref<3xi32>) outs(%y2 : memref<2x3xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 3, 6>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    %0 = arith.addi %acc, %b : i32
    qdot.yield %0 : i32
  }
  return
}

// CHECK-LABEL: func.func @shapes(
// CHECK: memref.get_global @[[SHORT]] : memref<16xi8>
// CHECK: memref.get_global @[[WIDE]] : memref<48xi8>
// CHECK: memref.get_global @[[BATCH]] : memref<32xi8>
// CHECK: memref.get_global @[[IMAGE]] : memref<64xi8>
// CHECK: memref.get_global @[[SPLAT]] : memref<16xi8>
func.func @shapes(%x: memref<2x2xi8>, %y: memref<2x3xi32>, %x4: memref<2x4xi8>, %y9: memref<2x9xi32>, %yb: memref<2x2xi32>, %img: memref<1x4x8x1xi8>, %yi: memref<1x3x4x2xi32>) {
  %short = memref.get_global @short : memref<2x3xi8>
  qdot.contract ins(%x, %short : memref<2x2xi8>, memref<2x3xi8>) outs(%y : memref<2x3xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 2>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %wide = memref.get_global @wide : memref<4x9xi8>
  qdot.contract ins(%x4, %wide : memref<2x4xi8>, memref<4x9xi8>) outs(%y9 : memref<2x9xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 2 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 9, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %batch = memref.get_global @batch : memref<2x4x2xi8>
  qdot.contract ins(%x4, %batch : memref<2x4xi8>, memref<2x4x2xi8>) outs(%yb : memref<2x2xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, n, k) -> (b, k)>, affine_map<(b, n, k) -> (b, k, n)>, affine_map<(b, n, k) -> (b, n)>],
                  loop_sizes = array<i64: 2, 2, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %image = memref.get_global @image : memref<2x5x1x2xi8>
  qdot.contract ins(%img, %image : memref<1x4x8x1xi8>, memref<2x5x1x2xi8>) outs(%yi : memref<1x3x4x2xi32>)
      attributes {kernel = #qdot.kernel<dot rows 4 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, y, x, f, i, j, c) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, f, i, j, c) -> (i, j, c, f)>, affine_map<(b, y, x, f, i, j, c) -> (b, y, x, f)>],
                  loop_sizes = array<i64: 1, 3, 4, 2, 2, 5, 1>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %splat = memref.get_global @splat : memref<4x3xi8>
  qdot.contract ins(%x4, %splat : memref<2x4xi8>, memref<4x3xi8>) outs(%y : memref<2x3xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @depthwise(
// CHECK: memref.get_global @[[DW]] : memref<128xi8>
// CHECK: memref.get_global @[[BIAS5]] : memref<16xi32>
func.func @depthwise(%x: memref<1x9x4x5xi8>, %y: memref<1x5x4x5xi32>) {
  %w = memref.get_global @dw : memref<5x1x5xi8>
  %bias = memref.get_global @bias : memref<5xi32>
  qdot.contract ins(%x, %w, %bias : memref<1x9x4x5xi8>, memref<5x1x5xi8>, memref<5xi32>) outs(%y : memref<1x5x4x5xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, y, x, c, i, j) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, c, i, j) -> (i, j, c)>, affine_map<(b, y, x, c, i, j) -> (c)>, affine_map<(b, y, x, c, i, j) -> (b, y, x, c)>],
                  loop_sizes = array<i64: 1, 5, 4, 5, 5, 1>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    %0 = arith.addi %acc, %b : i32
    qdot.yield %0 : i32
  }
  return
}

// Without a kernel, and packed already: nothing to do.
// CHECK-LABEL: func.func @unchanged(
// CHECK: memref.get_global @w : memref<4x4xi8>
// CHECK: memref<2x4xi8>, memref<4x4xi8>
// CHECK: memref<2x4xi8>, memref<16xi8>
func.func @unchanged(%x: memref<2x4xi8>, %y: memref<2x4xi32>, %packed: memref<16xi8>) {
  %w = memref.get_global @w : memref<4x4xi8>
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%x, %packed : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// A module inside of this one has constants of its own, and stays as it is.
// CHECK-LABEL: module @inner
// CHECK: memref.global "private" constant @w : memref<4x4xi8> = dense<1>
// CHECK: qdot.contract ins(%{{.*}}, %{{.*}} : memref<2x4xi8>, memref<4x4xi8>)
module @inner {
  memref.global "private" constant @w : memref<4x4xi8> = dense<1>
  func.func @example(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
    %w = memref.get_global @w : memref<4x4xi8>
    qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
        attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                    indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
    ^bb0(%acc: i32):
      qdot.yield %acc : i32
    }
    return
  }
}
