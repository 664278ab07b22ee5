// RUN: qdot-opt %s --qdot-lower-dot-aarch64 | FileCheck %s

// Rule S6.
// CHECK-LABEL: func.func @single(
// CHECK-SAME: %[[V:.*]]: vector<4xi32>, %[[M:.*]]: vector<4xi32>, %[[E:.*]]: vector<4xi32>)
// CHECK-NEXT: %[[H:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqdmulh.v4i32"(%[[V]], %[[M]])
// CHECK-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.srshl.v4i32"(%[[H]], %[[E]])
// CHECK-NEXT: return %[[R]]
func.func @single(%v: vector<4xi32>, %m: vector<4xi32>, %e: vector<4xi32>) -> vector<4xi32> {
  %r = qdot.rescale %v, %m, %e contract tosa_single : vector<4xi32>
  return %r : vector<4xi32>
}

// CHECK-LABEL: func.func @double(
// CHECK-SAME: %[[V:.*]]: vector<4xi32>, %[[M:.*]]: vector<4xi32>, %[[E:.*]]: vector<4xi32>)
// CHECK-NEXT: %[[H:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqrdmulh.v4i32"(%[[V]], %[[M]])
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<31> : vector<4xi32>
// CHECK-NEXT: %[[S:.*]] = arith.shrsi %[[V]], %[[C]] : vector<4xi32>
// CHECK-NEXT: %[[L:.*]] = arith.addi %[[H]], %[[S]] : vector<4xi32>
// CHECK-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.srshl.v4i32"(%[[L]], %[[E]])
// CHECK-NEXT: return %[[R]]
func.func @double(%v: vector<4xi32>, %m: vector<4xi32>, %e: vector<4xi32>) -> vector<4xi32> {
  %r = qdot.rescale %v, %m, %e contract tosa_double : vector<4xi32>
  return %r : vector<4xi32>
}

// Other lengths stay for qdot-lower-dot.
// CHECK-LABEL: func.func @stays(
// CHECK: qdot.rescale %{{.*}} : i32
// CHECK: qdot.rescale %{{.*}} : vector<8xi32>
// CHECK: qdot.rescale %{{.*}} : vector<[4]xi32>
func.func @stays(%v: i32, %w: vector<8xi32>, %s: vector<[4]xi32>) -> (i32, vector<8xi32>, vector<[4]xi32>) {
  %0 = qdot.rescale %v, %v, %v contract tosa_single : i32
  %1 = qdot.rescale %w, %w, %w contract tosa_single : vector<8xi32>
  %2 = qdot.rescale %s, %s, %s contract tosa_single : vector<[4]xi32>
  return %0, %1, %2 : i32, vector<8xi32>, vector<[4]xi32>
}

// A constant that is added to all four vectors is added to 16-bit values.
// CHECK-LABEL: func.func @offset(
// CHECK-SAME: %[[A:.*]]: vector<4xi32>, %[[B:.*]]: vector<4xi32>)
// CHECK: %[[A16:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[A]])
// CHECK: %[[B16:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v4i16"(%[[B]])
// CHECK: %[[AB:.*]] = vector.shuffle %[[A16]], %[[B16]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK: %[[C:.*]] = arith.constant dense<-256> : vector<8xi16>
// CHECK: %[[SUM:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sqadd.v8i16"(%[[AB]], %[[C]])
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtun.v8i8"(%[[SUM]])
func.func @offset(%a: vector<4xi32>, %b: vector<4xi32>) -> vector<16xi8> {
  %c = arith.constant dense<-256> : vector<4xi32>
  %d = arith.constant dense<256> : vector<4xi32>
  %0 = arith.addi %a, %c : vector<4xi32>
  %1 = arith.subi %b, %d : vector<4xi32>
  %r = qdot.narrow %0, %1, %0, %1 : vector<4xi32> -> vector<16xi8>
  return %r : vector<16xi8>
}

// Unsigned bytes that are flipped are signed ones, 128 lower: here nothing is
// left to add.
// CHECK-LABEL: func.func @flip(
// CHECK-SAME: %[[A:.*]]: vector<4xi32>)
// CHECK-NOT: sqadd
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v8i8"
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sqxtn.v8i8"
// CHECK-NOT: arith.xori
// CHECK: return
func.func @flip(%a: vector<4xi32>) -> vector<16xi8> {
  %c = arith.constant dense<128> : vector<4xi32>
  %top = arith.constant dense<-128> : vector<16xi8>
  %0 = arith.addi %a, %c : vector<4xi32>
  %n = qdot.narrow %0, %0, %0, %0 : vector<4xi32> -> vector<16xi8>
  %r = arith.xori %n, %top : vector<16xi8>
  return %r : vector<16xi8>
}

// Constants that differ, or that 16 bits could not hold, stay.
// CHECK-LABEL: func.func @different(
// CHECK: arith.addi
// CHECK: arith.addi
// CHECK: arith.addi
// CHECK-NOT: sqadd
// CHECK: return
func.func @different(%a: vector<4xi32>) -> (vector<16xi8>, vector<16xi8>) {
  %c = arith.constant dense<1> : vector<4xi32>
  %d = arith.constant dense<2> : vector<4xi32>
  %large = arith.constant dense<16385> : vector<4xi32>
  %0 = arith.addi %a, %c : vector<4xi32>
  %1 = arith.addi %a, %d : vector<4xi32>
  %2 = arith.addi %a, %large : vector<4xi32>
  %r = qdot.narrow %0, %1, %0, %1 : vector<4xi32> -> vector<16xi8>
  %s = qdot.narrow %2, %2, %2, %2 : vector<4xi32> -> vector<16xi8>
  return %r, %s : vector<16xi8>, vector<16xi8>
}
