// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!z = !quant.uniform<i8:f32, 0.25:-7>

// Max pooling on codes: starts at the lowest code, no multiplication.
// CHECK-LABEL: func.func @max_pool(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x4x4x1x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x4x4x1xi8>
// CHECK: %{{.*}} = arith.constant -128 : i8
// CHECK: %[[F2:.*]] = linalg.fill ins(%{{.*}} : i8) outs(%{{.*}} : tensor<1x2x2x1xi8>) -> tensor<1x2x2x1xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %{{.*}} : tensor<1x4x4x1xi8>, tensor<2x2xi8>) outs(%[[F2]] : tensor<1x2x2x1xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8, %[[V6:[a-z0-9_]+]]: i8):
// CHECK: %[[MAXS7:.*]] = arith.maxsi %[[V4]], %[[V6]] : i8
// CHECK: linalg.yield %[[MAXS7]] : i8
// CHECK: quant.scast %[[G3]] : tensor<1x2x2x1xi8> to tensor<1x2x2x1x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @max_pool(%aq: tensor<1x4x4x1x!x>) -> tensor<1x2x2x1x!x> {
  %x = qdot.dequantize %aq : tensor<1x4x4x1x!x> -> tensor<1x4x4x1xf32>
  %z = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x2x2x1xf32>
  %w = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %y = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x4x4x1xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %yq = qdot.quantize %y : tensor<1x2x2x1xf32> -> tensor<1x2x2x1x!x>
  return %yq : tensor<1x2x2x1x!x>
}

// The lowest float is as good as -inf; NCHW.
// CHECK-LABEL: func.func @min_pool(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x1x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x1x2x2xi8>
// CHECK: %[[C2:.*]] = arith.constant 127 : i8
// CHECK: %[[F3:.*]] = linalg.fill ins(%[[C2]] : i8) outs(%{{.*}} : tensor<1x1x1x1xi8>) -> tensor<1x1x1x1xi8>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 + d4, d3 + d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %{{.*}} : tensor<1x1x2x2xi8>, tensor<2x2xi8>) outs(%[[F3]] : tensor<1x1x1x1xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i8, %[[V7:[a-z0-9_]+]]: i8):
// CHECK: %[[MINS8:.*]] = arith.minsi %[[V5]], %[[V7]] : i8
// CHECK: linalg.yield %[[MINS8]] : i8
// CHECK: quant.scast %[[G4]] : tensor<1x1x1x1xi8> to tensor<1x1x1x1x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @min_pool(%aq: tensor<1x1x2x2x!x>) -> tensor<1x1x1x1x!x> {
  %x = qdot.dequantize %aq : tensor<1x1x2x2x!x> -> tensor<1x1x2x2xf32>
  %z = arith.constant 3.40282347E+38 : f32
  %w = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x1x1x1xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e, f) -> (a, b, c + e, d + f)>, affine_map<(a, b, c, d, e, f) -> (e, f)>, affine_map<(a, b, c, d, e, f) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<1x1x2x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x1x1x1xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.minimumf %o, %p : f32
    linalg.yield %0 : f32
  } -> tensor<1x1x1x1xf32>
  %yq = qdot.quantize %y : tensor<1x1x1x1xf32> -> tensor<1x1x1x1x!x>
  return %yq : tensor<1x1x1x1x!x>
}

// Padding with 0 is padding with the zero point, with 10 its code 23, and the
// lowest float in front of a maximum the lowest code. Sizes may be dynamic.
// CHECK-LABEL: func.func @pad(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2xi8>
// CHECK: %[[C2:.*]] = arith.constant 3 : i8
// CHECK: %[[PAD3:.*]] = tensor.pad %[[S1]] low[0, 1] high[0, 1]
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index):
// CHECK: tensor.yield %[[C2]] : i8
// CHECK: quant.scast %[[PAD3]] : tensor<?x4xi8> to tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[S7:.*]] = quant.scast %[[ARG0]] : tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2xi8>
// CHECK: %[[C8:.*]] = arith.constant 23 : i8
// CHECK: %[[PAD9:.*]] = tensor.pad %[[S7]] low[0, 1] high[0, 1]
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index):
// CHECK: tensor.yield %[[C8]] : i8
// CHECK: quant.scast %[[PAD9]] : tensor<?x4xi8> to tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[S13:.*]] = quant.scast %[[ARG0]] : tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2xi8>
// CHECK: %{{.*}} = arith.constant -128 : i8
// CHECK: %[[PAD14:.*]] = tensor.pad %[[S13]] low[0, 1] high[0, 1]
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index):
// CHECK: tensor.yield %{{.*}} : i8
// CHECK: quant.scast %[[PAD14]] : tensor<?x4xi8> to tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @pad(%aq: tensor<?x2x!x>) -> (tensor<?x4x!x>, tensor<?x4x!x>, tensor<?x4x!x>) {
  %x = qdot.dequantize %aq : tensor<?x2x!x> -> tensor<?x2xf32>
  %zero = arith.constant 0.0 : f32
  %ten = arith.constant 10.0 : f32
  %lowest = arith.constant -3.40282347E+38 : f32
  %p0 = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<?x2xf32> to tensor<?x4xf32>
  %q0 = qdot.quantize %p0 : tensor<?x4xf32> -> tensor<?x4x!x>
  %p1 = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %ten : f32
  } : tensor<?x2xf32> to tensor<?x4xf32>
  %q1 = qdot.quantize %p1 : tensor<?x4xf32> -> tensor<?x4x!x>
  %p2 = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %lowest : f32
  } : tensor<?x2xf32> to tensor<?x4xf32>
  %q2 = qdot.quantize %p2 : tensor<?x4xf32> -> tensor<?x4x!x>
  return %q0, %q1, %q2 : tensor<?x4x!x>, tensor<?x4x!x>, tensor<?x4x!x>
}

// An operand on another scale is requantized first (0.25 / 0.5), a constant is
// quantized: 1, -1 and 100 are 5, 1 and 127.
// CHECK-LABEL: func.func @concat(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x3xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<1x3x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<1x3xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S2]] : tensor<1x3xi8>) outs(%{{.*}} : tensor<1x3xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[X6:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -7 : i32
// CHECK: %[[D7:.*]] = arith.subi %[[X6]], %{{.*}} : i32
// CHECK: linalg.yield %[[D7]] : i32
// CHECK: %[[C8:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C9:.*]] = arith.constant 31 : i8
// CHECK: %[[G10:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G3]] : tensor<1x3xi32>) outs(%{{.*}} : tensor<1x3xi8>)
// CHECK: ^bb0(%[[V11:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R13:.*]] = qdot.requantize %[[V11]], %[[C8]], %[[C9]] zero_point(3) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R13]] : i8
// CHECK: %[[C14:.*]] = arith.constant dense<{{\[\[}}5, 1, 127]]> : tensor<1x3xi8>
// CHECK: %[[CONC15:.*]] = tensor.concat dim(0) %[[S1]], %[[G10]], %[[C14]] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : (tensor<1x3xi8>, tensor<1x3xi8>, tensor<1x3xi8>) -> tensor<3x3xi8>
// CHECK: quant.scast %[[CONC15]] : tensor<3x3xi8> to tensor<3x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @concat(%aq: tensor<1x3x!x>, %bq: tensor<1x3x!z>) -> tensor<3x3x!x> {
  %a = qdot.dequantize %aq : tensor<1x3x!x> -> tensor<1x3xf32>
  %b = qdot.dequantize %bq : tensor<1x3x!z> -> tensor<1x3xf32>
  %c = arith.constant dense<[[1.0, -1.0, 100.0]]> : tensor<1x3xf32>
  %y = tensor.concat dim(0) %a, %b, %c : (tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  %yq = qdot.quantize %y : tensor<3x3xf32> -> tensor<3x3x!x>
  return %yq : tensor<3x3x!x>
}

// CHECK-LABEL: func.func @slices(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG2:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4x3xi8>
// CHECK: %[[EXTR2:.*]] = tensor.extract_slice %[[S1]][0, 0] [%[[ARG2]], 3] [1, 1] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : tensor<4x3xi8> to tensor<?x3xi8>
// CHECK: quant.scast %[[EXTR2]] : tensor<?x3xi8> to tensor<?x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[S4:.*]] = quant.scast %[[ARG1]] : tensor<1x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x3xi8>
// CHECK: %[[S5:.*]] = quant.scast %[[ARG0]] : tensor<4x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4x3xi8>
// CHECK: %[[INSE6:.*]] = tensor.insert_slice %[[S4]] into %[[S5]][%[[ARG2]], 0] [1, 3] [1, 1] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : tensor<1x3xi8> into tensor<4x3xi8>
// CHECK: quant.scast %[[INSE6]] : tensor<4x3xi8> to tensor<4x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @slices(%aq: tensor<4x3x!x>, %bq: tensor<1x3x!x>, %n: index) -> (tensor<?x3x!x>, tensor<4x3x!x>) {
  %a = qdot.dequantize %aq : tensor<4x3x!x> -> tensor<4x3xf32>
  %b = qdot.dequantize %bq : tensor<1x3x!x> -> tensor<1x3xf32>
  %s = tensor.extract_slice %a[0, 0] [%n, 3] [1, 1] : tensor<4x3xf32> to tensor<?x3xf32>
  %sq = qdot.quantize %s : tensor<?x3xf32> -> tensor<?x3x!x>
  %d = tensor.insert_slice %b into %a[%n, 0] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<4x3xf32>
  %dq = qdot.quantize %d : tensor<4x3xf32> -> tensor<4x3x!x>
  return %sq, %dq : tensor<?x3x!x>, tensor<4x3x!x>
}

// Insertion into a tensor full of one value: 2.0 is 7.
// CHECK-LABEL: func.func @insert_into_fill(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x3xi8>
// CHECK: %[[C2:.*]] = arith.constant 7 : i8
// CHECK: %[[F3:.*]] = linalg.fill ins(%[[C2]] : i8) outs(%{{.*}} : tensor<4x3xi8>) -> tensor<4x3xi8>
// CHECK: %[[INSE4:.*]] = tensor.insert_slice %[[S1]] into %[[F3]][2, 0] [1, 3] [1, 1] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : tensor<1x3xi8> into tensor<4x3xi8>
// CHECK: quant.scast %[[INSE4]] : tensor<4x3xi8> to tensor<4x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @insert_into_fill(%bq: tensor<1x3x!x>) -> tensor<4x3x!x> {
  %b = qdot.dequantize %bq : tensor<1x3x!x> -> tensor<1x3xf32>
  %two = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4x3xf32>
  %f = linalg.fill ins(%two : f32) outs(%e : tensor<4x3xf32>) -> tensor<4x3xf32>
  %d = tensor.insert_slice %b into %f[2, 0] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<4x3xf32>
  %dq = qdot.quantize %d : tensor<4x3xf32> -> tensor<4x3x!x>
  return %dq : tensor<4x3x!x>
}

// CHECK-LABEL: func.func @reshapes(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x6x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x6xi8>
// CHECK: %[[COLL2:.*]] = tensor.collapse_shape %[[S1]] {{\[\[}}0, 1]] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : tensor<2x6xi8> into tensor<12xi8>
// CHECK: %[[RESH3:.*]] = tensor.reshape %[[COLL2]](%[[ARG1]]) {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : (tensor<12xi8>, tensor<2xindex>) -> tensor<3x4xi8>
// CHECK: quant.scast %[[RESH3]] : tensor<3x4xi8> to tensor<3x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[S5:.*]] = quant.scast %[[ARG0]] : tensor<2x6x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x6xi8>
// CHECK: %[[EXPA6:.*]] = tensor.expand_shape %[[S5]] {{\[\[}}0], [1, 2]] output_shape [2, 2, 3] {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : tensor<2x6xi8> into tensor<2x2x3xi8>
// CHECK: quant.scast %[[EXPA6]] : tensor<2x2x3xi8> to tensor<2x2x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @reshapes(%aq: tensor<2x6x!x>, %shape: tensor<2xindex>) -> (tensor<3x4x!x>, tensor<2x2x3x!x>) {
  %a = qdot.dequantize %aq : tensor<2x6x!x> -> tensor<2x6xf32>
  %c = tensor.collapse_shape %a [[0, 1]] : tensor<2x6xf32> into tensor<12xf32>
  %cq = qdot.quantize %c : tensor<12xf32> -> tensor<12x!x>
  %cd = qdot.dequantize %cq : tensor<12x!x> -> tensor<12xf32>
  %r = tensor.reshape %cd(%shape) : (tensor<12xf32>, tensor<2xindex>) -> tensor<3x4xf32>
  %rq = qdot.quantize %r : tensor<3x4xf32> -> tensor<3x4x!x>
  %e = tensor.expand_shape %a [[0], [1, 2]] output_shape [2, 2, 3] : tensor<2x6xf32> into tensor<2x2x3xf32>
  %eq = qdot.quantize %e : tensor<2x2x3xf32> -> tensor<2x2x3x!x>
  return %rq, %eq : tensor<3x4x!x>, tensor<2x2x3x!x>
}

// CHECK-LABEL: func.func @transpose(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[C1:.*]] = arith.constant 1 : index
// CHECK: %[[DIM2:.*]] = tensor.dim %[[ARG0]], %[[C1]] : tensor<2x?x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: %[[S3:.*]] = quant.scast %[[ARG0]] : tensor<2x?x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x?xi8>
// CHECK: %[[E4:.*]] = tensor.empty(%[[DIM2]]) : tensor<?x2xi8>
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S3]] : tensor<2x?xi8>) outs(%[[E4]] : tensor<?x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: linalg.yield %[[V6]] : i8
// CHECK: quant.scast %[[G5]] : tensor<?x2xi8> to tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @transpose(%aq: tensor<2x?x!x>) -> tensor<?x2x!x> {
  %a = qdot.dequantize %aq : tensor<2x?x!x> -> tensor<2x?xf32>
  %one = arith.constant 1 : index
  %n = tensor.dim %aq, %one : tensor<2x?x!x>
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %t = linalg.transpose ins(%a : tensor<2x?xf32>) outs(%e : tensor<?x2xf32>) permutation = [1, 0]
  %tq = qdot.quantize %t : tensor<?x2xf32> -> tensor<?x2x!x>
  return %tq : tensor<?x2x!x>
}

// An embedding table: 0, 0.5, 1, -1, 1000, -1000 are 3, 4, 5, 1, 127, -128.
// CHECK-LABEL: func.func @gather(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[C1:.*]] = arith.constant dense<{{\[\[}}3, 4], [5, 1], [127, -128]]> : tensor<3x2xi8>
// CHECK: %[[E2:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x2xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<?xi32>) outs(%[[E2]] : tensor<?x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[INDE6:.*]] = arith.index_cast %[[V4]] : i32 to index
// CHECK: %[[INDE7:.*]] = linalg.index 1 : index
// CHECK: %[[EXTR8:.*]] = tensor.extract %[[C1]][%[[INDE6]], %[[INDE7]]] : tensor<3x2xi8>
// CHECK: linalg.yield %[[EXTR8]] : i8
// CHECK: quant.scast %[[G3]] : tensor<?x2xi8> to tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @gather(%ids: tensor<?xi32>, %n: index) -> tensor<?x2x!x> {
  %t = arith.constant dense<[[0.0, 0.5], [1.0, -1.0], [1000.0, -1000.0]]> : tensor<3x2xf32>
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<?xi32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%id: i32, %o: f32):
    %row = arith.index_cast %id : i32 to index
    %column = linalg.index 1 : index
    %v = tensor.extract %t[%row, %column] : tensor<3x2xf32>
    linalg.yield %v : f32
  } -> tensor<?x2xf32>
  %yq = qdot.quantize %y : tensor<?x2xf32> -> tensor<?x2x!x>
  return %yq : tensor<?x2x!x>
}

// CHECK-LABEL: func.func @tensor_gather(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4x3xi8>
// CHECK: %[[GATH2:.*]] = tensor.gather %[[S1]][%[[ARG1]]] gather_dims([0]) {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>} : (tensor<4x3xi8>, tensor<2x1xindex>) -> tensor<2x1x3xi8>
// CHECK: quant.scast %[[GATH2]] : tensor<2x1x3xi8> to tensor<2x1x3x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @tensor_gather(%aq: tensor<4x3x!x>, %ids: tensor<2x1xindex>) -> tensor<2x1x3x!x> {
  %a = qdot.dequantize %aq : tensor<4x3x!x> -> tensor<4x3xf32>
  %y = tensor.gather %a[%ids] gather_dims([0]) : (tensor<4x3xf32>, tensor<2x1xindex>) -> tensor<2x1x3xf32>
  %yq = qdot.quantize %y : tensor<2x1x3xf32> -> tensor<2x1x3x!x>
  return %yq : tensor<2x1x3x!x>
}

// Elements of an activation, or zero, by a mask and by position.
// CHECK-LABEL: func.func @select(
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 3 : i8
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4xi32>, tensor<4xi8>)
// CHECK: ^bb0(%[[M:.*]]: i32, %[[A:.*]]: i8, %{{.*}}: i8):
// CHECK: %[[IS:.*]] = arith.cmpi ne, %[[M]]
// CHECK: %[[R:.*]] = arith.select %[[IS]], %[[A]], %[[ZERO]] : i8
// CHECK: linalg.yield %[[R]] : i8
// CHECK: linalg.generic
// CHECK: ^bb0(%[[A:.*]]: i8, %[[B:.*]]: i8, %{{.*}}: i8):
// CHECK: %[[R:.*]] = arith.select %{{.*}}, %[[A]], %[[B]] : i8
// CHECK: linalg.yield %[[R]] : i8
func.func @select(%mask: tensor<4xi32>, %aq: tensor<4x!x>, %bq: tensor<4x!x>) -> (tensor<4x!x>, tensor<4x!x>) {
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0 : i32
  %two = arith.constant 2 : index
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %b = qdot.dequantize %bq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%mask, %a : tensor<4xi32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%m: i32, %v: f32, %o: f32):
    %is = arith.cmpi ne, %m, %none : i32
    %r = arith.select %is, %v, %zero : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!x>
  %z = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %i = linalg.index 0 : index
    %is = arith.cmpi ult, %i, %two : index
    %r = arith.select %is, %v, %w : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %zq = qdot.quantize %z : tensor<4xf32> -> tensor<4x!x>
  return %yq, %zq : tensor<4x!x>, tensor<4x!x>
}

// CHECK-LABEL: func.func @maximum(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[MAXS7:.*]] = arith.maxsi %[[V4]], %[[V5]] : i8
// CHECK: linalg.yield %[[MAXS7]] : i8
// CHECK: quant.scast %[[G3]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @maximum(%aq: tensor<4x!x>, %bq: tensor<4x!x>) -> tensor<4x!x> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %b = qdot.dequantize %bq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.max ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!x>
  return %yq : tensor<4x!x>
}
