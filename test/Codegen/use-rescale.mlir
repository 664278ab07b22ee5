// RUN: qdot-opt %s --qdot-use-rescale --mlir-print-local-scope | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of KernelPasses.td: one multiplier and one shift for all.
// CHECK-LABEL: func.func @example(
// CHECK: ^bb0(%[[ACC:.*]]: i32):
// CHECK: %[[S:.*]] = arith.addi %[[ACC]], %{{.*}} : i32
// CHECK: %[[E:.*]] = arith.constant -5 : i32
// CHECK: %[[R:.*]] = qdot.rescale %[[S]], %{{.*}}, %[[E]] contract tosa_single : i32
// CHECK: %[[C3:.*]] = arith.constant 3 : i32
// CHECK: %[[Z:.*]] = arith.addi %[[R]], %[[C3]] : i32
// CHECK: %[[C0:.*]] = arith.constant 0 : i32
// CHECK: %[[LOW:.*]] = arith.maxsi %[[Z]], %[[C0]] : i32
// CHECK: %[[C255:.*]] = arith.constant 255 : i32
// CHECK: %[[HIGH:.*]] = arith.minsi %[[LOW]], %[[C255]] : i32
// CHECK: %[[Q:.*]] = arith.trunci %[[HIGH]] : i32 to i8
// CHECK: qdot.yield %[[Q]] : i8
func.func @example(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 36 : i8
  %bias = arith.constant 100 : i32
  %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<-20000 to 20000>} {
  ^bb0(%acc: i32):
    %s = arith.addi %acc, %bias : i32
    %q = qdot.requantize %s, %m, %n zero_point(3) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// Per channel; the shifts become exponents, the multipliers stay. Signed: 128
// higher, here together with the zero point 0, and flipped.
// CHECK-LABEL: func.func @channels(
// CHECK: %[[M:.*]] = arith.constant dense<[1400000003, 1234567891, 0]> : tensor<3xi32>
// CHECK: %[[E:.*]] = arith.constant dense<[-1, -7, -31]> : tensor<3xi32>
// CHECK: qdot.contract ins(%{{.*}}, %{{.*}}, %[[M]], %[[E]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<3xi32>)
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[MULTIPLIER:.*]]: i32, %[[EXPONENT:.*]]: i32):
// CHECK: %[[R:.*]] = qdot.rescale %[[ACC]], %[[MULTIPLIER]], %[[EXPONENT]] contract tosa_double : i32
// CHECK: %[[C128:.*]] = arith.constant 128 : i32
// CHECK: arith.addi %[[R]], %[[C128]] : i32
// CHECK: %[[FLIP:.*]] = arith.constant -128 : i8
// CHECK: arith.xori %{{.*}}, %[[FLIP]] : i8
func.func @channels(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant dense<[1400000003, 1234567891, 0]> : tensor<3xi32>
  %s = arith.constant dense<[32, 38, 62]> : tensor<3xi8>
  %y = qdot.contract ins(%x, %w, %m, %s : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #n, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %mn: i32, %sn: i8):
    %q = qdot.requantize %acc, %mn, %sn zero_point(0) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
    qdot.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// A shift below 32, and a sum of two bytes, stay.
// CHECK-LABEL: func.func @stays(
// CHECK-NOT: qdot.rescale
// CHECK: qdot.requantize
// CHECK: qdot.requantize
// CHECK-NOT: qdot.rescale
// CHECK: return
func.func @stays(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %m = arith.constant 1431655765 : i32
  %n = arith.constant 31 : i8
  %n2 = arith.constant 40 : i8
  %y = qdot.contract ins(%x, %w, %r : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi8>) outs(%e : tensor<2x3xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 2, 3, 4>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %byte: i8):
    %q = qdot.requantize %acc, %m, %n zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    %a = arith.extsi %q : i8 to i32
    %b = arith.extsi %byte : i8 to i32
    %sum = arith.addi %a, %b : i32
    %t = qdot.requantize %sum, %m, %n2 zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    qdot.yield %t : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}
