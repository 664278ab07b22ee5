// RUN: qdot-opt %s --qdot-lower-dot-aarch64 | FileCheck %s --check-prefixes=CHECK,DOT
// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-dotprod | FileCheck %s --check-prefixes=CHECK,DOT
// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-i8mm | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-sve | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: not qdot-opt %s --qdot-lower-dot-aarch64=target=x86-avx2 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not qdot-opt %s --qdot-lower-dot-aarch64=target=generic 2>&1 | FileCheck %s --check-prefix=GENERIC
// RUN: not qdot-opt %s --qdot-lower-dot-aarch64=target= 2>&1 | FileCheck %s --check-prefix=EMPTY

// UNKNOWN: error: unknown AArch64 target 'x86-avx2'; expected one of
// UNKNOWN-SAME: aarch64-dotprod, aarch64-i8mm, aarch64-sve
// GENERIC: error: unknown AArch64 target 'generic'
// EMPTY: error: unknown AArch64 target ''

// The example of Passes.td.
// CHECK-LABEL: func.func @signed(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// CHECK-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[ACC]], %[[B]], %[[A]]) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// CHECK-NEXT: return %[[R]]
func.func @signed(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) signed : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// Pairs one after the other.
// CHECK-LABEL: func.func @unsigned(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// CHECK-NEXT: %[[S:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.udot.v4i32.v16i8"(%[[ACC]], %[[B]], %[[A]])
// CHECK-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.udot.v4i32.v16i8"(%[[S]], %[[A]], %[[B]])
// CHECK-NEXT: return %[[R]]
func.func @unsigned(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a, %b) unsigned, (%b, %a) unsigned : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// Without i8mm, three signed products.
// CHECK-LABEL: func.func @mixed(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// I8MM-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.usdot.v4i32.v16i8"(%[[ACC]], %[[A]], %[[B]])
// DOT-NOT: usdot
// DOT: %[[TOP:.*]] = arith.constant dense<-128> : vector<16xi8>
// DOT: %[[LOW:.*]] = arith.xori %[[A]], %[[TOP]]
// DOT: %[[S0:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[ACC]], %[[B]], %[[LOW]])
// DOT: %[[S1:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[S0]], %[[B]], %{{.*}})
// DOT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[S1]], %[[B]], %{{.*}})
// CHECK: return %[[R]]
func.func @mixed(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// The unsigned operand comes first.
// CHECK-LABEL: func.func @swapped(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<16xi8>, %[[B:.*]]: vector<16xi8>)
// I8MM-NEXT: llvm.call_intrinsic "llvm.aarch64.neon.usdot.v4i32.v16i8"(%[[ACC]], %[[B]], %[[A]])
// DOT: arith.xori %[[B]]
func.func @swapped(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) unsigned : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// No vector of this length: left to qdot-lower-dot.
// CHECK-LABEL: func.func @long(
// CHECK: qdot.dot
func.func @long(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) signed : vector<8xi32>, vector<32xi8>
  return %r : vector<8xi32>
}

// CHECK-LABEL: func.func @narrow(
// CHECK-SAME: %[[A:.*]]: vector<4xi32>, %[[B:.*]]: vector<4xi32>, %[[C:.*]]: vector<4xi32>, %[[D:.*]]: vector<4xi32>)
// CHECK: %[[A16:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[A]])
// CHECK: %[[B16:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[B]])
// CHECK: %[[AB:.*]] = vector.shuffle %[[A16]], %[[B16]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtun.v8i8"(%[[AB]])
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[C]])
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[D]])
func.func @narrow(%a: vector<4xi32>, %b: vector<4xi32>, %c: vector<4xi32>, %d: vector<4xi32>) -> vector<16xi8> {
  %r = qdot.narrow %a, %b, %c, %d : vector<4xi32> -> vector<16xi8>
  return %r : vector<16xi8>
}
