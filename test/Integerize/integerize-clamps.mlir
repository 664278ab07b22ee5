// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.75:-5>
#id = affine_map<(i) -> (i)>

// ReLU behind an addition in every spelling: the code of 0 is the lower bound.
// CHECK-LABEL: func.func @maximumf(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-5, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @maximumf(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %z = arith.constant 0.0 : f32
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %z, %p : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// CHECK-LABEL: func.func @named_max(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-5, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @named_max(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %z = arith.constant 0.0 : f32
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.max ins(%y, %f : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// CHECK-LABEL: func.func @cmpf_select(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-5, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @cmpf_select(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %z = arith.constant 0.0 : f32
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.cmpf ugt, %p, %z : f32
    %1 = arith.select %0, %p, %z : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// The clamp of TOSA, [-2, 30]: codes -8 and 35; ReLU6 and two in a row, the
// tighter bounds win: [0, 6] and [-1, 4] are -5 and 0.
// CHECK-LABEL: func.func @tosa_clamp(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-8, 35) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @tosa_clamp(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %lo = arith.constant -2.0 : f32
  %hi = arith.constant 30.0 : f32
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.minimumf %p, %hi : f32
    %1 = arith.maximumf %0, %lo : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// CHECK-LABEL: func.func @two_clamps(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-5, 0) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @two_clamps(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %c0 = arith.constant 0.0 : f32
  %c6 = arith.constant 6.0 : f32
  %m1 = arith.constant -1.0 : f32
  %c4 = arith.constant 4.0 : f32
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = math.clampf %p to [%c0, %c6] : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%r : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maxnumf %p, %m1 : f32
    %1 = arith.minnumf %0, %c4 : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %s : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}

// Two conditions: below 0 it is 0, above 6 it is 6.
// CHECK-LABEL: func.func @nested_select(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]], %[[S2]] : tensor<4xi8>, tensor<4xi8>) outs(%{{.*}} : tensor<4xi32>)
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i32):
// CHECK: %{{.*}} = arith.constant -16777218 : i32
// CHECK: %[[X7:.*]] = arith.extsi %[[V4]] : i8 to i32
// CHECK: %[[C8:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P9:.*]] = arith.muli %[[X7]], %[[C8]] : i32
// CHECK: %[[A10:.*]] = arith.addi %{{.*}}, %[[P9]] : i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[C12:.*]] = arith.constant 2796203 : i32
// CHECK: %[[P13:.*]] = arith.muli %[[X11]], %[[C12]] : i32
// CHECK: %[[A14:.*]] = arith.addi %[[A10]], %[[P13]] : i32
// CHECK: linalg.yield %[[A14]] : i32
// CHECK: %[[C15:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[C16:.*]] = arith.constant 52 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G3]] : tensor<4xi32>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-5, 3) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @nested_select(%aq: tensor<4x!x>) -> tensor<4x!y> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %c0 = arith.constant 0.0 : f32
  %c6 = arith.constant 6.0 : f32
  %y = linalg.add ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.cmpf olt, %p, %c0 : f32
    %1 = arith.select %0, %c0, %p : f32
    %2 = arith.cmpf ogt, %p, %c6 : f32
    %3 = arith.select %2, %c6, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  %yq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!y>
  return %yq : tensor<4x!y>
}
