// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!z = !quant.uniform<i8:f32, 0.25:-7>
!y = !quant.uniform<i8:f32, 0.75:-5>

// Rule E1: M = round(scale / 0.75 * 2^k) with the largest k, 22, that fits:
// 255 * (2796203 + 1398101) + 2^21 < 2^31. Offset -(2796203 * 3 - 1398101 * 7).
// CHECK-LABEL: func.func @add(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<4x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[C7:.*]] = arith.constant 1398098 : i32
// CHECK: %[[X8:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C9:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P10:.*]] = arith.muli %[[X8]], %[[C9]] : i32
// CHECK: %[[A11:.*]] = arith.addi %[[C7]], %[[P10]] : i32
// CHECK: %[[X12:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C13:.*]] = arith.constant 1398101 : i32
// CHECK: %[[P14:.*]] = arith.muli %[[X12]], %[[C13]] : i32
// CHECK: %[[A15:.*]] = arith.addi %[[A11]], %[[P14]] : i32
// CHECK: linalg.yield %[[A15]] : i32
// CHECK: %[[C16:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C17:.*]] = arith.constant 52 : i8
// CHECK: %[[G18:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V19:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R21:.*]] = qdot.requantize %[[V19]], %[[C16]], %[[C17]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R21]] : i8
// CHECK: quant.scast %[[G18]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @add(%aq: tensor<4x!x>, %bq: tensor<4x!z>, %i: tensor<4xf32>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %b = qdot.dequantize %bq : tensor<4x!z> -> tensor<4xf32>
  %y = linalg.add ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%i : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// y = b - a, with b broadcast along the rows and ReLU6 behind it, on a dynamic
// batch: codes of 0 and 6 are -5 and 3.
// CHECK-LABEL: func.func @sub_broadcast_relu6(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG2:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG1]] : tensor<2x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<2xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2xi8>
// CHECK: %[[E3:.*]] = tensor.empty(%[[ARG2]]) : tensor<?x2xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S1]], %[[S2]] : tensor<2xi8>, tensor<?x2xi8>) outs(%[[E3]] : tensor<?x2xi32>)
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[C8:.*]] = arith.constant 18175316 : i32
// CHECK: %[[X9:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C10:.*]] = arith.constant 1398101 : i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[C10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[C8]], %[[P11]] : i32
// CHECK: %[[X13:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -2796203 : i32
// CHECK: %[[P14:.*]] = arith.muli %[[X13]], %{{.*}} : i32
// CHECK: %[[A15:.*]] = arith.addi %[[A12]], %[[P14]] : i32
// CHECK: linalg.yield %[[A15]] : i32
// CHECK: %[[E16:.*]] = tensor.empty(%[[ARG2]]) : tensor<?x2xi8>
// CHECK: %[[C17:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C18:.*]] = arith.constant 52 : i8
// CHECK: %[[G19:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G4]] : tensor<?x2xi32>) outs(%[[E16]] : tensor<?x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V20:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R22:.*]] = qdot.requantize %[[V20]], %[[C17]], %[[C18]] zero_point(-5) clamp(-5, 3) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R22]] : i8
// CHECK: quant.scast %[[G19]] : tensor<?x2xi8> to tensor<?x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @sub_broadcast_relu6(%aq: tensor<?x2x!x>, %bq: tensor<2x!z>, %n: index) -> tensor<?x2x!y> {
  %a = qdot.dequantize %aq : tensor<?x2x!x> -> tensor<?x2xf32>
  %b = qdot.dequantize %bq : tensor<2x!z> -> tensor<2xf32>
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %lo = arith.constant 0.0 : f32
  %hi = arith.constant 6.0 : f32
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<?x2xf32>, tensor<2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %d = arith.subf %q, %p : f32
    linalg.yield %d : f32
  } -> tensor<?x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %p, %lo : f32
    %1 = arith.minimumf %0, %hi : f32
    linalg.yield %1 : f32
  } -> tensor<?x2xf32>
  %yq = qdot.quantize %r : tensor<?x2xf32> -> tensor<?x2x!y>
  return %yq : tensor<?x2x!y>
}

// Rule E2: (a - 3) * (b + 7), 0.5 * 0.25 / 0.75 = 1/6; b is read transposed.
// CHECK-LABEL: func.func @mul(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x3xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<3x2x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<3x2xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S1]], %[[S2]] : tensor<2x3xi8>, tensor<3x2xi8>) outs(%{{.*}} : tensor<2x3xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 3 : i32
// CHECK: %[[D9:.*]] = arith.subi %[[X7]], %[[C8]] : i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -7 : i32
// CHECK: %[[D11:.*]] = arith.subi %[[X10]], %{{.*}} : i32
// CHECK: %[[P12:.*]] = arith.muli %[[D9]], %[[D11]] : i32
// CHECK: linalg.yield %[[P12]] : i32
// CHECK: %[[C13:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C14:.*]] = arith.constant 33 : i8
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G3]] : tensor<2x3xi32>) outs(%{{.*}} : tensor<2x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R18:.*]] = qdot.requantize %[[V16]], %[[C13]], %[[C14]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R18]] : i8
// CHECK: quant.scast %[[G15]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @mul(%aq: tensor<2x3x!x>, %bq: tensor<3x2x!z>) -> tensor<2x3x!y> {
  %a = qdot.dequantize %aq : tensor<2x3x!x> -> tensor<2x3xf32>
  %b = qdot.dequantize %bq : tensor<3x2x!z> -> tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %d = arith.mulf %p, %q : f32
    linalg.yield %d : f32
  } -> tensor<2x3xf32>
  %yq = qdot.quantize %y : tensor<2x3xf32> -> tensor<2x3x!y>
  return %yq : tensor<2x3x!y>
}

// CHECK-LABEL: func.func @rank_zero(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<i8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<i8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%[[S1]], %[[S2]] : tensor<i8>, tensor<i8>) outs(%{{.*}} : tensor<i32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 3 : i32
// CHECK: %[[D9:.*]] = arith.subi %[[X7]], %[[C8]] : i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -7 : i32
// CHECK: %[[D11:.*]] = arith.subi %[[X10]], %{{.*}} : i32
// CHECK: %[[P12:.*]] = arith.muli %[[D9]], %[[D11]] : i32
// CHECK: linalg.yield %[[P12]] : i32
// CHECK: %[[C13:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C14:.*]] = arith.constant 33 : i8
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%[[G3]] : tensor<i32>) outs(%{{.*}} : tensor<i8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R18:.*]] = qdot.requantize %[[V16]], %[[C13]], %[[C14]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R18]] : i8
// CHECK: quant.scast %[[G15]] : tensor<i8> to tensor<!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @rank_zero(%aq: tensor<!x>, %bq: tensor<!z>) -> tensor<!y> {
  %a = qdot.dequantize %aq : tensor<!x> -> tensor<f32>
  %b = qdot.dequantize %bq : tensor<!z> -> tensor<f32>
  %e = tensor.empty() : tensor<f32>
  %y = linalg.mul ins(%a, %b : tensor<f32>, tensor<f32>) outs(%e : tensor<f32>) -> tensor<f32>
  %yq = qdot.quantize %y : tensor<f32> -> tensor<!y>
  return %yq : tensor<!y>
}

// CHECK-LABEL: func.func @zero_size(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<0x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<0x4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<0x4x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<0x4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S1]], %[[S2]] : tensor<0x4xi8>, tensor<0x4xi8>) outs(%{{.*}} : tensor<0x4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 3 : i32
// CHECK: %[[D9:.*]] = arith.subi %[[X7]], %[[C8]] : i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -7 : i32
// CHECK: %[[D11:.*]] = arith.subi %[[X10]], %{{.*}} : i32
// CHECK: %[[P12:.*]] = arith.muli %[[D9]], %[[D11]] : i32
// CHECK: linalg.yield %[[P12]] : i32
// CHECK: %[[C13:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C14:.*]] = arith.constant 33 : i8
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G3]] : tensor<0x4xi32>) outs(%{{.*}} : tensor<0x4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R18:.*]] = qdot.requantize %[[V16]], %[[C13]], %[[C14]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R18]] : i8
// CHECK: quant.scast %[[G15]] : tensor<0x4xi8> to tensor<0x4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @zero_size(%aq: tensor<0x4x!x>, %bq: tensor<0x4x!z>) -> tensor<0x4x!y> {
  %a = qdot.dequantize %aq : tensor<0x4x!x> -> tensor<0x4xf32>
  %b = qdot.dequantize %bq : tensor<0x4x!z> -> tensor<0x4xf32>
  %e = tensor.empty() : tensor<0x4xf32>
  %y = linalg.mul ins(%a, %b : tensor<0x4xf32>, tensor<0x4xf32>) outs(%e : tensor<0x4xf32>) -> tensor<0x4xf32>
  %yq = qdot.quantize %y : tensor<0x4xf32> -> tensor<0x4x!y>
  return %yq : tensor<0x4x!y>
}

// Rule E3 with a = {1, -2, 0}, b = {0, 0.5, 3}: the unit is the step of one
// input code, 0.5 |a|, times 2^-20, or |b| 2^-30 where a = 0.
// CHECK-LABEL: func.func @affine(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x3xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<[1048576, -1048576, 0]> : tensor<3xi32>
// CHECK: %[[C3:.*]] = arith.constant dense<[0, 524288, 1073741824]> : tensor<3xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S1]], %[[C2]], %[[C3]] : tensor<2x3xi8>, tensor<3xi32>, tensor<3xi32>) outs(%{{.*}} : tensor<2x3xi32>)
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i32, %[[V7:[a-z0-9_]+]]: i32, %{{.*}}: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C10:.*]] = arith.constant 3 : i32
// CHECK: %[[D11:.*]] = arith.subi %[[X9]], %[[C10]] : i32
// CHECK: %[[P12:.*]] = arith.muli %[[D11]], %[[V6]] : i32
// CHECK: %[[A13:.*]] = arith.addi %[[P12]], %[[V7]] : i32
// CHECK: linalg.yield %[[A13]] : i32
// CHECK: %[[C14:.*]] = arith.constant dense<[1431655765, 1431655765, 1073741824]> : tensor<3xi32>
// CHECK: %[[C15:.*]] = arith.constant dense<[51, 50, 58]> : tensor<3xi8>
// CHECK: %[[G16:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G4]], %[[C14]], %[[C15]] : tensor<2x3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%{{.*}} : tensor<2x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i32, %[[V19:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R21:.*]] = qdot.requantize %[[V17]], %[[V18]], %[[V19]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R21]] : i8
// CHECK: quant.scast %[[G16]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @affine(%aq: tensor<2x3x!x>) -> tensor<2x3x!y> {
  %x = qdot.dequantize %aq : tensor<2x3x!x> -> tensor<2x3xf32>
  %f = arith.constant dense<[1.0, -2.0, 0.0]> : tensor<3xf32>
  %b = arith.constant dense<[0.0, 0.5, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %f, %b : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %d = arith.mulf %p, %q : f32
    %s = arith.addf %d, %r : f32
    linalg.yield %s : f32
  } -> tensor<2x3xf32>
  %yq = qdot.quantize %y : tensor<2x3xf32> -> tensor<2x3x!y>
  return %yq : tensor<2x3x!y>
}

// Average pooling 2x2 with the division behind it: the sums start at -4 * 3 and
// the multiplier is 0.5 / 4 / 0.75 = 1/6.
// CHECK-LABEL: func.func @average_pool(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x4x4x1x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x4x4x1xi8>
// CHECK: %{{.*}} = arith.constant -12 : i32
// CHECK: %[[F2:.*]] = linalg.fill ins(%{{.*}} : i32) outs(%{{.*}} : tensor<1x2x2x1xi32>) -> tensor<1x2x2x1xi32>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %{{.*}} : tensor<1x4x4x1xi8>, tensor<2x2xi8>) outs(%[[F2]] : tensor<1x2x2x1xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-524 to 508>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8, %[[V6:[a-z0-9_]+]]: i32):
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[A8:.*]] = arith.addi %[[V6]], %[[X7]] : i32
// CHECK: linalg.yield %[[A8]] : i32
// CHECK: %[[C9:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C10:.*]] = arith.constant 33 : i8
// CHECK: %[[G11:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G3]] : tensor<1x2x2x1xi32>) outs(%{{.*}} : tensor<1x2x2x1xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V12:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R14:.*]] = qdot.requantize %[[V12]], %[[C9]], %[[C10]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R14]] : i8
// CHECK: quant.scast %[[G11]] : tensor<1x2x2x1xi8> to tensor<1x2x2x1x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @average_pool(%aq: tensor<1x4x4x1x!x>) -> tensor<1x2x2x1x!y> {
  %x = qdot.dequantize %aq : tensor<1x4x4x1x!x> -> tensor<1x4x4x1xf32>
  %z = arith.constant 0.0 : f32
  %four = arith.constant 4.0 : f32
  %e = tensor.empty() : tensor<1x2x2x1xf32>
  %w = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %s = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x4x4x1xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%s : tensor<1x2x2x1xf32>) outs(%e : tensor<1x2x2x1xf32>) {
  ^bb0(%p: f32, %o: f32):
    %d = arith.divf %p, %four : f32
    linalg.yield %d : f32
  } -> tensor<1x2x2x1xf32>
  %yq = qdot.quantize %y : tensor<1x2x2x1xf32> -> tensor<1x2x2x1x!y>
  return %yq : tensor<1x2x2x1x!y>
}

// The mean over both spatial dimensions, any batch; the multiplication by 1/6
// and ReLU are part of it: 0.5 / 6 / 0.75 = 1/9.
// CHECK-LABEL: func.func @global_mean(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<?x2x3x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2x3x2xi8>
// CHECK: %[[E2:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x2xi32>
// CHECK: %{{.*}} = arith.constant -18 : i32
// CHECK: %[[F3:.*]] = linalg.fill ins(%{{.*}} : i32) outs(%[[E2]] : tensor<?x2xi32>) -> tensor<?x2xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3)>], iterator_types = ["parallel", "reduction", "reduction", "parallel"]} ins(%[[S1]] : tensor<?x2x3x2xi8>) outs(%[[F3]] : tensor<?x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-786 to 762>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i32):
// CHECK: %[[X7:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[A8:.*]] = arith.addi %[[V6]], %[[X7]] : i32
// CHECK: linalg.yield %[[A8]] : i32
// CHECK: %[[E9:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x2xi8>
// CHECK: %[[C10:.*]] = arith.constant 1908874354 : i32
// CHECK: %[[C11:.*]] = arith.constant 34 : i8
// CHECK: %[[G12:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G4]] : tensor<?x2xi32>) outs(%[[E9]] : tensor<?x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V13:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R15:.*]] = qdot.requantize %[[V13]], %[[C10]], %[[C11]] zero_point(-5) clamp(-5, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R15]] : i8
// CHECK: quant.scast %[[G12]] : tensor<?x2xi8> to tensor<?x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @global_mean(%aq: tensor<?x2x3x2x!x>, %n: index) -> tensor<?x2x!y> {
  %x = qdot.dequantize %aq : tensor<?x2x3x2x!x> -> tensor<?x2x3x2xf32>
  %z = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %s = linalg.reduce ins(%x : tensor<?x2x3x2xf32>) outs(%i : tensor<?x2xf32>) dimensions = [1, 2]
    (%p: f32, %o: f32) {
      %0 = arith.addf %p, %o : f32
      linalg.yield %0 : f32
    }
  %m = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<?x2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %d = arith.divf %p, %six : f32
    linalg.yield %d : f32
  } -> tensor<?x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<?x2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %d = arith.maximumf %p, %z : f32
    linalg.yield %d : f32
  } -> tensor<?x2xf32>
  %yq = qdot.quantize %y : tensor<?x2xf32> -> tensor<?x2x!y>
  return %yq : tensor<?x2x!y>
}
