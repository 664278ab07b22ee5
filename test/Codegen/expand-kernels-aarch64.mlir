// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// One load of 16 bytes of every row; four bytes of it per group.
// CHECK-LABEL: func.func @lanes(
// CHECK-DAG: %[[A0:.*]] = vector.load %{{.*}}[%c0] : memref<{{.*}}xi8, strided<[1]>>, vector<16xi8>
// CHECK-DAG: %[[A1:.*]] = vector.load %{{.*}}[%c16] : memref<{{.*}}xi8, strided<[1]>>, vector<16xi8>
// CHECK-DAG: %[[W0:.*]] = vector.bitcast %[[A0]] : vector<16xi8> to vector<4xi32>
// CHECK: vector.shuffle %[[W0]], %[[W0]] [0, 0, 0, 0] : vector<4xi32>, vector<4xi32>
// CHECK: qdot.dot
// CHECK: qdot.dot
// CHECK: vector.shuffle %[[W0]], %[[W0]] [1, 1, 1, 1]
// CHECK-COUNT-6: qdot.dot
func.func @lanes(%x: memref<2x16xi8>, %w: memref<64xi8>, %y: memref<2x4xi32>) {
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<64xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 4 load 16>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 4, 16>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Three rows are two pairs, the last row twice; the copy is read by all blocks.
// CHECK-LABEL: func.func @matrix(
// CHECK: %[[PANEL:.*]] = memref.alloc() {alignment = 64 : i64} : memref<64xi8>
// CHECK: %[[R0:.*]] = vector.bitcast %{{.*}} : vector<16xi8> to vector<2xi64>
// CHECK: %[[R1:.*]] = vector.bitcast %{{.*}} : vector<16xi8> to vector<2xi64>
// CHECK: vector.shuffle %[[R0]], %[[R1]] [0, 2] : vector<2xi64>, vector<2xi64>
// CHECK: vector.store %{{.*}}, %[[PANEL]][%{{.*}}] : memref<64xi8>, vector<16xi8>
// CHECK: vector.shuffle %[[R0]], %[[R1]] [1, 3]
// CHECK: %[[R2:.*]] = vector.bitcast %{{.*}} : vector<16xi8> to vector<2xi64>
// CHECK: vector.shuffle %[[R2]], %[[R2]] [0, 2]
// CHECK: %[[P:.*]] = vector.load %[[PANEL]][%{{.*}}] : memref<64xi8>, vector<16xi8>
// CHECK: qdot.dot_2x2 %{{.*}}, %[[P]] signed
// CHECK-COUNT-3: qdot.dot_2x2
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 1, 4, 5]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [2, 3, 6, 7]
// CHECK: memref.dealloc %[[PANEL]]
func.func @matrix(%x: memref<3x16xi8>, %w: memref<64xi8>, %y: memref<3x4xi32>) {
  qdot.contract ins(%x, %w : memref<3x16xi8>, memref<64xi8>) outs(%y : memref<3x4xi32>)
      attributes {kernel = #qdot.kernel<matrix rows 3 vectors 1 lanes 4 unroll 1 load 16>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 3, 4, 16>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// The tile that takes all registers is one op; the rest of the columns is not.
// CHECK-LABEL: func.func @panels(
// CHECK: %[[PANEL:.*]] = memref.alloc() {alignment = 64 : i64} : memref<1024xi8>
// CHECK: qdot.dot_2x2_panels %[[PANEL]][%{{.*}}] signed, %{{.*}}[%{{.*}}] signed pairs 4 units 16 into
// CHECK: qdot.dot_2x2 %
func.func @panels(%x: memref<8x128xi8>, %w: memref<2048xi8>, %y: memref<8x16xi32>) {
  qdot.contract ins(%x, %w : memref<8x128xi8>, memref<2048xi8>) outs(%y : memref<8x16xi32>)
      attributes {kernel = #qdot.kernel<matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 8, 16, 128>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Whole vectors, then one at a time whose last lanes are masked at the store.
// CHECK-LABEL: func.func @scalable(
// CHECK: %[[SCALE:.*]] = vector.vscale
// CHECK: scf.for
// CHECK: vector.load %{{.*}} : memref<{{.*}}xi8, strided<[1]>>, vector<[16]xi8>
// CHECK: %[[FOUR:.*]] = qdot.repeat %{{.*}}[0] : vector<16xi8> -> vector<[16]xi8>
// CHECK: qdot.dot %{{.*}}, (%[[FOUR]])
// CHECK: vector.store %{{.*}} : memref<{{.*}}xi32, strided<[1]>>, vector<[4]xi32>
// CHECK: scf.for
// CHECK: %[[MASK:.*]] = vector.create_mask %{{.*}} : vector<[4]xi1>
// CHECK: vector.maskedstore %{{.*}}, %[[MASK]], %{{.*}} : memref<{{.*}}xi32, strided<[1]>>, vector<[4]xi1>, vector<[4]xi32>
func.func @scalable(%x: memref<2x16xi8>, %w: memref<576xi8>, %y: memref<2x20xi32>) {
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<576xi8>) outs(%y : memref<2x20xi32>)
      attributes {kernel = #qdot.kernel<scalable_dot rows 2 vectors 2 lanes 4 unroll 4 load 16>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 20, 16>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @scalable_matrix(
// CHECK: memref.alloc() {{.*}} : memref<32xi8>
// CHECK: vector.interleave
// CHECK: %[[PAIR:.*]] = qdot.repeat %{{.*}} : vector<16xi8> -> vector<[16]xi8>
// CHECK: qdot.dot_2x2 %{{.*}}, %[[PAIR]] signed, %{{.*}} signed : vector<[4]xi32>, vector<[16]xi8>
// CHECK: vector.deinterleave
// CHECK: memref.dealloc
func.func @scalable_matrix(%x: memref<2x16xi8>, %w: memref<576xi8>, %y: memref<2x20xi32>) {
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<576xi8>) outs(%y : memref<2x20xi32>)
      attributes {kernel = #qdot.kernel<scalable_matrix rows 2 vectors 1 lanes 4 unroll 1 load 16>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 20, 16>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
