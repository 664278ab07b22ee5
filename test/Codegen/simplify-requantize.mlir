// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-simplify-requantize --mlir-print-local-scope | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#m = affine_map<(m, n, k) -> (m)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of Passes.td: one bias and one multiplier for all.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[C1431655765_I32:.*]] = arith.constant 1431655765 : i32
// CHECK-NEXT: %[[C36_I8:.*]] = arith.constant 36 : i8
// CHECK-NEXT: %[[C100_I32:.*]] = arith.constant 100 : i32
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[ARG2]] : tensor<2x3xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG3:.*]]: i32):
// CHECK-NEXT: %[[C100_I32_0:.*]] = arith.constant 100 : i32
// CHECK-NEXT: %[[CST:.*]] = arith.constant 0.020833334 : f32
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant 0.489575714 : f32
// CHECK-NEXT: %[[V1:.*]] = arith.addi %[[ARG3]], %[[C100_I32_0]] : i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[V3:.*]] = math.fma %[[V2]], %[[CST]], %[[CST_1]] : f32
// CHECK-NEXT: %[[V4:.*]] = arith.fptosi %[[V3]] : f32 to i32
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[V5:.*]] = arith.maxsi %[[V4]], %[[C0_I32]] : i32
// CHECK-NEXT: %[[C255_I32:.*]] = arith.constant 255 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.minsi %[[V5]], %[[C255_I32]] : i32
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[V6]] : i32 to i8
// CHECK-NEXT: qdot.yield %[[V7]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @example(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %bias = arith.constant 100 : i32
  %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %s = arith.addi %acc, %bias : i32
    %q = qdot.requantize %s, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// Bias, multiplier and shift per channel; extras that nothing reads any more
// go away, the others keep their maps.
// CHECK-LABEL: func.func @channels(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>, %[[ARG3:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<[1400000003, 1234567891, 2000000011]> : tensor<3xi32>
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<[36, 37, 38]> : tensor<3xi8>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant dense<[0.0203726813, 0.00898266397, 0.00727595761]> : tensor<3xf32>
// CHECK-NEXT: %[[CST_4:.*]] = arith.constant dense<[0.51557982, 0.507807434, 0.503855288]> : tensor<3xf32>
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[ARG2]], %[[CST_2]], %[[CST_3]], %[[CST_4]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>, tensor<3xi32>, tensor<3xf32>, tensor<3xf32>) outs(%[[ARG3]] : tensor<2x3xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i8, %[[ARG6:.*]]: i32, %[[ARG7:.*]]: f32, %[[ARG8:.*]]: f32):
// CHECK-NEXT: %[[V1:.*]] = arith.addi %[[ARG4]], %[[ARG6]] : i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[V3:.*]] = math.fma %[[V2]], %[[ARG7]], %[[ARG8]] : f32
// CHECK-NEXT: %[[V4:.*]] = arith.fptosi %[[V3]] : f32 to i32
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[V5:.*]] = arith.maxsi %[[V4]], %[[C0_I32]] : i32
// CHECK-NEXT: %[[C255_I32:.*]] = arith.constant 255 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.minsi %[[V5]], %[[C255_I32]] : i32
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[V6]] : i32 to i8
// CHECK-NEXT: %[[V8:.*]] = arith.maxui %[[V7]], %[[ARG5]] : i8
// CHECK-NEXT: qdot.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @channels(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %bias = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %mul = arith.constant dense<[1400000003, 1234567891, 2000000011]> : tensor<3xi32>
  %shift = arith.constant dense<[36, 37, 38]> : tensor<3xi8>
  %y = qdot.contract ins(%x, %w, %bias, %r, %mul, %shift : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<2x3xi8>, tensor<3xi32>, tensor<3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn, #n, #n, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32, %res: i8, %m: i32, %n: i8):
    %s = arith.addi %b, %acc : i32
    %q = qdot.requantize %s, %m, %n zero_point(0) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    %z = arith.maxui %q, %res : i8
    qdot.yield %z : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// The f32 contract: its own product and rounding, the clamp in integers.
// CHECK-LABEL: func.func @real(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant 0.00782999955 : f32
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[ARG2]] : tensor<2x3xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG3:.*]]: i32):
// CHECK-NEXT: %[[V1:.*]] = arith.sitofp %[[ARG3]] : i32 to f32
// CHECK-NEXT: %[[V2:.*]] = arith.mulf %[[V1]], %[[CST]] : f32
// CHECK-NEXT: %[[V3:.*]] = math.roundeven %[[V2]] : f32
// CHECK-NEXT: %[[V4:.*]] = arith.fptosi %[[V3]] : f32 to i32
// CHECK-NEXT: %[[C10_I32:.*]] = arith.constant 10 : i32
// CHECK-NEXT: %[[V5:.*]] = arith.addi %[[V4]], %[[C10_I32]] : i32
// CHECK-NEXT: %[[C10_I32_0:.*]] = arith.constant 10 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.maxsi %[[V5]], %[[C10_I32_0]] : i32
// CHECK-NEXT: %[[C200_I32:.*]] = arith.constant 200 : i32
// CHECK-NEXT: %[[V7:.*]] = arith.minsi %[[V6]], %[[C200_I32]] : i32
// CHECK-NEXT: %[[V8:.*]] = arith.trunci %[[V7]] : i32 to i8
// CHECK-NEXT: qdot.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @real(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %f = arith.constant 0.00783 : f32
  %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %f zero_point(10) clamp(10, 200) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// The same with a bias and multipliers per channel, of a convolution with a
// dynamic batch.
// CHECK-LABEL: func.func @convolution(
// CHECK-SAME: %[[ARG0:.*]]: tensor<?x8x8x4xi8>, %[[ARG1:.*]]: tensor<3x3x4x2xi8>, %[[ARG2:.*]]: tensor<?x3x3x2xi8>) -> tensor<?x3x3x2xi8> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<[-7, 7]> : tensor<2xi32>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<[0.00782999955, 1.170000e-02]> : tensor<2xf32>
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[CST]], %[[CST_0]] : tensor<?x8x8x4xi8>, tensor<3x3x4x2xi8>, tensor<2xi32>, tensor<2xf32>) outs(%[[ARG2]] : tensor<?x3x3x2xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: -9223372036854775808, 3, 3, 2, 3, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG3:.*]]: i32, %[[ARG4:.*]]: i32, %[[ARG5:.*]]: f32):
// CHECK-NEXT: %[[V1:.*]] = arith.addi %[[ARG3]], %[[ARG4]] : i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[V3:.*]] = arith.mulf %[[V2]], %[[ARG5]] : f32
// CHECK-NEXT: %[[V4:.*]] = math.roundeven %[[V3]] : f32
// CHECK-NEXT: %[[V5:.*]] = arith.fptosi %[[V4]] : f32 to i32
// CHECK-NEXT: %[[C128_I32:.*]] = arith.constant 128 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[V5]], %[[C128_I32]] : i32
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[V7:.*]] = arith.maxsi %[[V6]], %[[C0_I32]] : i32
// CHECK-NEXT: %[[C255_I32:.*]] = arith.constant 255 : i32
// CHECK-NEXT: %[[V8:.*]] = arith.minsi %[[V7]], %[[C255_I32]] : i32
// CHECK-NEXT: %[[V9:.*]] = arith.trunci %[[V8]] : i32 to i8
// CHECK-NEXT: qdot.yield %[[V9]] : i8
// CHECK-NEXT: } -> tensor<?x3x3x2xi8>
// CHECK-NEXT: return %[[V0]] : tensor<?x3x3x2xi8>
func.func @convolution(%x: tensor<?x8x8x4xi8>, %w: tensor<3x3x4x2xi8>, %e: tensor<?x3x3x2xi8>) -> tensor<?x3x3x2xi8> {
  %bias = arith.constant dense<[-7, 7]> : tensor<2xi32>
  %f = arith.constant dense<[0.00783, 0.0117]> : tensor<2xf32>
  %y = qdot.contract ins(%x, %w, %bias, %f : tensor<?x8x8x4xi8>, tensor<3x3x4x2xi8>, tensor<2xi32>, tensor<2xf32>) outs(%e : tensor<?x3x3x2xi8>)
      attributes {indexing_maps = [affine_map<(b, y, x, f, i, j, c) -> (b, y * 2 + i, x * 2 + j, c)>, affine_map<(b, y, x, f, i, j, c) -> (i, j, c, f)>, affine_map<(b, y, x, f, i, j, c) -> (f)>, affine_map<(b, y, x, f, i, j, c) -> (f)>, affine_map<(b, y, x, f, i, j, c) -> (b, y, x, f)>],
                  loop_sizes = array<i64: -9223372036854775808, 3, 3, 2, 3, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32, %scale: f32):
    %s = arith.addi %acc, %b : i32
    %q = qdot.requantize %s, %scale zero_point(128) clamp(0, 255) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<?x3x3x2xi8>
  return %y : tensor<?x3x3x2xi8>
}

// A residual addition on signed bytes behind the first requantization: two
// multiply-adds of the bytes.
// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>, %[[ARG3:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[C1431655765_I32:.*]] = arith.constant 1431655765 : i32
// CHECK-NEXT: %[[C36_I8:.*]] = arith.constant 36 : i8
// CHECK-NEXT: %[[C3_I32:.*]] = arith.constant 3 : i32
// CHECK-NEXT: %[[C700_I32:.*]] = arith.constant 700 : i32
// CHECK-NEXT: %[[C1500000000_I32:.*]] = arith.constant 1500000000 : i32
// CHECK-NEXT: %[[C41_I8:.*]] = arith.constant 41 : i8
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[ARG2]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%[[ARG3]] : tensor<2x3xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i8):
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[CST:.*]] = arith.constant 0.020833334 : f32
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant 0.489575714 : f32
// CHECK-NEXT: %[[V1:.*]] = arith.addi %[[ARG4]], %[[C0_I32]] : i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[V3:.*]] = math.fma %[[V2]], %[[CST]], %[[CST_0]] : f32
// CHECK-NEXT: %[[V4:.*]] = arith.fptosi %[[V3]] : f32 to i32
// CHECK-NEXT: %[[C0_I32_1:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[V5:.*]] = arith.maxsi %[[V4]], %[[C0_I32_1]] : i32
// CHECK-NEXT: %[[C255_I32:.*]] = arith.constant 255 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.minsi %[[V5]], %[[C255_I32]] : i32
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[V6]] : i32 to i8
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant -6.43285418 : f32
// CHECK-NEXT: %[[V8:.*]] = arith.extsi %[[ARG5]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.sitofp %[[V8]] : i32 to f32
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant 0.477484733 : f32
// CHECK-NEXT: %[[V10:.*]] = math.fma %[[V9]], %[[CST_3]], %[[CST_2]] : f32
// CHECK-NEXT: %[[V11:.*]] = arith.extui %[[V7]] : i8 to i32
// CHECK-NEXT: %[[V12:.*]] = arith.sitofp %[[V11]] : i32 to f32
// CHECK-NEXT: %[[CST_4:.*]] = arith.constant 0.477484733 : f32
// CHECK-NEXT: %[[V13:.*]] = math.fma %[[V12]], %[[CST_4]], %[[V10]] : f32
// CHECK-NEXT: %[[V14:.*]] = qdot.round %[[V13]] clamp(-128, 127) : i8
// CHECK-NEXT: qdot.yield %[[V14]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @residual(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %zp = arith.constant 3 : i32
  %factor = arith.constant 700 : i32
  %m2 = arith.constant 1500000000 : i32
  %n2 = arith.constant 41 : i8
  %y = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %res: i8):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    %0 = arith.extui %q : i8 to i32
    %1 = arith.subi %0, %zp : i32
    %2 = arith.muli %1, %factor : i32
    %3 = arith.extsi %res : i8 to i32
    %4 = arith.muli %factor, %3 : i32
    %5 = arith.addi %2, %4 : i32
    %6 = qdot.requantize %5, %m2, %n2 zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %6 : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// The product of two bytes is between its ends: f32 as for a sum of a
// contraction.
// CHECK-LABEL: func.func @product(
// CHECK: ^bb0(%{{.*}}: i32, %[[RES:.*]]: i8):
// CHECK: %[[A:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK: %[[B:.*]] = arith.extsi %[[RES]] : i8 to i32
// CHECK-NEXT: %[[PRODUCT:.*]] = arith.muli %[[A]], %[[B]] : i32
// CHECK-NEXT: %[[START:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[SCALE:.*]] = arith.constant
// CHECK-NEXT: %[[OFFSET:.*]] = arith.constant
// CHECK-NEXT: %[[SUM:.*]] = arith.addi %[[PRODUCT]], %[[START]] : i32
// CHECK-NEXT: %[[REAL:.*]] = arith.sitofp %[[SUM]] : i32 to f32
// CHECK-NEXT: %[[FMA:.*]] = math.fma %[[REAL]], %[[SCALE]], %[[OFFSET]] : f32
// CHECK-NEXT: arith.fptosi %[[FMA]] : f32 to i32
// CHECK-NOT: i64
// CHECK: return
func.func @product(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %n2 = arith.constant 38 : i8
  %y = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %res: i8):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    %0 = arith.extui %q : i8 to i32
    %1 = arith.extsi %res : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = qdot.requantize %2, %m, %n2 zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %3 : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// One byte, and the f32 contract. The sum of a byte with itself counts twice.
// CHECK-LABEL: func.func @one_byte(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>, %[[ARG3:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant 0.699999988 : f32
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[ARG2]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%[[ARG3]] : tensor<2x3xi8>) attributes {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i8):
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT: %[[V1:.*]] = arith.extsi %[[ARG5]] : i8 to i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant 1.400000e+00 : f32
// CHECK-NEXT: %[[V3:.*]] = math.fma %[[V2]], %[[CST_1]], %[[CST_0]] : f32
// CHECK-NEXT: %[[V4:.*]] = qdot.round %[[V3]] clamp(-100, 100) : i8
// CHECK-NEXT: qdot.yield %[[V4]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @one_byte(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %f = arith.constant 0.7 : f32
  %y = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %res: i8):
    %0 = arith.extsi %res : i8 to i32
    %1 = arith.addi %0, %0 : i32
    %2 = qdot.requantize %1, %f zero_point(1) clamp(-100, 100) contract f32 : i32, f32 -> i8
    qdot.yield %2 : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// A signed result is computed 128 higher and its top bit flipped.
// CHECK-LABEL: func.func @signed(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi8>) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[C1431655765_I32:.*]] = arith.constant 1431655765 : i32
// CHECK-NEXT: %[[C36_I8:.*]] = arith.constant 36 : i8
// CHECK-NEXT: %[[V0:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[ARG2]] : tensor<2x3xi8>) attributes {accumulator = #qdot.accumulator<-20000 to 20000>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG3:.*]]: i32):
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[CST:.*]] = arith.constant 0.0208299942 : f32
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant 1.255000e+02 : f32
// CHECK-NEXT: %[[V1:.*]] = arith.addi %[[ARG3]], %[[C0_I32]] : i32
// CHECK-NEXT: %[[V2:.*]] = arith.sitofp %[[V1]] : i32 to f32
// CHECK-NEXT: %[[V3:.*]] = math.fma %[[V2]], %[[CST]], %[[CST_0]] : f32
// CHECK-NEXT: %[[V4:.*]] = arith.fptosi %[[V3]] : f32 to i32
// CHECK-NEXT: %[[C28_I32:.*]] = arith.constant 28 : i32
// CHECK-NEXT: %[[V5:.*]] = arith.maxsi %[[V4]], %[[C28_I32]] : i32
// CHECK-NEXT: %[[C255_I32:.*]] = arith.constant 255 : i32
// CHECK-NEXT: %[[V6:.*]] = arith.minsi %[[V5]], %[[C255_I32]] : i32
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[V6]] : i32 to i8
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V8:.*]] = arith.xori %[[V7]], %[[CM128_I8]] : i8
// CHECK-NEXT: qdot.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xi8>
func.func @signed(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(-3) clamp(-100, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// Steps of 10000 accumulators need a slope of more than 24 bits, and sums that
// all have the same last place.
// CHECK-LABEL: func.func @two_slopes(
// CHECK: %[[REAL:.*]] = arith.sitofp
// CHECK: %[[INNER:.*]] = math.fma %[[REAL]], %{{.*}}, %{{.*}} : f32
// CHECK: %[[SUM:.*]] = math.fma %[[REAL]], %{{.*}}, %[[INNER]] : f32
// CHECK: %[[INTEGER:.*]] = arith.fptosi %[[SUM]] : f32 to i32
// CHECK: %[[BASE:.*]] = arith.constant 256 : i32
// CHECK: arith.subi %[[INTEGER]], %[[BASE]] : i32
func.func @two_slopes(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1759218604 : i32
  %n = arith.constant 44 : i8
  %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-2600000 to 2600000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(-3) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// tosa_double moves its thresholds away from zero on both sides of it.
// CHECK-LABEL: func.func @double_rounding
// CHECK: qdot.requantize
// CHECK: return
func.func @double_rounding(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1400000003 : i32
  %n = arith.constant 36 : i8
  // expected-remark @below {{Reason=not-proved}}
  %0 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(3) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Where no f32 constants are found, tosa_single still needs no 64-bit rounding:
// `hi32(a m + C) >> (s - 32)`, C = 2^(s - 1) + (zero_point << s). Here without a
// proved interval: C = 2^35 + 5 * 2^36 = 377957122048.
// CHECK-LABEL: func.func @high_half(
// CHECK: ^bb0(%[[ACC:.*]]: i32):
// CHECK-NEXT: %[[M:.*]] = arith.constant 1431655765 : i32
// CHECK-NEXT: %[[C:.*]] = arith.constant 377957122048 : i64
// CHECK-NEXT: %[[S:.*]] = arith.constant 4 : i32
// CHECK-NEXT: %[[WIDE:.*]] = arith.extsi %[[ACC]] : i32 to i64
// CHECK-NEXT: %[[FACTOR:.*]] = arith.extsi %[[M]] : i32 to i64
// CHECK-NEXT: %[[PRODUCT:.*]] = arith.muli %[[WIDE]], %[[FACTOR]] : i64
// CHECK-NEXT: %[[SUM:.*]] = arith.addi %[[PRODUCT]], %[[C]] : i64
// CHECK-NEXT: %[[C32:.*]] = arith.constant 32 : i64
// CHECK-NEXT: %[[UPPER:.*]] = arith.shrui %[[SUM]], %[[C32]] : i64
// CHECK-NEXT: %[[HIGH:.*]] = arith.trunci %[[UPPER]] : i64 to i32
// CHECK-NEXT: %[[SHIFTED:.*]] = arith.shrsi %[[HIGH]], %[[S]] : i32
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[MAX:.*]] = arith.maxsi %[[SHIFTED]], %[[C0]] : i32
// CHECK-NEXT: %[[C200:.*]] = arith.constant 200 : i32
// CHECK-NEXT: %[[MIN:.*]] = arith.minsi %[[MAX]], %[[C200]] : i32
// CHECK-NEXT: %[[BYTE:.*]] = arith.trunci %[[MIN]] : i32 to i8
// CHECK-NEXT: qdot.yield %[[BYTE]] : i8
func.func @high_half(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  // expected-remark @below {{Op=qdot.contract, Reason=not-proved, Remark="requantization keeps its 64-bit product: no f32 constants give the same bytes"}}
  %0 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(5) clamp(0, 200) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// The same per channel, with a signed result, which is 128 higher until its top
// bit is flipped: (128 - 3) * 2^s + 2^(s - 1). A multiplier of 0 takes s = 32.
// Shifts from 32 to 54.
// CHECK-LABEL: func.func @high_half_channels(
// CHECK: arith.constant dense<[32, 54, 7]> : tensor<3xi8>
// CHECK-NEXT: %[[M:.*]] = arith.constant dense<[1400000003, 2147483647, 0]> : tensor<3xi32>
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<[539018395648, 2260807012939988992, 539018395648]> : tensor<3xi64>
// CHECK-NEXT: %[[S:.*]] = arith.constant dense<[0, 22, 0]> : tensor<3xi32>
// CHECK: qdot.contract ins(%{{.*}}, %{{.*}}, %[[M]], %[[C]], %[[S]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<3xi64>, tensor<3xi32>)
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[IM:.*]]: i32, %[[IC:.*]]: i64, %[[IS:.*]]: i32):
// CHECK: arith.extsi %[[IM]] : i32 to i64
// CHECK: arith.addi %{{.*}}, %[[IC]] : i64
// CHECK: arith.shrsi %{{.*}}, %[[IS]] : i32
// CHECK: %[[C28:.*]] = arith.constant 28 : i32
// CHECK: arith.maxsi %{{.*}}, %[[C28]] : i32
// CHECK: %[[BYTE:.*]] = arith.trunci %{{.*}} : i32 to i8
// CHECK: %[[TOP:.*]] = arith.constant -128 : i8
// CHECK: %[[FLIPPED:.*]] = arith.xori %[[BYTE]], %[[TOP]] : i8
// CHECK: qdot.yield %[[FLIPPED]] : i8
func.func @high_half_channels(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %mul = arith.constant dense<[1400000003, 2147483647, 0]> : tensor<3xi32>
  %shift = arith.constant dense<[32, 54, 7]> : tensor<3xi8>
  // expected-remark @below {{Op=qdot.contract, Reason=not-proved, Remark="requantization keeps its 64-bit product: no f32 constants give the same bytes"}}
  %0 = qdot.contract ins(%x, %w, %mul, %shift : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #n, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %m: i32, %n: i8):
    %q = qdot.requantize %acc, %m, %n zero_point(-3) clamp(-100, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// A start that is computed at run time stays; the proved interval includes it.
// CHECK-LABEL: func.func @start
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[B:.*]]: i32):
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[ACC]], %[[B]] : i32
// CHECK: %[[T:.*]] = arith.addi %[[S]], %{{.*}} : i32
// CHECK: arith.sitofp %[[T]] : i32 to f32
// CHECK-NEXT: math.fma
func.func @start(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>, %start: tensor<3xi32>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %0 = qdot.contract ins(%x, %w, %start : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-200000 to 200000>} {
  ^bb0(%acc: i32, %b: i32):
    %s = arith.addi %acc, %b : i32
    %q = qdot.requantize %s, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Each for the reason that rules f32 out: multipliers along the rows and a bias
// along the columns, a sum of three values, a range too wide for f32.
// CHECK-LABEL: func.func @high_half_reasons(
// CHECK-COUNT-3: arith.shrui
// CHECK-NOT: qdot.requantize
// CHECK-NOT: fma
// CHECK: return
func.func @high_half_reasons(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>, %db: tensor<3xi32>, %r: tensor<2x3xi32>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %cb = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %cm = arith.constant dense<[1431655765, 1431655766]> : tensor<2xi32>
  // expected-remark @below {{keeps its 64-bit product}}
  %1 = qdot.contract ins(%x, %w, %cb, %cm : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<2xi32>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #m, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32, %mul: i32):
    %s = arith.addi %acc, %b : i32
    %q = qdot.requantize %s, %mul, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  // expected-remark @below {{keeps its 64-bit product}}
  %2 = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi32>) outs(%1 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32):
    %s = arith.addi %acc, %m : i32
    %t = arith.addi %s, %b : i32
    %q = qdot.requantize %t, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %wide = arith.constant 54 : i8
  // expected-remark @below {{keeps its 64-bit product}}
  %3 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%2 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-2147483648 to 2147483647>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %wide zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %3 : tensor<2x3xi8>
}

// What stays, each for its reason. Without f32 constants and not tosa_single:
// no proved interval, multipliers along the rows and a bias along the columns,
// a sum of three values, a range too wide for f32.
// Also an f32 product beyond i32 / 2, multipliers that are no constants, shifts
// of 31 and of 55, a multiplier below 0, multipliers and shifts along different
// dimensions, a multiplier that is no number.
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-10: qdot.requantize
// CHECK-NOT: fma
// CHECK-NOT: shrui
// CHECK-NOT: roundeven
// CHECK: return
func.func @declined(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>, %dm: i32, %df: f32, %db: tensor<3xi32>, %r: tensor<2x3xi32>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  // expected-remark @below {{Op=qdot.contract, Reason=not-proved, Remark="requantization stays in 64-bit integers: no f32 constants give the same bytes"}}
  %0 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %cb = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %cm = arith.constant dense<[1431655765, 1431655766]> : tensor<2xi32>
  // expected-remark @below {{stays in 64-bit integers}}
  %2 = qdot.contract ins(%x, %w, %cb, %cm : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<2xi32>) outs(%0 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #m, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32, %mul: i32):
    %s = arith.addi %acc, %b : i32
    %q = qdot.requantize %s, %mul, %n zero_point(0) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  // expected-remark @below {{stays in 64-bit integers}}
  %3 = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi32>) outs(%2 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %b: i32):
    %s = arith.addi %acc, %m : i32
    %t = arith.addi %s, %b : i32
    %q = qdot.requantize %t, %m, %n zero_point(0) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %wide = arith.constant 54 : i8
  // expected-remark @below {{stays in 64-bit integers}}
  %4 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%3 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-2147483648 to 2147483647>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %wide zero_point(0) clamp(0, 255) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %big = arith.constant 0.5 : f32
  // expected-remark @below {{stays in 64-bit integers}}
  %5 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%4 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-2147483648 to 2147483647>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %big zero_point(0) clamp(-128, 127) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  // expected-remark @below {{stays in 64-bit integers}}
  %6 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%5 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %dm, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  // expected-remark @below {{stays in 64-bit integers}}
  %7 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%6 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %df zero_point(0) clamp(-128, 127) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %low = arith.constant 31 : i8
  // expected-remark @below {{stays in 64-bit integers}}
  %8 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%7 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %low zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %high = arith.constant 55 : i8
  // expected-remark @below {{stays in 64-bit integers}}
  %9 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%8 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %high zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  %cs = arith.constant dense<[36, 37, 38]> : tensor<3xi8>
  // expected-remark @below {{stays in 64-bit integers}}
  %11 = qdot.contract ins(%x, %w, %cm, %cs : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2xi32>, tensor<3xi8>) outs(%9 : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #m, #n, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32, %mul: i32, %shift: i8):
    %q = qdot.requantize %acc, %mul, %shift zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %11 : tensor<2x3xi8>
}

// The f32 contract, signed: computed 128 higher, 128 - 5, then flipped. The
// clamp moves with it.
// CHECK-LABEL: func.func @real_signed(
// CHECK: ^bb0(%[[ACC:.*]]: i32):
// CHECK-NEXT: %[[REAL:.*]] = arith.sitofp %[[ACC]] : i32 to f32
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[REAL]], %{{.*}} : f32
// CHECK-NEXT: %[[ROUND:.*]] = math.roundeven %[[SCALED]] : f32
// CHECK-NEXT: %[[INT:.*]] = arith.fptosi %[[ROUND]] : f32 to i32
// CHECK-NEXT: %[[C123:.*]] = arith.constant 123 : i32
// CHECK-NEXT: %[[SUM:.*]] = arith.addi %[[INT]], %[[C123]] : i32
// CHECK-NEXT: %[[C1:.*]] = arith.constant 1 : i32
// CHECK-NEXT: %[[MAX:.*]] = arith.maxsi %[[SUM]], %[[C1]] : i32
// CHECK-NEXT: %[[C228:.*]] = arith.constant 228 : i32
// CHECK-NEXT: %[[MIN:.*]] = arith.minsi %[[MAX]], %[[C228]] : i32
// CHECK-NEXT: %[[BYTE:.*]] = arith.trunci %[[MIN]] : i32 to i8
// CHECK-NEXT: %[[TOP:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[FLIPPED:.*]] = arith.xori %[[BYTE]], %[[TOP]] : i8
// CHECK-NEXT: qdot.yield %[[FLIPPED]] : i8
func.func @real_signed(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %f = arith.constant 0.00783 : f32
  %0 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %f zero_point(-5) clamp(-127, 100) contract f32 : i32, f32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}

// Neither rewritten nor worth a remark: a result of 16 bits, and memrefs.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-2: qdot.requantize
// CHECK: return
func.func @others(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi16>, %xm: memref<2x4xi8>, %wm: memref<4x3xi8>, %y: memref<2x3xi8>) -> tensor<2x3xi16> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %0 = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi16>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i16
    qdot.yield %q : i16
  } -> tensor<2x3xi16>
  qdot.contract ins(%xm, %wm : memref<2x4xi8>, memref<4x3xi8>) outs(%y : memref<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  }
  return %0 : tensor<2x3xi16>
}
