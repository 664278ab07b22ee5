// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-i8mm | FileCheck %s
// RUN: not qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-dotprod 2>&1 | FileCheck %s --check-prefix=MISSING

// MISSING: error: 'qdot.dot_2x2' op on 'vector<4xi32>' needs feature 'i8mm', which target 'aarch64-dotprod' does not have

// CHECK-LABEL: func.func @signed(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// CHECK-NEXT: llvm.call_intrinsic "llvm.aarch64.neon.smmla.v4i32.v16i8"(%[[ACC]], %[[A]], %[[B]])
func.func @signed(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot_2x2 %acc, %a signed, %b signed : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// CHECK-LABEL: func.func @unsigned(
// CHECK: "llvm.aarch64.neon.ummla.v4i32.v16i8"
func.func @unsigned(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot_2x2 %acc, %a unsigned, %b unsigned : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// CHECK-LABEL: func.func @mixed(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// CHECK-NEXT: llvm.call_intrinsic "llvm.aarch64.neon.usmmla.v4i32.v16i8"(%[[ACC]], %[[A]], %[[B]])
func.func @mixed(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot_2x2 %acc, %a unsigned, %b signed : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// The transposed product has the unsigned operand first.
// CHECK-LABEL: func.func @swapped(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// CHECK: %[[T:.*]] = vector.shuffle %[[ACC]], %[[ACC]] [0, 2, 1, 3]
// CHECK: %[[P:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.usmmla.v4i32.v16i8"(%[[T]], %[[B]], %[[A]])
// CHECK: vector.shuffle %[[P]], %[[P]] [0, 2, 1, 3]
func.func @swapped(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot_2x2 %acc, %a signed, %b unsigned : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}
