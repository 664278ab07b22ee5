// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-split-zero-points | FileCheck %s
// RUN: qdot-opt %s --qdot-split-zero-points --qdot-fuse-epilogues | FileCheck %s --check-prefix=FUSED
// RUN: not qdot-opt %s --qdot-split-zero-points=target=z80 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'z80'; expected one of

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of Passes.td: the left side is summed, as the right one has a
// zero point.
// CHECK-LABEL: func.func @example
// CHECK-SAME: %[[A:.*]]: tensor<2x4xi8>, %[[B:.*]]: tensor<4x3xi8>
// CHECK: %[[SUMS:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[A]] : tensor<2x4xi8>) outs(%{{.*}} : tensor<2xi32>)
// CHECK: arith.extui
// CHECK: %[[TERMS:.*]] = linalg.generic {{.*}} ins(%[[SUMS]] : tensor<2xi32>)
// CHECK: arith.constant -5 : i32
// CHECK: arith.muli
// CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%[[TERMS]] : tensor<2xi32>) outs(%{{.*}} : tensor<2x3xi32>)
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[A]], %[[B]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[START]] : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-99 to 99>}
// CHECK-NOT: arith.subi
// CHECK: return %[[R]]
// The start is the first sum of the epilogue.
// FUSED-LABEL: func.func @example
// FUSED: qdot.contract ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2xi32>)
// FUSED-SAME: accumulator = #qdot.accumulator<-99 to 99>
// FUSED-SAME: qdot.lhs_range = array<i64: 0, 255>
// FUSED-SAME: qdot.rhs_range = array<i64: -128, 127>
// FUSED: ^bb0(%[[ACC:.*]]: i32, %[[ROW:.*]]: i32):
// FUSED-NEXT: arith.addi %[[ACC]], %[[ROW]] : i32
func.func @example(%a: tensor<2x4xi8>, %b: tensor<4x3xi8>) -> tensor<2x3xi32> {
  %c0 = arith.constant 0 : i32
  %c5 = arith.constant 5 : i32
  %e = tensor.empty() : tensor<2x3xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<2x3xi32>) -> tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-99 to 99>} {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.subi %1, %c5 : i32
    %3 = arith.muli %0, %2 : i32
    %4 = arith.addi %s, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// Two signed sides, both with zero points: the left one is flipped and both are
// summed, with K za zb = 4 * (-8 + 128) * 5. The bias stays.
// CHECK-LABEL: func.func @both
// CHECK: arith.xori
// CHECK: arith.constant -120 : i32
// CHECK: arith.constant 2400 : i32
// CHECK: arith.constant -5 : i32
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<3xi32>, tensor<2xi32>, tensor<2x3xi32>)
// CHECK: arith.extui
// CHECK: arith.extsi
// FUSED-LABEL: func.func @both
// FUSED: qdot.contract
// FUSED: ^bb0(%[[ACC:.*]]: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32):
// FUSED-NEXT: arith.addi
// FUSED-NEXT: %[[START:.*]] = arith.addi
// FUSED-NEXT: arith.addi %[[ACC]], %[[START]] : i32
func.func @both(%a: tensor<2x4xi8>, %b: tensor<4x3xi8>, %bias: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %cm8 = arith.constant -8 : i32
  %c5 = arith.constant 5 : i32
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extsi %x : i8 to i32
    %1 = arith.subi %0, %cm8 : i32
    %2 = arith.extsi %y : i8 to i32
    %3 = arith.subi %2, %c5 : i32
    %4 = arith.muli %1, %3 : i32
    %5 = arith.addi %s, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// The second operand has the rows: the sides change places.
// CHECK-LABEL: func.func @swapped
// CHECK-SAME: %[[A:.*]]: tensor<4x3xi8>, %[[B:.*]]: tensor<2x4xi8>
// CHECK: linalg.generic {{.*}} ins(%[[B]], %[[A]] : tensor<2x4xi8>, tensor<4x3xi8>)
func.func @swapped(%a: tensor<4x3xi8>, %b: tensor<2x4xi8>, %bias: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %r = linalg.generic {indexing_maps = [#kn, #mk, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<4x3xi8>, tensor<2x4xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extsi %x : i8 to i32
    %1 = arith.extui %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %s, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// Constant weights are not the business of this pass.
// CHECK-LABEL: func.func @constant
// CHECK: arith.subi
func.func @constant(%a: tensor<2x4xi8>, %bias: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %c5 = arith.constant 5 : i32
  %w = arith.constant dense<3> : tensor<4x3xi8>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.subi %1, %c5 : i32
    %3 = arith.muli %0, %2 : i32
    %4 = arith.addi %s, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @dynamic
// CHECK: arith.subi
func.func @dynamic(%a: tensor<2x?xi8>, %b: tensor<?x3xi8>, %bias: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %c5 = arith.constant 5 : i32
  // expected-remark @+1 {{the reduction has a dynamic size}}
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<2x?xi8>, tensor<?x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.subi %1, %c5 : i32
    %3 = arith.muli %0, %2 : i32
    %4 = arith.addi %s, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @window
// CHECK: arith.subi
func.func @window(%a: tensor<8x4xi8>, %b: tensor<3x4x5xi8>, %bias: tensor<6x5xi32>) -> tensor<6x5xi32> {
  %c5 = arith.constant 5 : i32
  // expected-remark @+1 {{an operand with a window needs the sums of its windows}}
  %r = linalg.generic {indexing_maps = [affine_map<(y, f, i, c) -> (y + i, c)>, affine_map<(y, f, i, c) -> (i, c, f)>, affine_map<(y, f, i, c) -> (y, f)>],
                       iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%a, %b : tensor<8x4xi8>, tensor<3x4x5xi8>) outs(%bias : tensor<6x5xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.subi %1, %c5 : i32
    %3 = arith.muli %0, %2 : i32
    %4 = arith.addi %s, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<6x5xi32>
  return %r : tensor<6x5xi32>
}

// The scores of attention: heads and the transposed right side are read where
// they are. A left side that would lose its run of the reduction stays.
// CHECK-LABEL: func.func @heads
// CHECK-SAME: %[[Q:.*]]: tensor<8x2x4xi8>, %[[K:.*]]: tensor<8x2x4xi8>, %[[T:.*]]: tensor<2x4x8xi8>)
// CHECK: %[[MOVED:.*]] = linalg.transpose ins(%[[T]] :
// CHECK: linalg.generic {{.*}} ins(%[[Q]], %[[K]] : tensor<8x2x4xi8>, tensor<8x2x4xi8>)
// CHECK: linalg.generic {{.*}} ins(%[[MOVED]], %[[K]] : tensor<2x8x4xi8>, tensor<8x2x4xi8>)
func.func @heads(%q: tensor<8x2x4xi8>, %k: tensor<8x2x4xi8>, %t: tensor<2x4x8xi8>) -> (tensor<2x8x8xi32>, tensor<2x8x8xi32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<2x8x8xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%e : tensor<2x8x8xi32>) -> tensor<2x8x8xi32>
  %eq = tensor.empty() : tensor<2x8x4xi8>
  %hq = linalg.generic {indexing_maps = [affine_map<(b, m, k) -> (m, b, k)>, affine_map<(b, m, k) -> (b, m, k)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<8x2x4xi8>) outs(%eq : tensor<2x8x4xi8>) {
  ^bb0(%in: i8, %out: i8):
    linalg.yield %in : i8
  } -> tensor<2x8x4xi8>
  %ek = tensor.empty() : tensor<2x4x8xi8>
  %hk = linalg.transpose ins(%k : tensor<8x2x4xi8>) outs(%ek : tensor<2x4x8xi8>) permutation = [1, 2, 0]
  %ht = linalg.transpose ins(%t : tensor<2x4x8xi8>) outs(%eq : tensor<2x8x4xi8>) permutation = [0, 2, 1]
  %r = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%hq, %hk : tensor<2x8x4xi8>, tensor<2x4x8xi8>) outs(%zero : tensor<2x8x8xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %s, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x8x8xi32>
  %u = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%ht, %hk : tensor<2x8x4xi8>, tensor<2x4x8xi8>) outs(%zero : tensor<2x8x8xi32>) {
  ^bb0(%x: i8, %y: i8, %s: i32):
    %0 = arith.extui %x : i8 to i32
    %1 = arith.extsi %y : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %s, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x8x8xi32>
  return %r, %u : tensor<2x8x8xi32>, tensor<2x8x8xi32>
}
