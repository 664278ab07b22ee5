// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of Passes.td.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[ARG0:.*]]: memref<1x4xi8>, %[[ARG1:.*]]: memref<16xi8>, %[[ARG2:.*]]: memref<1x4xi32>) {
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<0> : vector<4xi32>
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[REINTERPRET_CAST:.*]] = memref.reinterpret_cast %[[ARG0]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<1x4xi8> to memref<9223372036854775807xi8, strided<[1]>>
// CHECK-NEXT: %[[REINTERPRET_CAST_0:.*]] = memref.reinterpret_cast %[[ARG1]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<16xi8> to memref<9223372036854775807xi8, strided<[1]>>
// CHECK-NEXT: %[[REINTERPRET_CAST_1:.*]] = memref.reinterpret_cast %[[ARG2]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<1x4xi32> to memref<9223372036854775807xi32, strided<[1]>>
// CHECK-NEXT: %[[V0:.*]] = vector.load %[[REINTERPRET_CAST_0]][%[[C0]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK-NEXT: %[[V1:.*]] = vector.load %[[REINTERPRET_CAST]][%[[C0]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK-NEXT: %[[V2:.*]] = vector.bitcast %[[V1]] : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V3:.*]] = vector.extract %[[V2]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V4:.*]] = vector.broadcast %[[V3]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V5:.*]] = vector.bitcast %[[V4]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V6:.*]] = qdot.dot %[[CST]], (%[[V5]])  unsigned, (%[[V0]])  signed : vector<4xi32>, vector<16xi8>
// CHECK-NEXT: vector.store %[[V6]], %[[REINTERPRET_CAST_1]][%[[C0]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK-NEXT: return
func.func @example(%x: memref<1x4xi8>, %w: memref<16xi8>, %y: memref<1x4xi32>) {
  qdot.contract ins(%x, %w : memref<1x4xi8>, memref<16xi8>) outs(%y : memref<1x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Two rows share the weights of a group; the reduction of 6 reads its last four
// bytes again; of four lanes three are stored, as two and one. The bias is
// where the accumulators start.
// CHECK-LABEL: func.func @tails(
// CHECK-SAME: %[[ARG0:.*]]: memref<2x6xi8>, %[[ARG1:.*]]: memref<32xi8>, %[[ARG2:.*]]: memref<4xi32>, %[[ARG3:.*]]: memref<2x3xi32>) {
// CHECK-NEXT: %[[C5:.*]] = arith.constant 5 : index
// CHECK-NEXT: %[[C3:.*]] = arith.constant 3 : index
// CHECK-NEXT: %[[C8:.*]] = arith.constant 8 : index
// CHECK-NEXT: %[[C2:.*]] = arith.constant 2 : index
// CHECK-NEXT: %[[C16:.*]] = arith.constant 16 : index
// CHECK-NEXT: %[[C6:.*]] = arith.constant 6 : index
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[REINTERPRET_CAST:.*]] = memref.reinterpret_cast %[[ARG0]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<2x6xi8> to memref<9223372036854775807xi8, strided<[1]>>
// CHECK-NEXT: %[[REINTERPRET_CAST_0:.*]] = memref.reinterpret_cast %[[ARG1]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<32xi8> to memref<9223372036854775807xi8, strided<[1]>>
// CHECK-NEXT: %[[REINTERPRET_CAST_1:.*]] = memref.reinterpret_cast %[[ARG2]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<4xi32> to memref<9223372036854775807xi32, strided<[1]>>
// CHECK-NEXT: %[[REINTERPRET_CAST_2:.*]] = memref.reinterpret_cast %[[ARG3]] to offset: [0], sizes: [9223372036854775807], strides: [1] : memref<2x3xi32> to memref<9223372036854775807xi32, strided<[1]>>
// CHECK-NEXT: %[[V0:.*]] = vector.load %[[REINTERPRET_CAST_1]][%[[C0]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK-NEXT: %[[V1:.*]] = vector.load %[[REINTERPRET_CAST_0]][%[[C0]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK-NEXT: %[[V2:.*]] = vector.load %[[REINTERPRET_CAST]][%[[C0]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK-NEXT: %[[V3:.*]] = vector.bitcast %[[V2]] : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V4:.*]] = vector.extract %[[V3]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V5:.*]] = vector.broadcast %[[V4]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V6:.*]] = vector.bitcast %[[V5]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V7:.*]] = qdot.dot %[[V0]], (%[[V6]])  unsigned, (%[[V1]])  signed : vector<4xi32>, vector<16xi8>
// CHECK-NEXT: %[[V8:.*]] = vector.load %[[REINTERPRET_CAST]][%[[C6]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK-NEXT: %[[V9:.*]] = vector.bitcast %[[V8]] : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V10:.*]] = vector.extract %[[V9]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V11:.*]] = vector.broadcast %[[V10]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V12:.*]] = vector.bitcast %[[V11]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V13:.*]] = qdot.dot %[[V0]], (%[[V12]])  unsigned, (%[[V1]])  signed : vector<4xi32>, vector<16xi8>
// CHECK-NEXT: %[[V14:.*]] = vector.load %[[REINTERPRET_CAST_0]][%[[C16]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK-NEXT: %[[V15:.*]] = vector.load %[[REINTERPRET_CAST]][%[[C2]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK-NEXT: %[[V16:.*]] = vector.bitcast %[[V15]] : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V17:.*]] = vector.extract %[[V16]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V18:.*]] = vector.broadcast %[[V17]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V19:.*]] = vector.bitcast %[[V18]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V20:.*]] = qdot.dot %[[V7]], (%[[V19]])  unsigned, (%[[V14]])  signed : vector<4xi32>, vector<16xi8>
// CHECK-NEXT: %[[V21:.*]] = vector.load %[[REINTERPRET_CAST]][%[[C8]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK-NEXT: %[[V22:.*]] = vector.bitcast %[[V21]] : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V23:.*]] = vector.extract %[[V22]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V24:.*]] = vector.broadcast %[[V23]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V25:.*]] = vector.bitcast %[[V24]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V26:.*]] = qdot.dot %[[V13]], (%[[V25]])  unsigned, (%[[V14]])  signed : vector<4xi32>, vector<16xi8>
// CHECK-NEXT: %[[V27:.*]] = vector.extract_strided_slice %[[V20]] {offsets = [0], sizes = [2], strides = [1]} : vector<4xi32> to vector<2xi32>
// CHECK-NEXT: vector.store %[[V27]], %[[REINTERPRET_CAST_2]][%[[C0]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<2xi32>
// CHECK-NEXT: %[[V28:.*]] = vector.extract_strided_slice %[[V20]] {offsets = [2], sizes = [1], strides = [1]} : vector<4xi32> to vector<1xi32>
// CHECK-NEXT: vector.store %[[V28]], %[[REINTERPRET_CAST_2]][%[[C2]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<1xi32>
// CHECK-NEXT: %[[V29:.*]] = vector.extract_strided_slice %[[V26]] {offsets = [0], sizes = [2], strides = [1]} : vector<4xi32> to vector<2xi32>
// CHECK-NEXT: vector.store %[[V29]], %[[REINTERPRET_CAST_2]][%[[C3]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<2xi32>
// CHECK-NEXT: %[[V30:.*]] = vector.extract_strided_slice %[[V26]] {offsets = [2], sizes = [1], strides = [1]} : vector<4xi32> to vector<1xi32>
// CHECK-NEXT: vector.store %[[V30]], %[[REINTERPRET_CAST_2]][%[[C5]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<1xi32>
// CHECK-NEXT: return
func.func @tails(%x: memref<2x6xi8>, %w: memref<32xi8>, %bias: memref<4xi32>, %y: memref<2x3xi32>) {
  qdot.contract ins(%x, %w, %bias : memref<2x6xi8>, memref<32xi8>, memref<4xi32>) outs(%y : memref<2x3xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.ordered_extras = array<i64: 0>,
                  indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 3, 6>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    %0 = arith.addi %acc, %b : i32
    qdot.yield %0 : i32
  }
  return
}

// A dynamic number of rows: pairs of them in a loop, then one by one. The body
// works on vectors and reads the residual of its row.
// CHECK-LABEL: func.func @dynamic(
// CHECK-SAME: %[[ARG0:.*]]: memref<?x4xi8>, %[[ARG1:.*]]: memref<16xi8>, %[[ARG2:.*]]: memref<?x4xi8>, %[[ARG3:.*]]: memref<?x4xi8>) {
// CHECK: scf.for %[[ARG4:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V13:.*]] = qdot.dot %{{.*}}, (%{{.*}})  signed, (%{{.*}})  unsigned : vector<4xi32>, vector<16xi8>
// CHECK: %[[V20:.*]] = qdot.dot %{{.*}}, (%{{.*}})  signed, (%{{.*}})  unsigned : vector<4xi32>, vector<16xi8>
// CHECK: %[[V22:.*]] = arith.extui %{{.*}} : vector<4xi8> to vector<4xi32>
// CHECK: %[[V24:.*]] = arith.minsi %{{.*}}, %{{.*}} : vector<4xi32>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V28:.*]] = arith.extui %{{.*}} : vector<4xi8> to vector<4xi32>
// CHECK: %[[V30:.*]] = arith.minsi %{{.*}}, %{{.*}} : vector<4xi32>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: scf.for %[[ARG4:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V13:.*]] = qdot.dot %{{.*}}, (%{{.*}})  signed, (%{{.*}})  unsigned : vector<4xi32>, vector<16xi8>
// CHECK: %[[V15:.*]] = arith.extui %{{.*}} : vector<4xi8> to vector<4xi32>
// CHECK: %[[V17:.*]] = arith.minsi %{{.*}}, %{{.*}} : vector<4xi32>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
func.func @dynamic(%x: memref<?x4xi8>, %w: memref<16xi8>, %r: memref<?x4xi8>, %y: memref<?x4xi8>) {
  %c7 = arith.constant 7 : i32
  qdot.contract ins(%x, %w, %r : memref<?x4xi8>, memref<16xi8>, memref<?x4xi8>) outs(%y : memref<?x4xi8>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: -9223372036854775808, 4, 4>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign unsigned>} {
  ^bb0(%acc: i32, %res: i8):
    %0 = arith.extui %res : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    %2 = arith.minsi %1, %c7 : i32
    %3 = arith.trunci %2 : i32 to i8
    qdot.yield %3 : i8
  }
  return
}

// A long reduction is a loop that carries the accumulators, two groups at a
// time; the third of three groups and the tail of two bytes follow it.
// CHECK-LABEL: func.func @unrolled(
// CHECK-SAME: %[[ARG0:.*]]: memref<8x398xi8>, %[[ARG1:.*]]: memref<6400xi8>, %[[ARG2:.*]]: memref<8x16xi32>) {
// CHECK: scf.for %[[ARG3:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V2:.*]] = scf.for %[[ARG4:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[ARG5:.*]] = %{{.*}}) -> (vector<16xi32>) {
// CHECK: %[[V28:.*]] = qdot.dot %[[ARG5]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<16xi32>, vector<64xi8>
// CHECK: %[[V37:.*]] = qdot.dot %[[V28]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<16xi32>, vector<64xi8>
// CHECK: %[[V10:.*]] = qdot.dot %[[V2]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<16xi32>, vector<64xi8>
// CHECK: %[[V18:.*]] = qdot.dot %[[V10]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<16xi32>, vector<64xi8>
// CHECK: vector.store %[[V18]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<16xi32>
func.func @unrolled(%x: memref<8x398xi8>, %w: memref<6400xi8>, %y: memref<8x16xi32>) {
  qdot.contract ins(%x, %w : memref<8x398xi8>, memref<6400xi8>) outs(%y : memref<8x16xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 16 unroll 2>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 8, 16, 398>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Three bytes far apart are gathered into one word.
// CHECK-LABEL: func.func @gather(
// CHECK-SAME: %[[ARG0:.*]]: memref<3x2xi8>, %[[ARG1:.*]]: memref<48xi8>, %[[ARG2:.*]]: memref<2x4xi32>) {
// CHECK: scf.for %[[ARG3:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V2:.*]] = memref.load %{{.*}}[%[[ARG3]]] : memref<9223372036854775807xi8, strided<[1]>>
// CHECK: %[[V3:.*]] = arith.extui %[[V2]] : i8 to i32
// CHECK: %[[V6:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V9:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>
// CHECK: %[[V10:.*]] = arith.extui %[[V9]] : i8 to i32
// CHECK: %[[V13:.*]] = qdot.dot %[[V6]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V16:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>
// CHECK: %[[V17:.*]] = arith.extui %[[V16]] : i8 to i32
// CHECK: %[[V20:.*]] = qdot.dot %[[V13]], (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %[[V20]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
func.func @gather(%x: memref<3x2xi8>, %w: memref<48xi8>, %y: memref<2x4xi32>) {
  qdot.contract ins(%x, %w : memref<3x2xi8>, memref<48xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (k, m)>, #kn, #mn], loop_sizes = array<i64: 2, 4, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Two bytes side by side.
// CHECK-LABEL: func.func @short(
// CHECK-SAME: %[[ARG0:.*]]: memref<1x2xi8>, %[[ARG1:.*]]: memref<16xi8>, %[[ARG2:.*]]: memref<1x4xi32>) {
// CHECK: %[[V1:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>
// CHECK: %[[V2:.*]] = arith.extui %[[V1]] : i8 to i32
// CHECK: %[[V3:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>
// CHECK: %[[V4:.*]] = arith.extui %[[V3]] : i8 to i32
// CHECK: %[[V5:.*]] = arith.shli %[[V4]], %{{.*}} : i32
// CHECK: %[[V9:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %[[V9]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
func.func @short(%x: memref<1x2xi8>, %w: memref<16xi8>, %y: memref<1x4xi32>) {
  qdot.contract ins(%x, %w : memref<1x2xi8>, memref<16xi8>) outs(%y : memref<1x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 4, 2>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Weights per batch: a loop around, whose position moves both operands. The
// second block of columns has one vector of two.
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME: %[[ARG0:.*]]: memref<3x4xi8>, %[[ARG1:.*]]: memref<144xi8>, %[[ARG2:.*]]: memref<3x10xi32>) {
// CHECK: scf.for %[[ARG3:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V11:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V12:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %[[V11]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK: vector.store %[[V12]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK: %[[V22:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<2xi32>
func.func @blocks(%x: memref<3x4xi8>, %w: memref<144xi8>, %y: memref<3x10xi32>) {
  qdot.contract ins(%x, %w : memref<3x4xi8>, memref<144xi8>) outs(%y : memref<3x10xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 2 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(b, n, k) -> (b, k)>, affine_map<(b, n, k) -> (b, k, n)>, affine_map<(b, n, k) -> (b, n)>], loop_sizes = array<i64: 3, 10, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// A strided convolution in place: the window moves by 2 * 3 bytes per output,
// its rows lie 7 * 3 apart; two rows of 6 bytes are four groups.
// CHECK-LABEL: func.func @convolution(
// CHECK-SAME: %[[ARG0:.*]]: memref<1x6x7x3xi8>, %[[ARG1:.*]]: memref<64xi8>, %[[ARG2:.*]]: memref<1x3x3x4xi32>) {
// CHECK: scf.for %[[ARG3:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V0:.*]] = arith.muli %[[ARG3]], %{{.*}} : index
// CHECK: %[[V1:.*]] = arith.muli %[[ARG3]], %{{.*}} : index
// CHECK: %[[V2:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK: %[[V3:.*]] = vector.load %{{.*}}[%[[V0]]] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V8:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%[[V2]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V10:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V15:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%[[V2]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V17:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V22:.*]] = qdot.dot %{{.*}}, (%{{.*}})  unsigned, (%[[V2]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V24:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK: %[[V25:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V30:.*]] = qdot.dot %[[V8]], (%{{.*}})  unsigned, (%[[V24]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V32:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V37:.*]] = qdot.dot %[[V15]], (%{{.*}})  unsigned, (%[[V24]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V39:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V44:.*]] = qdot.dot %[[V22]], (%{{.*}})  unsigned, (%[[V24]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V46:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK: %[[V47:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V52:.*]] = qdot.dot %[[V30]], (%{{.*}})  unsigned, (%[[V46]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V54:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V59:.*]] = qdot.dot %[[V37]], (%{{.*}})  unsigned, (%[[V46]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V61:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V66:.*]] = qdot.dot %[[V44]], (%{{.*}})  unsigned, (%[[V46]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V68:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
// CHECK: %[[V69:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V74:.*]] = qdot.dot %[[V52]], (%{{.*}})  unsigned, (%[[V68]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V76:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V81:.*]] = qdot.dot %[[V59]], (%{{.*}})  unsigned, (%[[V68]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V83:.*]] = vector.load %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: %[[V88:.*]] = qdot.dot %[[V66]], (%{{.*}})  unsigned, (%[[V68]])  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %[[V74]], %{{.*}}[%[[V1]]] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK: vector.store %[[V81]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
// CHECK: vector.store %[[V88]], %{{.*}}[%{{.*}}] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
func.func @convolution(%x: memref<1x6x7x3xi8>, %w: memref<64xi8>, %y: memref<1x3x3x4xi32>) {
  qdot.contract ins(%x, %w : memref<1x6x7x3xi8>, memref<64xi8>) outs(%y : memref<1x3x3x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 3 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(b, y, x, f, i, j, c) -> (b, y * 2 + i, x * 2 + j, c)>, affine_map<(b, y, x, f, i, j, c) -> (i, j, c, f)>, affine_map<(b, y, x, f, i, j, c) -> (b, y, x, f)>],
                  loop_sizes = array<i64: 1, 3, 3, 4, 2, 2, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Depthwise: three taps and zeros are interleaved into four vectors, and the
// result is put back into channel order. Of 16 channels 5 exist.
// CHECK-LABEL: func.func @depthwise(
// CHECK-SAME: %[[ARG0:.*]]: memref<4x5xi8>, %[[ARG1:.*]]: memref<64xi8>, %[[ARG2:.*]]: memref<2x5xi8>) {
// CHECK: scf.for %[[ARG3:.*]] = %{{.*}} to %{{.*}} step %{{.*}} {
// CHECK: %[[V5:.*]] = vector.insert_strided_slice %{{.*}}, %{{.*}} {offsets = [0], strides = [1]} : vector<4xi8> into vector<16xi8>
// CHECK: %[[V8:.*]] = vector.insert_strided_slice %{{.*}}, %[[V5]] {offsets = [4], strides = [1]} : vector<1xi8> into vector<16xi8>
// CHECK: %[[V11:.*]] = vector.insert_strided_slice %{{.*}}, %{{.*}} {offsets = [0], strides = [1]} : vector<4xi8> into vector<16xi8>
// CHECK: %[[V14:.*]] = vector.insert_strided_slice %{{.*}}, %[[V11]] {offsets = [4], strides = [1]} : vector<1xi8> into vector<16xi8>
// CHECK: %[[V17:.*]] = vector.insert_strided_slice %{{.*}}, %{{.*}} {offsets = [0], strides = [1]} : vector<4xi8> into vector<16xi8>
// CHECK: %[[V20:.*]] = vector.insert_strided_slice %{{.*}}, %[[V17]] {offsets = [4], strides = [1]} : vector<1xi8> into vector<16xi8>
// CHECK: %[[V21:.*]] = vector.shuffle %[[V8]], %[[V14]] [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23] : vector<16xi8>, vector<16xi8>
// CHECK: %[[V22:.*]] = vector.shuffle %[[V20]], %{{.*}} [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23] : vector<16xi8>, vector<16xi8>
// CHECK: %[[V23:.*]] = vector.shuffle %[[V21]], %[[V22]] [0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23] : vector<16xi8>, vector<16xi8>
// CHECK: %[[V24:.*]] = vector.shuffle %[[V21]], %[[V22]] [8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31] : vector<16xi8>, vector<16xi8>
// CHECK: %[[V25:.*]] = qdot.dot %{{.*}}, (%[[V23]])  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V26:.*]] = qdot.dot %{{.*}}, (%[[V24]])  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
// CHECK: vector.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<9223372036854775807xi8, strided<[1]>>, vector<1xi8>
func.func @depthwise(%x: memref<4x5xi8>, %w: memref<64xi8>, %y: memref<2x5xi8>) {
  qdot.contract ins(%x, %w : memref<4x5xi8>, memref<64xi8>) outs(%y : memref<2x5xi8>)
      attributes {kernel = #qdot.kernel<depthwise rows 1 vectors 4 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(y, c, i) -> (y + i, c)>, affine_map<(y, c, i) -> (i, c)>, affine_map<(y, c, i) -> (y, c)>],
                  loop_sizes = array<i64: 2, 5, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    qdot.yield %0 : i8
  }
  return
}

// qdot.round is one conversion instruction and a clamp; a table is read lane by
// lane.
// CHECK-LABEL: func.func @bodies(
// CHECK-SAME: %[[ARG0:.*]]: memref<1x4xi8>, %[[ARG1:.*]]: memref<16xi8>, %[[ARG2:.*]]: memref<4xf32>, %[[ARG3:.*]]: memref<256xi8>, %[[ARG4:.*]]: memref<1x4xi8>) {
// CHECK: %[[V2:.*]] = vector.bitcast %{{.*}} : vector<4xi8> to vector<1xi32>
// CHECK-NEXT: %[[V3:.*]] = vector.extract %[[V2]][0] : i32 from vector<1xi32>
// CHECK-NEXT: %[[V4:.*]] = vector.broadcast %[[V3]] : i32 to vector<4xi32>
// CHECK-NEXT: %[[V5:.*]] = vector.bitcast %[[V4]] : vector<4xi32> to vector<16xi8>
// CHECK-NEXT: %[[V6:.*]] = qdot.dot %{{.*}}, (%[[V5]])  unsigned, (%{{.*}})  signed : vector<4xi32>, vector<16xi8>
// CHECK: %[[V8:.*]] = arith.sitofp %[[V6]] : vector<4xi32> to vector<4xf32>
// CHECK-NEXT: %[[V9:.*]] = arith.mulf %[[V8]], %{{.*}} : vector<4xf32>
// CHECK-NEXT: %[[V10:.*]] = llvm.intr.lrint(%[[V9]]) : (vector<4xf32>) -> vector<4xi32>
// CHECK-NEXT: %[[V11:.*]] = arith.maxsi %[[V10]], %{{.*}} : vector<4xi32>
// CHECK-NEXT: %[[V12:.*]] = arith.minsi %[[V11]], %{{.*}} : vector<4xi32>
// CHECK-NEXT: %[[V13:.*]] = arith.trunci %[[V12]] : vector<4xi32> to vector<4xi8>
// CHECK-NEXT: %[[V14:.*]] = arith.index_cast %[[V13]] : vector<4xi8> to vector<4xindex>
// CHECK-NEXT: %[[V15:.*]] = arith.addi %[[V14]], %{{.*}} : vector<4xindex>
// CHECK-NEXT: %[[V16:.*]] = vector.extract %[[V15]][0] : index from vector<4xindex>
// CHECK-NEXT: %[[V17:.*]] = memref.load %[[ARG3]][%[[V16]]] : memref<256xi8>
// CHECK-NEXT: %[[V18:.*]] = vector.extract %[[V15]][1] : index from vector<4xindex>
// CHECK-NEXT: %[[V19:.*]] = memref.load %[[ARG3]][%[[V18]]] : memref<256xi8>
// CHECK-NEXT: %[[V20:.*]] = vector.extract %[[V15]][2] : index from vector<4xindex>
// CHECK-NEXT: %[[V21:.*]] = memref.load %[[ARG3]][%[[V20]]] : memref<256xi8>
// CHECK-NEXT: %[[V22:.*]] = vector.extract %[[V15]][3] : index from vector<4xindex>
// CHECK-NEXT: %[[V23:.*]] = memref.load %[[ARG3]][%[[V22]]] : memref<256xi8>
// CHECK-NEXT: %[[V24:.*]] = vector.from_elements %[[V17]], %[[V19]], %[[V21]], %[[V23]] : vector<4xi8>
// CHECK: return
func.func @bodies(%x: memref<1x4xi8>, %w: memref<16xi8>, %scale: memref<4xf32>, %table: memref<256xi8>, %y: memref<1x4xi8>) {
  %c128 = arith.constant 128 : index
  qdot.contract ins(%x, %w, %scale : memref<1x4xi8>, memref<16xi8>, memref<4xf32>) outs(%y : memref<1x4xi8>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed, qdot.ordered_extras = array<i64: 0>,
                  indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 1, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %s: f32):
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = qdot.round %1 clamp(-100, 127) : i8
    %3 = arith.index_cast %2 : i8 to index
    %4 = arith.addi %3, %c128 : index
    %5 = memref.load %table[%4] : memref<256xi8>
    qdot.yield %5 : i8
  }
  return
}

// Without a kernel: the sum in a buffer of its own, then the body.
// CHECK-LABEL: func.func @loops(
// CHECK-SAME: %[[ARG0:.*]]: memref<?x4xi8>, %[[ARG1:.*]]: memref<4x3xi8>, %[[ARG2:.*]]: memref<3xi32>, %[[ARG3:.*]]: memref<3x?xi8>) {
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[C1:.*]] = arith.constant 1 : index
// CHECK-NEXT: %[[DIM:.*]] = memref.dim %[[ARG3]], %[[C1]] : memref<3x?xi8>
// CHECK-NEXT: %[[ALLOC:.*]] = memref.alloc(%[[DIM]]) {alignment = 64 : i64} : memref<3x?xi32>
// CHECK-NEXT: linalg.fill ins(%[[C0_I32]] : i32) outs(%[[ALLOC]] : memref<3x?xi32>)
// CHECK-NEXT: linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d1, d0)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[ARG0]], %[[ARG1]] : memref<?x4xi8>, memref<4x3xi8>) outs(%[[ALLOC]] : memref<3x?xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_0:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V0:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V1:.*]] = arith.extsi %[[IN_0]] : i8 to i32
// CHECK-NEXT: %[[V2:.*]] = arith.muli %[[V0]], %[[V1]] : i32
// CHECK-NEXT: %[[V3:.*]] = arith.addi %[[OUT]], %[[V2]] : i32
// CHECK-NEXT: linalg.yield %[[V3]] : i32
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ALLOC]], %[[ARG2]] : memref<3x?xi32>, memref<3xi32>) outs(%[[ARG3]] : memref<3x?xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[IN_0:.*]]: i32, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V0:.*]] = arith.addi %[[IN]], %[[IN_0]] : i32
// CHECK-NEXT: %[[V1:.*]] = arith.trunci %[[V0]] : i32 to i8
// CHECK-NEXT: linalg.yield %[[V1]] : i8
// CHECK: memref.dealloc %[[ALLOC]] : memref<3x?xi32>
// CHECK-NEXT: return
func.func @loops(%x: memref<?x4xi8>, %w: memref<4x3xi8>, %bias: memref<3xi32>, %y: memref<3x?xi8>) {
  qdot.contract ins(%x, %w, %bias : memref<?x4xi8>, memref<4x3xi8>, memref<3xi32>) outs(%y : memref<3x?xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, affine_map<(m, n, k) -> (n, m)>], loop_sizes = array<i64: -9223372036854775808, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    %0 = arith.addi %acc, %b : i32
    %1 = arith.trunci %0 : i32 to i8
    qdot.yield %1 : i8
  }
  return
}

// Weights that are no constant: four rows of columns are interleaved into a
// buffer, once per matrix of the batch, then used for all rows.
// CHECK-LABEL: func.func @variable(
// CHECK-SAME: %[[X:.*]]: memref<?x5x8xi8>, %[[W:.*]]: memref<?x8x4xi8>, %[[Y:.*]]: memref<?x5x4xi32>)
// CHECK: %[[PACKED:.*]] = memref.alloc() {alignment = 64 : i64} : memref<32xi8>
// CHECK: %[[BATCH:.*]] = memref.dim %[[Y]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[BATCH]]
// CHECK: scf.for
// CHECK-COUNT-4: vector.load %{{.*}}, vector<4xi8>
// CHECK-COUNT-2: vector.interleave %{{.*}} : vector<4xi8> -> vector<8xi8>
// CHECK: vector.interleave %{{.*}} : vector<8xi8> -> vector<16xi8>
// CHECK: vector.store %{{.*}}, %[[PACKED]]
// CHECK: qdot.dot
// CHECK-NOT: fits_i16
// CHECK: memref.dealloc %[[PACKED]]
func.func @variable(%x: memref<?x5x8xi8>, %w: memref<?x8x4xi8>, %y: memref<?x5x4xi32>) {
  qdot.contract ins(%x, %w : memref<?x5x8xi8>, memref<?x8x4xi8>) outs(%y : memref<?x5x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 5 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                  loop_sizes = array<i64: -9223372036854775808, 5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// The ranges prove that two products fit 16 bits: 2 * 127 * 128 < 2^15. Words
// of a transposed right side are copied.
// CHECK-LABEL: func.func @proved(
// CHECK: %[[PACKED:.*]] = memref.alloc() {alignment = 64 : i64} : memref<32xi8>
// CHECK: vector.load %{{.*}}, vector<4xi8>
// CHECK-NEXT: vector.store %{{.*}}, %[[PACKED]]
// CHECK: qdot.dot {{.*}} fits_i16
func.func @proved(%x: memref<5x8xi8>, %w: memref<4x8xi8>, %y: memref<5x4xi32>) {
  qdot.contract ins(%x, %w : memref<5x8xi8>, memref<4x8xi8>) outs(%y : memref<5x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 5 vectors 1 lanes 4 unroll 1>, qdot.lhs_range = array<i64: 0, 127>, qdot.rhs_range = array<i64: -128, 127>,
                  indexing_maps = [#mk, affine_map<(m, n, k) -> (n, k)>, #mn], loop_sizes = array<i64: 5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
