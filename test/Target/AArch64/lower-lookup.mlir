// RUN: qdot-opt %s --qdot-lower-dot-aarch64 | FileCheck %s

// Four quarters of the table; an index out of range keeps what was found.
// CHECK-LABEL: func.func @lookup(
// CHECK-SAME: %[[A:.*]]: vector<16xi8>, %[[T:.*]]: memref<256xi8>)
// CHECK: %[[T0:.*]] = vector.load %[[T]][%{{.*}}] : memref<256xi8>, vector<16xi8>
// CHECK: %[[R0:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.tbl4.v16i8"(%[[T0]], %{{.*}}, %{{.*}}, %{{.*}}, %[[A]])
// CHECK: %[[C64:.*]] = arith.constant dense<64> : vector<16xi8>
// CHECK: %[[A1:.*]] = arith.subi %[[A]], %[[C64]]
// CHECK: %[[R1:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.tbx4.v16i8"(%[[R0]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[A1]])
// CHECK: %[[A2:.*]] = arith.subi %[[A1]]
// CHECK: %[[R2:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.tbx4.v16i8"(%[[R1]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[A2]])
// CHECK: %[[A3:.*]] = arith.subi %[[A2]]
// CHECK: %[[C240:.*]] = arith.constant 240 : index
// CHECK: %[[T15:.*]] = vector.load %[[T]][%[[C240]]]
// CHECK: %[[R3:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.tbx4.v16i8"(%[[R2]], %{{.*}}, %{{.*}}, %{{.*}}, %[[T15]], %[[A3]])
// CHECK: return %[[R3]]
func.func @lookup(%a: vector<16xi8>, %t: memref<256xi8>) -> vector<16xi8> {
  %r = qdot.lookup_bytes %a in %t : vector<16xi8>, memref<256xi8>
  return %r : vector<16xi8>
}

// Another length is left to qdot-lower-dot.
// CHECK-LABEL: func.func @short(
// CHECK: qdot.lookup_bytes
func.func @short(%a: vector<8xi8>, %t: memref<256xi8>) -> vector<8xi8> {
  %r = qdot.lookup_bytes %a in %t : vector<8xi8>, memref<256xi8>
  return %r : vector<8xi8>
}
