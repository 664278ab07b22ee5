// RUN: qdot-opt %s --qdot-lower-dot | FileCheck %s --implicit-check-not=qdot.

// The example of Passes.td.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[ARG0:.*]]: vector<4xi32>, %[[ARG1:.*]]: vector<16xi8>, %[[ARG2:.*]]: vector<16xi8>) -> vector<4xi32> {
// CHECK-NEXT: %[[V0:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [0, 4, 8, 12] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V1:.*]] = arith.extui %[[V0]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V2:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [0, 4, 8, 12] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V3:.*]] = arith.extsi %[[V2]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V4:.*]] = arith.muli %[[V1]], %[[V3]] : vector<4xi32>
// CHECK-NEXT: %[[V5:.*]] = arith.addi %[[ARG0]], %[[V4]] : vector<4xi32>
// CHECK-NEXT: %[[V6:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [1, 5, 9, 13] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V7:.*]] = arith.extui %[[V6]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V8:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [1, 5, 9, 13] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[V8]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V10:.*]] = arith.muli %[[V7]], %[[V9]] : vector<4xi32>
// CHECK-NEXT: %[[V11:.*]] = arith.addi %[[V5]], %[[V10]] : vector<4xi32>
// CHECK-NEXT: %[[V12:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [2, 6, 10, 14] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V13:.*]] = arith.extui %[[V12]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V14:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [2, 6, 10, 14] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V15:.*]] = arith.extsi %[[V14]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V16:.*]] = arith.muli %[[V13]], %[[V15]] : vector<4xi32>
// CHECK-NEXT: %[[V17:.*]] = arith.addi %[[V11]], %[[V16]] : vector<4xi32>
// CHECK-NEXT: %[[V18:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [3, 7, 11, 15] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V19:.*]] = arith.extui %[[V18]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V20:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [3, 7, 11, 15] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V21:.*]] = arith.extsi %[[V20]] : vector<4xi8> to vector<4xi32>
// CHECK-NEXT: %[[V22:.*]] = arith.muli %[[V19]], %[[V21]] : vector<4xi32>
// CHECK-NEXT: %[[V23:.*]] = arith.addi %[[V17]], %[[V22]] : vector<4xi32>
// CHECK-NEXT: return %[[V23]] : vector<4xi32>
func.func @example(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// Two pairs, in a loop, with one lane and the other signs. A proof for 16 bits
// changes nothing.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME: %[[ARG0:.*]]: vector<1xi32>, %[[ARG1:.*]]: vector<4xi8>, %[[ARG2:.*]]: vector<4xi8>, %[[ARG3:.*]]: index) -> vector<1xi32> {
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[C1:.*]] = arith.constant 1 : index
// CHECK-NEXT: %[[V0:.*]] = scf.for %[[ARG4:.*]] = %[[C0]] to %[[ARG3]] step %[[C1]] iter_args(%[[ARG5:.*]] = %[[ARG0]]) -> (vector<1xi32>) {
// CHECK-NEXT: %[[V1:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [0] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V2:.*]] = arith.extsi %[[V1]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V3:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [0] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V4:.*]] = arith.extui %[[V3]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V5:.*]] = arith.muli %[[V2]], %[[V4]] : vector<1xi32>
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[ARG5]], %[[V5]] : vector<1xi32>
// CHECK-NEXT: %[[V7:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [1] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V8:.*]] = arith.extsi %[[V7]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V9:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [1] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V10:.*]] = arith.extui %[[V9]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V11:.*]] = arith.muli %[[V8]], %[[V10]] : vector<1xi32>
// CHECK-NEXT: %[[V12:.*]] = arith.addi %[[V6]], %[[V11]] : vector<1xi32>
// CHECK-NEXT: %[[V13:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [2] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V14:.*]] = arith.extsi %[[V13]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V15:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [2] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V16:.*]] = arith.extui %[[V15]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V17:.*]] = arith.muli %[[V14]], %[[V16]] : vector<1xi32>
// CHECK-NEXT: %[[V18:.*]] = arith.addi %[[V12]], %[[V17]] : vector<1xi32>
// CHECK-NEXT: %[[V19:.*]] = vector.shuffle %[[ARG1]], %[[ARG1]] [3] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V20:.*]] = arith.extsi %[[V19]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V21:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [3] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V22:.*]] = arith.extui %[[V21]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V23:.*]] = arith.muli %[[V20]], %[[V22]] : vector<1xi32>
// CHECK-NEXT: %[[V24:.*]] = arith.addi %[[V18]], %[[V23]] : vector<1xi32>
// CHECK-NEXT: %[[V25:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [0] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V26:.*]] = arith.extsi %[[V25]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V27:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [0] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V28:.*]] = arith.extui %[[V27]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V29:.*]] = arith.muli %[[V26]], %[[V28]] : vector<1xi32>
// CHECK-NEXT: %[[V30:.*]] = arith.addi %[[V24]], %[[V29]] : vector<1xi32>
// CHECK-NEXT: %[[V31:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [1] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V32:.*]] = arith.extsi %[[V31]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V33:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [1] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V34:.*]] = arith.extui %[[V33]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V35:.*]] = arith.muli %[[V32]], %[[V34]] : vector<1xi32>
// CHECK-NEXT: %[[V36:.*]] = arith.addi %[[V30]], %[[V35]] : vector<1xi32>
// CHECK-NEXT: %[[V37:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [2] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V38:.*]] = arith.extsi %[[V37]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V39:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [2] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V40:.*]] = arith.extui %[[V39]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V41:.*]] = arith.muli %[[V38]], %[[V40]] : vector<1xi32>
// CHECK-NEXT: %[[V42:.*]] = arith.addi %[[V36]], %[[V41]] : vector<1xi32>
// CHECK-NEXT: %[[V43:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [3] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V44:.*]] = arith.extsi %[[V43]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V45:.*]] = vector.shuffle %[[ARG2]], %[[ARG2]] [3] : vector<4xi8>, vector<4xi8>
// CHECK-NEXT: %[[V46:.*]] = arith.extui %[[V45]] : vector<1xi8> to vector<1xi32>
// CHECK-NEXT: %[[V47:.*]] = arith.muli %[[V44]], %[[V46]] : vector<1xi32>
// CHECK-NEXT: %[[V48:.*]] = arith.addi %[[V42]], %[[V47]] : vector<1xi32>
// CHECK-NEXT: scf.yield %[[V48]] : vector<1xi32>
// CHECK: return %[[V0]] : vector<1xi32>
func.func @loop(%acc: vector<1xi32>, %a: vector<4xi8>, %b: vector<4xi8>, %n: index) -> vector<1xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %acc) -> vector<1xi32> {
    %next = qdot.dot %sum, (%a, %b) signed, (%b, %b) unsigned fits_i16 : vector<1xi32>, vector<4xi8>
    scf.yield %next : vector<1xi32>
  }
  return %r : vector<1xi32>
}

// Any number of lanes.
// CHECK-LABEL: func.func @lanes
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 8] : vector<12xi8>, vector<12xi8>
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [3, 7, 11] : vector<12xi8>, vector<12xi8>
// CHECK: vector.shuffle {{.*}} [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60] : vector<64xi8>, vector<64xi8>
// CHECK-COUNT-4: arith.muli {{.*}} : vector<16xi32>
func.func @lanes(%three: vector<3xi32>, %a: vector<12xi8>, %many: vector<16xi32>, %b: vector<64xi8>) -> (vector<3xi32>, vector<16xi32>) {
  %r = qdot.dot %three, (%a) signed, (%a) signed : vector<3xi32>, vector<12xi8>
  %s = qdot.dot %many, (%b) unsigned, (%b) unsigned : vector<16xi32>, vector<64xi8>
  return %r, %s : vector<3xi32>, vector<16xi32>
}

// qdot.narrow: clamps, and four lanes of each operand in turn.
// CHECK-LABEL: func.func @narrow(
// CHECK-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<8xi32>, %[[ARG2:.*]]: vector<8xi32>, %[[ARG3:.*]]: vector<8xi32>) -> vector<32xi8> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<0> : vector<8xi32>
// CHECK-NEXT: %[[V0:.*]] = arith.maxsi %[[ARG0]], %[[CST]] : vector<8xi32>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<255> : vector<8xi32>
// CHECK-NEXT: %[[V1:.*]] = arith.minsi %[[V0]], %[[CST_0]] : vector<8xi32>
// CHECK-NEXT: %[[V2:.*]] = arith.trunci %[[V1]] : vector<8xi32> to vector<8xi8>
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<0> : vector<8xi32>
// CHECK-NEXT: %[[V3:.*]] = arith.maxsi %[[ARG1]], %[[CST_1]] : vector<8xi32>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<255> : vector<8xi32>
// CHECK-NEXT: %[[V4:.*]] = arith.minsi %[[V3]], %[[CST_2]] : vector<8xi32>
// CHECK-NEXT: %[[V5:.*]] = arith.trunci %[[V4]] : vector<8xi32> to vector<8xi8>
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant dense<0> : vector<8xi32>
// CHECK-NEXT: %[[V6:.*]] = arith.maxsi %[[ARG2]], %[[CST_3]] : vector<8xi32>
// CHECK-NEXT: %[[CST_4:.*]] = arith.constant dense<255> : vector<8xi32>
// CHECK-NEXT: %[[V7:.*]] = arith.minsi %[[V6]], %[[CST_4]] : vector<8xi32>
// CHECK-NEXT: %[[V8:.*]] = arith.trunci %[[V7]] : vector<8xi32> to vector<8xi8>
// CHECK-NEXT: %[[CST_5:.*]] = arith.constant dense<0> : vector<8xi32>
// CHECK-NEXT: %[[V9:.*]] = arith.maxsi %[[ARG3]], %[[CST_5]] : vector<8xi32>
// CHECK-NEXT: %[[CST_6:.*]] = arith.constant dense<255> : vector<8xi32>
// CHECK-NEXT: %[[V10:.*]] = arith.minsi %[[V9]], %[[CST_6]] : vector<8xi32>
// CHECK-NEXT: %[[V11:.*]] = arith.trunci %[[V10]] : vector<8xi32> to vector<8xi8>
// CHECK-NEXT: %[[V12:.*]] = vector.shuffle %[[V2]], %[[V5]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] : vector<8xi8>, vector<8xi8>
// CHECK-NEXT: %[[V13:.*]] = vector.shuffle %[[V8]], %[[V11]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] : vector<8xi8>, vector<8xi8>
// CHECK-NEXT: %[[V14:.*]] = vector.shuffle %[[V12]], %[[V13]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] : vector<16xi8>, vector<16xi8>
// CHECK-NEXT: %[[V15:.*]] = vector.shuffle %[[V14]], %[[V14]] [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31] : vector<32xi8>, vector<32xi8>
// CHECK-NEXT: return %[[V15]] : vector<32xi8>
func.func @narrow(%a: vector<8xi32>, %b: vector<8xi32>, %c: vector<8xi32>, %d: vector<8xi32>) -> vector<32xi8> {
  %r = qdot.narrow %a, %b, %c, %d : vector<8xi32> -> vector<32xi8>
  return %r : vector<32xi8>
}

// Rule R2 in 64 bits, with the shift 31 - exponent.
// CHECK-LABEL: func.func @rescale(
// CHECK-SAME: %[[V:.*]]: i32, %[[M:.*]]: i32, %[[E:.*]]: i32)
// CHECK: %[[C31:.*]] = arith.constant 31 : i32
// CHECK: %[[S:.*]] = arith.subi %[[C31]], %[[E]] : i32
// CHECK: %[[WIDE:.*]] = arith.extsi %[[V]] : i32 to i64
// CHECK: %[[AMOUNT:.*]] = arith.extsi %[[S]] : i32 to i64
// CHECK: %[[FACTOR:.*]] = arith.extsi %[[M]] : i32 to i64
// CHECK: %[[PRODUCT:.*]] = arith.muli %[[WIDE]], %[[FACTOR]] : i64
// CHECK: %[[SUM:.*]] = arith.addi %[[PRODUCT]], %{{.*}} : i64
// CHECK: %[[SHIFTED:.*]] = arith.shrsi %[[SUM]], %[[AMOUNT]] : i64
// CHECK: arith.trunci %[[SHIFTED]] : i64 to i32
func.func @rescale(%v: i32, %m: i32, %e: i32) -> i32 {
  %0 = qdot.rescale %v, %m, %e contract tosa_single : i32
  return %0 : i32
}

// CHECK-LABEL: func.func @rescale_vector(
// CHECK: arith.select %{{.*}} : vector<4xi1>, vector<4xi64>
// CHECK: arith.trunci %{{.*}} : vector<4xi64> to vector<4xi32>
func.func @rescale_vector(%v: vector<4xi32>, %m: vector<4xi32>, %e: vector<4xi32>) -> vector<4xi32> {
  %0 = qdot.rescale %v, %m, %e contract tosa_double : vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func.func @panels(
// CHECK-SAME: %[[X:.*]]: memref<256xi8>, %[[W:.*]]: memref<128xi8>, %[[I:.*]]: index, %[[J:.*]]: index
// CHECK: %[[R:.*]]:2 = scf.for %{{.*}} = %{{.*}} to %c8{{.*}} step
// CHECK: vector.load %[[X]][%{{.*}}] : memref<256xi8>, vector<16xi8>
// CHECK: vector.load %[[X]][%{{.*}}] : memref<256xi8>, vector<16xi8>
// CHECK: vector.load %[[W]][%{{.*}}] : memref<128xi8>, vector<16xi8>
// CHECK-NOT: qdot.
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @panels(%x: memref<256xi8>, %w: memref<128xi8>, %i: index, %j: index, %a: vector<4xi32>, %b: vector<4xi32>) -> (vector<4xi32>, vector<4xi32>) {
  %r:2 = qdot.dot_2x2_panels %x[%i] signed, %w[%j] signed pairs 2 units 8 into (%a, %b)
      : memref<256xi8>, memref<128xi8>, vector<4xi32>, vector<4xi32>
  return %r#0, %r#1 : vector<4xi32>, vector<4xi32>
}

// Words, two in each lane.
// CHECK-LABEL: func.func @words(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[A:.*]]: vector<8xi16>, %[[B:.*]]: vector<8xi16>)
// CHECK-NEXT: %[[A0:.*]] = vector.shuffle %[[A]], %[[A]] [0, 2, 4, 6]
// CHECK-NEXT: %[[A1:.*]] = arith.extsi %[[A0]] : vector<4xi16> to vector<4xi32>
// CHECK-NEXT: %[[B0:.*]] = vector.shuffle %[[B]], %[[B]] [0, 2, 4, 6]
// CHECK-NEXT: %[[B1:.*]] = arith.extsi %[[B0]]
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[A1]], %[[B1]]
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[ACC]], %[[P]]
// CHECK-NEXT: vector.shuffle %[[A]], %[[A]] [1, 3, 5, 7]
// CHECK: %[[R:.*]] = arith.addi %[[S]], %{{.*}}
// CHECK-NEXT: return %[[R]]
func.func @words(%acc: vector<4xi32>, %a: vector<8xi16>, %b: vector<8xi16>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) signed : vector<4xi32>, vector<8xi16>
  return %r : vector<4xi32>
}
