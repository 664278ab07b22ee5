// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-fuse-epilogues --mlir-print-local-scope | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#t = affine_map<(m, n) -> (n, m)>
#ch = affine_map<(m, n) -> (n)>
#one = affine_map<(m, n) -> ()>

// The example of Passes.td. Nothing of the i32 tensor is left.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: i32, %[[ARG3:.*]]: i8) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<2x3xi8>
// CHECK-NEXT: %[[V1:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[V0]] : tensor<2x3xi8>) attributes {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, qdot.lhs_range = array<i64: 0, 255>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32):
// CHECK-NEXT: %[[V2:.*]] = qdot.requantize %[[ARG4]], %[[ARG2]], %[[ARG3]] zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK-NEXT: qdot.yield %[[V2]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V1]] : tensor<2x3xi8>
func.func @example(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %m: i32, %s: i8) -> tensor<2x3xi8> {
  %c0 = arith.constant 0 : i32
  %t = tensor.empty() : tensor<2x3xi32>
  %zero = linalg.fill ins(%c0 : i32) outs(%t : tensor<2x3xi32>) -> tensor<2x3xi32>
  %acc = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%in: i8, %weight: i8, %out: i32):
    %0 = arith.extui %in : i8 to i32
    %1 = arith.extsi %weight : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  %e = tensor.empty() : tensor<2x3xi8>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%acc : tensor<2x3xi32>) outs(%e : tensor<2x3xi8>) {
  ^bb0(%a: i32, %o: i8):
    %q = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// Bias per channel, multipliers per channel, a dynamic batch; the attributes of
// the accumulation and of the result stay.
// CHECK-LABEL: func.func @channels(
// CHECK-SAME: %[[ARG0:.*]]: tensor<?x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<3xi32>, %[[ARG3:.*]]: tensor<3xi8>) -> tensor<?x3xi8> {
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM:.*]] = tensor.dim %[[ARG0]], %[[C0]] : tensor<?x4xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
// CHECK-NEXT: %[[V0:.*]] = tensor.empty(%[[DIM]]) : tensor<?x3xi8>
// CHECK-NEXT: %[[V1:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[CST]], %[[ARG2]], %[[ARG3]] : tensor<?x4xi8>, tensor<4x3xi8>, tensor<3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%[[V0]] : tensor<?x3xi8>) attributes {accumulator = #qdot.accumulator<-100 to 200>, indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: -9223372036854775808, 3, 4>, qdot.lhs_range = array<i64: 0, 255>, qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i32, %[[ARG6:.*]]: i32, %[[ARG7:.*]]: i8):
// CHECK-NEXT: %[[V2:.*]] = arith.addi %[[ARG4]], %[[ARG5]] : i32
// CHECK-NEXT: %[[V3:.*]] = qdot.requantize %[[V2]], %[[ARG6]], %[[ARG7]] zero_point(3) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
// CHECK-NEXT: qdot.yield %[[V3]] : i8
// CHECK-NEXT: } -> tensor<?x3xi8>
// CHECK-NEXT: return %[[V1]] : tensor<?x3xi8>
func.func @channels(%x: tensor<?x4xi8>, %w: tensor<4x3xi8>, %m: tensor<3xi32>, %s: tensor<3xi8>) -> tensor<?x3xi8> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xi8>
  %bias = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %t = tensor.empty(%n) : tensor<?x3xi32>
  %b = linalg.broadcast ins(%bias : tensor<3xi32>) outs(%t : tensor<?x3xi32>) dimensions = [0]
  %acc = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<?x4xi8>, tensor<4x3xi8>) outs(%b : tensor<?x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-100 to 200>} {
  ^bb0(%in: i8, %weight: i8, %out: i32):
    %0 = arith.extui %in : i8 to i32
    %1 = arith.extsi %weight : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<?x3xi32>
  %e = tensor.empty(%n) : tensor<?x3xi8>
  %y = linalg.generic {indexing_maps = [#id, #ch, #ch, #id], iterator_types = ["parallel", "parallel"]} ins(%acc, %m, %s : tensor<?x3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%e : tensor<?x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5:3>>} {
  ^bb0(%a: i32, %mul: i32, %shift: i8, %o: i8):
    %q = qdot.requantize %a, %mul, %shift zero_point(3) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
    linalg.yield %q : i8
  } -> tensor<?x3xi8>
  return %y : tensor<?x3xi8>
}

// A chain: requantization, residual addition, table, with a transposed reader:
// the out map of the contraction and that of the residual follow it.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<3x2xi8>, %[[ARG3:.*]]: f32, %[[ARG4:.*]]: tensor<256xi8>) -> tensor<3x2xi8> {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<3x2xi8>
// CHECK-NEXT: %[[V1:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[ARG2]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<3x2xi8>) outs(%[[V0]] : tensor<3x2xi8>) attributes {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d1, d0)>, affine_map<(d0, d1, d2) -> (d1, d0)>], lhs_sign = #qdot<sign signed>, loop_sizes = array<i64: 2, 3, 4>, qdot.lhs_range = array<i64: -128, 127>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG5:.*]]: i32, %[[ARG6:.*]]: i8):
// CHECK-NEXT: %[[C5_I32:.*]] = arith.constant 5 : i32
// CHECK-NEXT: %[[V2:.*]] = arith.addi %[[ARG5]], %[[C5_I32]] : i32
// CHECK-NEXT: %[[V3:.*]] = qdot.requantize %[[V2]], %[[ARG3]] zero_point(3) clamp(-128, 127) contract f32 : i32, f32 -> i8
// CHECK-NEXT: %[[V4:.*]] = arith.extsi %[[V3]] : i8 to i32
// CHECK-NEXT: %[[V5:.*]] = arith.extsi %[[ARG6]] : i8 to i32
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[V4]], %[[V5]] : i32
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[V6]] : i32 to i8
// CHECK-NEXT: %[[V8:.*]] = qdot.lookup %[[V7]] in %[[ARG4]] : tensor<256xi8>
// CHECK-NEXT: qdot.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<3x2xi8>
// CHECK-NEXT: return %[[V1]] : tensor<3x2xi8>
func.func @chain(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %r: tensor<3x2xi8>, %f: f32, %table: tensor<256xi8>) -> tensor<3x2xi8> {
  %five = arith.constant 5 : i32
  %t = tensor.empty() : tensor<2x3xi32>
  %b = linalg.fill ins(%five : i32) outs(%t : tensor<2x3xi32>) -> tensor<2x3xi32>
  %acc = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%b : tensor<2x3xi32>) {
  ^bb0(%in: i8, %weight: i8, %out: i32):
    %0 = arith.extsi %weight : i8 to i32
    %1 = arith.extsi %in : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %2, %out : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  %e = tensor.empty() : tensor<3x2xi8>
  %y = linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel"]} ins(%acc : tensor<2x3xi32>) outs(%e : tensor<3x2xi8>) {
  ^bb0(%a: i32, %o: i8):
    %q = qdot.requantize %a, %f zero_point(3) clamp(-128, 127) contract f32 : i32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<3x2xi8>
  %e2 = tensor.empty() : tensor<3x2xi32>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %r : tensor<3x2xi8>, tensor<3x2xi8>) outs(%e2 : tensor<3x2xi32>) {
  ^bb0(%a: i8, %res: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %res : i8 to i32
    %2 = arith.addi %0, %1 : i32
    linalg.yield %2 : i32
  } -> tensor<3x2xi32>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%sum : tensor<3x2xi32>) outs(%e : tensor<3x2xi8>) {
  ^bb0(%a: i32, %o: i8):
    %0 = arith.trunci %a : i32 to i8
    %1 = qdot.lookup %0 in %table : tensor<256xi8>
    linalg.yield %1 : i8
  } -> tensor<3x2xi8>
  return %z : tensor<3x2xi8>
}

// A start that is another tensor joins the body; a scalar operand is captured;
// equal operands are read once.
// CHECK-LABEL: func.func @start(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<4x3xi8>, %[[ARG2:.*]]: tensor<2x3xi32>, %[[ARG3:.*]]: i32, %[[ARG4:.*]]: i8) -> tensor<2x3xi8> {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<2x3xi8>
// CHECK-NEXT: %[[V1:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG1]], %[[ARG2]] : tensor<2x4xi8>, tensor<4x3xi8>, tensor<2x3xi32>) outs(%[[V0]] : tensor<2x3xi8>) attributes {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 2, 3, 4>, qdot.lhs_range = array<i64: 0, 255>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG5:.*]]: i32, %[[ARG6:.*]]: i32):
// CHECK-NEXT: %[[V2:.*]] = arith.addi %[[ARG5]], %[[ARG6]] : i32
// CHECK-NEXT: %[[V3:.*]] = arith.addi %[[V2]], %[[ARG6]] : i32
// CHECK-NEXT: %[[V4:.*]] = qdot.requantize %[[V3]], %[[ARG3]], %[[ARG4]] zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK-NEXT: qdot.yield %[[V4]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK-NEXT: return %[[V1]] : tensor<2x3xi8>
func.func @start(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %start: tensor<2x3xi32>, %m: i32, %s: i8) -> tensor<2x3xi8> {
  %acc = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%start : tensor<2x3xi32>) {
  ^bb0(%in: i8, %weight: i8, %out: i32):
    %0 = arith.extui %in : i8 to i32
    %1 = arith.extsi %weight : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  %e = tensor.empty() : tensor<2x3xi8>
  %y = linalg.generic {indexing_maps = [#id, #id, #one, #one, #id], iterator_types = ["parallel", "parallel"]} ins(%acc, %start, %m, %s : tensor<2x3xi32>, tensor<2x3xi32>, i32, i8) outs(%e : tensor<2x3xi8>) {
  ^bb0(%a: i32, %more: i32, %mul: i32, %shift: i8, %o: i8):
    %0 = arith.addi %a, %more : i32
    %q = qdot.requantize %0, %mul, %shift zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %q : i8
  } -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// Convolutions: strided, dilated and grouped; depthwise; the weights on the
// left as the only constant. Without a reader the body only adds the start.
// CHECK-LABEL: func.func @convolutions(
// CHECK-SAME: %[[ARG0:.*]]: tensor<1x9x9x6xi8>, %[[ARG1:.*]]: tensor<2x3x3x3x4xi8>, %[[ARG2:.*]]: tensor<3x3x6xi8>, %[[ARG3:.*]]: tensor<5xi8>) -> (tensor<1x4x4x2x4xi32>, tensor<1x7x7x6xi32>, tensor<4xi32>) {
// CHECK: %[[V1:.*]] = qdot.contract ins(%{{.*}}, %[[ARG1]], %{{.*}} : tensor<1x9x9x2x3xi8>, tensor<2x3x3x3x4xi8>, tensor<1x4x4x2x4xi32>) outs(%{{.*}} : tensor<1x4x4x2x4xi32>) attributes {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 2 + d5, d2 * 2 + d6, d3, d7)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d3, d5, d6, d7, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 1, 4, 4, 2, 4, 3, 3, 3>, qdot.lhs_range = array<i64: 0, 255>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i32):
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[ARG4]], %[[ARG5]] : i32
// CHECK-NEXT: qdot.yield %[[V6]] : i32
// CHECK: %[[V3:.*]] = qdot.contract ins(%[[ARG0]], %[[ARG2]], %{{.*}} : tensor<1x9x9x6xi8>, tensor<3x3x6xi8>, tensor<1x7x7x6xi32>) outs(%{{.*}} : tensor<1x7x7x6xi32>) attributes {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 1, 7, 7, 6, 3, 3>, qdot.lhs_range = array<i64: 0, 255>, qdot.rhs_range = array<i64: -128, 127>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i32):
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[ARG4]], %[[ARG5]] : i32
// CHECK-NEXT: qdot.yield %[[V6]] : i32
// CHECK: %[[V5:.*]] = qdot.contract ins(%[[ARG3]], %{{.*}}, %{{.*}} : tensor<5xi8>, tensor<1x5xi8>, tensor<4xi32>) outs(%{{.*}} : tensor<4xi32>) attributes {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>], lhs_sign = #qdot<sign unsigned>, loop_sizes = array<i64: 4, 5>, qdot.lhs_range = array<i64: 0, 255>, rhs_sign = #qdot<sign signed>} {
// CHECK-NEXT: ^bb0(%[[ARG4:.*]]: i32, %[[ARG5:.*]]: i32):
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[ARG4]], %[[ARG5]] : i32
// CHECK-NEXT: qdot.yield %[[V6]] : i32
func.func @convolutions(%x: tensor<1x9x9x6xi8>, %w: tensor<2x3x3x3x4xi8>, %d: tensor<3x3x6xi8>, %img: tensor<5xi8>) -> (tensor<1x4x4x2x4xi32>, tensor<1x7x7x6xi32>, tensor<4xi32>) {
  %z = arith.constant dense<0> : tensor<1x4x4x2x4xi32>
  %v = tensor.expand_shape %x [[0], [1], [2], [3, 4]] output_shape [1, 9, 9, 2, 3] : tensor<1x9x9x6xi8> into tensor<1x9x9x2x3xi8>
  %0 = linalg.generic {indexing_maps = [affine_map<(b, y, x, g, f, i, j, c) -> (b, y * 2 + i, x * 2 + j, g, c)>, affine_map<(b, y, x, g, f, i, j, c) -> (g, i, j, c, f)>, affine_map<(b, y, x, g, f, i, j, c) -> (b, y, x, g, f)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%v, %w : tensor<1x9x9x2x3xi8>, tensor<2x3x3x3x4xi8>) outs(%z : tensor<1x4x4x2x4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<1x4x4x2x4xi32>
  %zd = arith.constant dense<0> : tensor<1x7x7x6xi32>
  %1 = linalg.generic {indexing_maps = [affine_map<(b, y, x, c, i, j) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, c, i, j) -> (i, j, c)>, affine_map<(b, y, x, c, i, j) -> (b, y, x, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%x, %d : tensor<1x9x9x6xi8>, tensor<3x3x6xi8>) outs(%zd : tensor<1x7x7x6xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<1x7x7x6xi32>
  %c = arith.constant dense<[[1, 2, 3, 4, 5]]> : tensor<1x5xi8>
  %zl = arith.constant dense<0> : tensor<4xi32>
  %2 = linalg.generic {indexing_maps = [affine_map<(n, k) -> (0, k)>, affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (n)>],
      iterator_types = ["parallel", "reduction"]} ins(%c, %img : tensor<1x5xi8>, tensor<5xi8>) outs(%zl : tensor<4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extsi %a : i8 to i32
    %6 = arith.extui %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<4xi32>
  return %0, %1, %2 : tensor<1x4x4x2x4xi32>, tensor<1x7x7x6xi32>, tensor<4xi32>
}

// The proved interval is one of the accumulation and its start. Where an
// epilogue adds to the bare sum, nothing is proved of what the body adds up.
// CHECK-LABEL: func.func @added_later
// CHECK-NOT: accumulator =
// CHECK: arith.addi
// CHECK: return
func.func @added_later(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>) -> tensor<2x3xi32> {
  %z = arith.constant 0 : i32
  %c = arith.constant 5000000 : i32
  %e = tensor.empty() : tensor<2x3xi32>
  %f = linalg.fill ins(%z : i32) outs(%e : tensor<2x3xi32>) -> tensor<2x3xi32>
  %acc = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%f : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-100 to 200>} {
  ^bb0(%in: i8, %weight: i8, %out: i32):
    %0 = arith.extui %in : i8 to i32
    %1 = arith.extsi %weight : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%acc : tensor<2x3xi32>) outs(%e : tensor<2x3xi32>) {
  ^bb0(%a: i32, %o: i32):
    %0 = arith.addi %a, %c : i32
    linalg.yield %0 : i32
  } -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// Ops that do not end up in the body: a second reader of the sum, a reduction,
// a reader of its own old contents, one that asks for its position.
// CHECK-LABEL: func.func @not_fused
// CHECK: qdot.contract
// CHECK: linalg.generic
// CHECK: qdot.contract
// CHECK: linalg.generic
// CHECK: qdot.contract
// CHECK: linalg.generic
// CHECK: qdot.contract
// CHECK: linalg.generic
// CHECK: linalg.index
func.func @not_fused(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %old: tensor<2x3xi32>) -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x3xi32>) {
  %z = arith.constant dense<0> : tensor<2x3xi32>
  %z2 = arith.constant dense<0> : tensor<2xi32>
  %e = tensor.empty() : tensor<2x3xi32>
  %0 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %r0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<2x3xi32>) outs(%e : tensor<2x3xi32>) {
  ^bb0(%a: i32, %o: i32):
    %5 = arith.subi %a, %a : i32
    linalg.yield %5 : i32
  } -> tensor<2x3xi32>
  %1 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extui %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %r1 = linalg.generic {indexing_maps = [#id, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]} ins(%1 : tensor<2x3xi32>) outs(%z2 : tensor<2xi32>) {
  ^bb0(%a: i32, %o: i32):
    %5 = arith.addi %a, %o : i32
    linalg.yield %5 : i32
  } -> tensor<2xi32>
  %2 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extsi %a : i8 to i32
    %6 = arith.extui %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %r2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%2 : tensor<2x3xi32>) outs(%old : tensor<2x3xi32>) {
  ^bb0(%a: i32, %o: i32):
    %5 = arith.addi %a, %o : i32
    linalg.yield %5 : i32
  } -> tensor<2x3xi32>
  %3 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extsi %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %r3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%3 : tensor<2x3xi32>) outs(%e : tensor<2x3xi32>) {
  ^bb0(%a: i32, %o: i32):
    %5 = linalg.index 0 : index
    %6 = arith.index_cast %5 : index to i32
    %7 = arith.addi %a, %6 : i32
    linalg.yield %7 : i32
  } -> tensor<2x3xi32>
  return %0, %r0, %r1, %r2, %r3 : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x3xi32>
}

// Contractions that stay as they are.
// CHECK-LABEL: func.func @declined
// CHECK-NOT: qdot.contract
func.func @declined(%x: tensor<2x8xi8>, %w: tensor<4x3xi8>, %u: tensor<?x?xi8>, %v: tensor<?x3xi8>, %z: tensor<?x3xi32>, %s: i8, %p: tensor<9x3xi8>) -> (tensor<2x3xi32>, tensor<?x3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x2xi32>, tensor<2xi32>) {
  %c = arith.constant dense<0> : tensor<2x3xi32>
  // expected-remark @below {{an index is not linear in the loops}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k floordiv 2)>, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x8xi8>, tensor<4x3xi8>) outs(%c : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  // expected-remark @below {{the reduction has a dynamic size}}
  %1 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%u, %v : tensor<?x?xi8>, tensor<?x3xi8>) outs(%z : tensor<?x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<?x3xi32>
  %c2 = arith.constant dense<0> : tensor<2xi32>
  // expected-remark @below {{Reason=no-kernel, Remark="an operand is a scalar"}}
  %2 = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> ()>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]} ins(%x, %s : tensor<2x8xi8>, i8) outs(%c2 : tensor<2xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2xi32>
  // A window that is not linear: it starts at the second row.
  // expected-remark @below {{an index is not linear in the loops}}
  %3 = linalg.generic {indexing_maps = [#mk, affine_map<(m, n, k) -> (k + 1, n)>, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %p : tensor<2x8xi8>, tensor<9x3xi8>) outs(%c : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  // Only the diagonal of the result is written.
  %c22 = arith.constant dense<0> : tensor<2x2xi32>
  %w2 = tensor.extract_slice %p[0, 0] [8, 2] [1, 1] : tensor<9x3xi8> to tensor<8x2xi8>
  // expected-remark @below {{the result is not indexed by distinct loops}}
  %4 = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (k, m)>, affine_map<(m, k) -> (m, m)>], iterator_types = ["parallel", "reduction"]} ins(%x, %w2 : tensor<2x8xi8>, tensor<8x2xi8>) outs(%c22 : tensor<2x2xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x2xi32>
  // expected-remark @below {{a parallel loop does not index the result}}
  %5 = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (k, m)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "parallel"]} ins(%x, %w2 : tensor<2x8xi8>, tensor<8x2xi8>) outs(%c2 : tensor<2xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %6 = arith.extui %a : i8 to i32
    %7 = arith.extsi %b : i8 to i32
    %8 = arith.muli %6, %7 : i32
    %9 = arith.addi %o, %8 : i32
    linalg.yield %9 : i32
  } -> tensor<2xi32>
  return %0, %1, %2, %3, %4, %5 : tensor<2x3xi32>, tensor<?x3xi32>, tensor<2xi32>, tensor<2x3xi32>, tensor<2x2xi32>, tensor<2xi32>
}

// No contraction of bytes.
// CHECK-LABEL: func.func @others
// CHECK-NOT: qdot.contract
// CHECK-COUNT-2: linalg.generic
func.func @others(%x: tensor<2x4xi16>, %w: tensor<4x3xi16>, %a: tensor<2x4xi8>) -> (tensor<2x3xi32>, tensor<2x4xi32>) {
  %c = arith.constant dense<0> : tensor<2x3xi32>
  %0 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x4xi16>, tensor<4x3xi16>) outs(%c : tensor<2x3xi32>) {
  ^bb0(%p: i16, %b: i16, %o: i32):
    %5 = arith.extui %p : i16 to i32
    %6 = arith.extsi %b : i16 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %e = tensor.empty() : tensor<2x4xi32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %a : tensor<2x4xi8>, tensor<2x4xi8>) outs(%e : tensor<2x4xi32>) {
  ^bb0(%p: i8, %b: i8, %o: i32):
    %5 = arith.extui %p : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    linalg.yield %7 : i32
  } -> tensor<2x4xi32>
  return %0, %1 : tensor<2x3xi32>, tensor<2x4xi32>
}
