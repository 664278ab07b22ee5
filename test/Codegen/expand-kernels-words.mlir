// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

// Groups that must be widened: what the rows read is widened once, into a panel
// of words, which all blocks of columns use.

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

memref.global "private" constant @counts : memref<8xi32> = dense<[0, 0, 1, 1, 0, 0, 0, 1]>
memref.global "private" constant @offsets : memref<6xi32> = dense<[4, 8, 10, 12, 14, 0]>

// CHECK-LABEL: func.func @one_panel
// CHECK: %[[PANEL:.*]] = memref.alloc() {alignment = 64 : i64} : memref<64xi16>
// CHECK: scf.for %[[AT:.*]] = %c0 to %c48 step %c16 {
// CHECK-NEXT: %[[BYTES:.*]] = vector.load %{{.*}}[%[[AT]]] : {{.*}}, vector<16xi8>
// CHECK-NEXT: %[[WIDE:.*]] = arith.extui %[[BYTES]] : vector<16xi8> to vector<16xi16>
// CHECK-NEXT: vector.store %[[WIDE]], %[[PANEL]][%[[AT]]]
// CHECK-NEXT: }
// CHECK-NEXT: vector.load %{{.*}}[%c48]
// CHECK-NEXT: arith.extui
// CHECK-NEXT: vector.store %{{.*}}, %[[PANEL]][%c48]
// The first block of columns: bytes, then words.
// CHECK-NEXT: scf.for %[[ROW:.*]] = %c0 to %c4 step %c2 {
// CHECK: %[[LEFT:.*]] = arith.muli %[[ROW]], %c16
// CHECK: qdot.dot %{{.*}}, (%{{.*}}) unsigned, (%{{.*}}) signed fits_i16 : vector<4xi32>, vector<16xi8>
// CHECK: qdot.dot {{.*}} fits_i16
// CHECK: %[[W0:.*]] = vector.bitcast %{{.*}} : vector<16xi8> to vector<8xi16>
// CHECK: %[[W1:.*]] = vector.bitcast %{{.*}} : vector<16xi8> to vector<8xi16>
// CHECK: %[[P0:.*]] = arith.addi %[[LEFT]], %c8 : index
// CHECK: vector.load %[[PANEL]][%[[P0]]] : memref<64xi16>, vector<2xi16>
// CHECK: %[[A0:.*]] = vector.bitcast %{{.*}} : vector<4xi32> to vector<8xi16>
// CHECK: %[[D0:.*]] = qdot.dot %{{.*}}, (%[[A0]]) signed, (%[[W0]]) signed : vector<4xi32>, vector<8xi16>
// CHECK: %[[P1:.*]] = arith.addi %[[LEFT]], %c10 : index
// CHECK: vector.load %[[PANEL]][%[[P1]]]
// CHECK: %[[A1:.*]] = vector.bitcast %{{.*}} : vector<4xi32> to vector<8xi16>
// CHECK: qdot.dot %[[D0]], (%[[A1]]) signed, (%[[W1]]) signed
// The second row is 16 words on.
// CHECK: %[[P2:.*]] = arith.addi %[[LEFT]], %c24 : index
// CHECK: vector.load %[[PANEL]][%[[P2]]]
// CHECK: scf.for
// CHECK-NOT: arith.extui
// CHECK: memref.dealloc %[[PANEL]]
func.func @one_panel(%x: memref<4x16xi8>, %w: memref<96xi8>, %y: memref<4x8xi32>) {
  qdot.contract ins(%x, %w : memref<4x16xi8>, memref<96xi8>) outs(%y : memref<4x8xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets, qdot.dot_words,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 4, 8, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

memref.global "private" constant @one : memref<4xi32> = dense<[0, 0, 0, 1]>
memref.global "private" constant @halves : memref<2xi32> = dense<[6140, 6142]>

// 48 KiB hold four rows of five tiles, so the last panel has one tile.
// CHECK-LABEL: func.func @panels
// CHECK: %[[PANEL:.*]] = memref.alloc() {alignment = 64 : i64} : memref<24576xi16>
// CHECK: scf.for %[[FIRST:.*]] = %c0 to %c5 step %c2 {
// CHECK: %[[NEXT:.*]] = arith.addi %[[FIRST]], %c2
// CHECK: %[[LAST:.*]] = arith.minui %[[NEXT]], %c5
// CHECK: %[[TILES:.*]] = arith.subi %[[LAST]], %[[FIRST]]
// CHECK: %[[LENGTH:.*]] = arith.muli %[[TILES]], %c12288
// CHECK: %[[END:.*]] = arith.subi %[[LENGTH]], %c16
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c16
// CHECK: arith.extui
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[LAST]] step %c1
// CHECK-COUNT-4: vector<8xi16>
func.func @panels(%x: memref<10x6144xi8>, %w: memref<32xi8>, %y: memref<10x4xi32>) {
  qdot.contract ins(%x, %w : memref<10x6144xi8>, memref<32xi8>) outs(%y : memref<10x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @one, qdot.dot_offsets = @halves, qdot.dot_words,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 10, 4, 6144>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Of an open number of rows, those behind the full tiles have a panel of their
// own, if there are any.
// CHECK-LABEL: func.func @open
// CHECK: arith.extui
// CHECK: %[[ANY:.*]] = arith.cmpi ne, %{{.*}}, %c0
// CHECK: scf.if %[[ANY]] {
// CHECK: arith.extui
func.func @open(%x: memref<?x6144xi8>, %w: memref<32xi8>, %y: memref<?x4xi32>) {
  qdot.contract ins(%x, %w : memref<?x6144xi8>, memref<32xi8>) outs(%y : memref<?x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @one, qdot.dot_offsets = @halves, qdot.dot_words,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: -9223372036854775808, 4, 6144>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
