// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-sve --qdot-lower-dot --split-input-file | FileCheck %s --implicit-check-not=qdot.

// Four bytes of one vector are the lane of the instruction.
// CHECK-LABEL: func.func @lanes(
// CHECK-SAME: %[[ACC:.*]]: vector<[4]xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<[16]xi8>)
// CHECK: %[[FIRST:.*]] = vector.scalable.insert %[[A]], %{{.*}}[0] : vector<16xi8> into vector<[16]xi8>
// CHECK: %[[QUADS:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.dupq.lane.nxv16i8"(%[[FIRST]], %{{.*}})
// CHECK: %[[WORD:.*]] = arith.constant 2 : i32
// CHECK: %[[S:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.sdot.lane.nxv4i32"(%[[ACC]], %[[B]], %[[QUADS]], %[[WORD]])
// CHECK: %[[U:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.udot.lane.nxv4i32"(%[[S]], %[[B]]
// CHECK: %[[SU:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.sudot.lane.nxv4i32"(%[[U]], %[[B]]
// CHECK: %[[US:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.usdot.lane.nxv4i32"(%[[SU]], %[[B]]
// CHECK: return %[[US]]
func.func @lanes(%acc: vector<[4]xi32>, %a: vector<16xi8>, %b: vector<[16]xi8>) -> vector<[4]xi32> {
  %four = qdot.repeat %a[2] : vector<16xi8> -> vector<[16]xi8>
  %0 = qdot.dot %acc, (%four) signed, (%b) signed : vector<[4]xi32>, vector<[16]xi8>
  %1 = qdot.dot %0, (%four) unsigned, (%b) unsigned : vector<[4]xi32>, vector<[16]xi8>
  %2 = qdot.dot %1, (%four) unsigned, (%b) signed : vector<[4]xi32>, vector<[16]xi8>
  %3 = qdot.dot %2, (%four) signed, (%b) unsigned : vector<[4]xi32>, vector<[16]xi8>
  return %3 : vector<[4]xi32>
}

// -----

// Fewer bytes than a quarter of 128 bits four times are repeated on their own.
// CHECK-LABEL: func.func @short(
// CHECK-SAME: %[[ACC:.*]]: vector<[4]xi32>, %[[A:.*]]: vector<4xi8>, %[[B:.*]]: vector<[16]xi8>)
// CHECK: %[[WORDS:.*]] = vector.bitcast %[[A]] : vector<4xi8> to vector<1xi32>
// CHECK: %[[WORD:.*]] = vector.extract %[[WORDS]][0]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[WORD]] : i32 to vector<[4]xi32>
// CHECK: %[[BYTES:.*]] = vector.bitcast %[[ALL]] : vector<[4]xi32> to vector<[16]xi8>
// CHECK: llvm.call_intrinsic "llvm.aarch64.sve.sdot.nxv4i32"(%[[ACC]], %[[BYTES]], %[[B]])
func.func @short(%acc: vector<[4]xi32>, %a: vector<4xi8>, %b: vector<[16]xi8>) -> vector<[4]xi32> {
  %four = qdot.repeat %a[0] : vector<4xi8> -> vector<[16]xi8>
  %0 = qdot.dot %acc, (%four) signed, (%b) signed : vector<[4]xi32>, vector<[16]xi8>
  return %0 : vector<[4]xi32>
}

// -----

// The unsigned operand comes first.
// CHECK-LABEL: func.func @mixed(
// CHECK-SAME: %[[ACC:.*]]: vector<[4]xi32>, %[[A:.*]]: vector<[16]xi8>, %[[B:.*]]: vector<[16]xi8>)
// CHECK: %[[S:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.usdot.nxv4i32"(%[[ACC]], %[[A]], %[[B]])
// CHECK: llvm.call_intrinsic "llvm.aarch64.sve.usdot.nxv4i32"(%[[S]], %[[B]], %[[A]])
func.func @mixed(%acc: vector<[4]xi32>, %a: vector<[16]xi8>, %b: vector<[16]xi8>) -> vector<[4]xi32> {
  %0 = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<[4]xi32>, vector<[16]xi8>
  %1 = qdot.dot %0, (%a) signed, (%b) unsigned : vector<[4]xi32>, vector<[16]xi8>
  return %1 : vector<[4]xi32>
}

// -----

// CHECK-LABEL: func.func @tiles(
// CHECK-SAME: %[[ACC:.*]]: vector<[4]xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<[16]xi8>)
// CHECK: %[[QUADS:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.dupq.lane.nxv16i8"
// CHECK: %[[S:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.smmla.nxv4i32"(%[[ACC]], %[[QUADS]], %[[B]])
// CHECK: %[[U:.*]] = llvm.call_intrinsic "llvm.aarch64.sve.ummla.nxv4i32"(%[[S]], %[[QUADS]], %[[B]])
// CHECK: llvm.call_intrinsic "llvm.aarch64.sve.usmmla.nxv4i32"(%[[U]], %[[QUADS]], %[[B]])
func.func @tiles(%acc: vector<[4]xi32>, %a: vector<16xi8>, %b: vector<[16]xi8>) -> vector<[4]xi32> {
  %pair = qdot.repeat %a : vector<16xi8> -> vector<[16]xi8>
  %0 = qdot.dot_2x2 %acc, %pair signed, %b signed : vector<[4]xi32>, vector<[16]xi8>
  %1 = qdot.dot_2x2 %0, %pair unsigned, %b unsigned : vector<[4]xi32>, vector<[16]xi8>
  %2 = qdot.dot_2x2 %1, %pair unsigned, %b signed : vector<[4]xi32>, vector<[16]xi8>
  return %2 : vector<[4]xi32>
}
