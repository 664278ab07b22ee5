// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.75:-5>
!w3 = !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 0.125}>
!w3x0 = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25, 0.125}>
!b3 = !quant.uniform<i32:f32:0, {0.25, 0.125, 0.0625}>

// CHECK-LABEL: func.func @matmul(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[}}1, -2, 3], [4, 5, -6], [-7, 8, 9], [10, -11, 127]]> : tensor<4x3xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-20, -16, -343]> : tensor<3xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<3xi32>) outs(%{{.*}} : tensor<2x3xi32>) dimensions = [0]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[B4]] : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-18897 to 18421>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<3xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33, 34]> : tensor<3xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<2x3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%{{.*}} : tensor<2x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>, <"matmul/matmul_0#0123456789abcdef">>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @matmul(%xq: tensor<2x4x!x>) -> tensor<2x3x!y> {
  %x = qdot.dequantize %xq : tensor<2x4x!x> -> tensor<2x4xf32>
  %wi = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [10, -11, 127]]> : tensor<4x3xi8>
  %wq = quant.scast %wi : tensor<4x3xi8> to tensor<4x3x!w3>
  %w = qdot.dequantize %wq : tensor<4x3x!w3> -> tensor<4x3xf32>
  %b = arith.constant dense<[1.0, -2.0, 3.5]> : tensor<3xf32>
  %bq = qdot.quantize %b : tensor<3xf32> -> tensor<3x!b3>
  %bd = qdot.dequantize %bq : tensor<3x!b3> -> tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %init = linalg.broadcast ins(%bd : tensor<3xf32>) outs(%e : tensor<2x3xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  %yq = qdot.quantize %y {site = #qdot.site<"matmul/matmul_0#0123456789abcdef">} : tensor<2x3xf32> -> tensor<2x3x!y>
  return %yq : tensor<2x3x!y>
}

// weight on the left, one bias for all, bias float constant in outs
// CHECK-LABEL: func.func @weight_on_the_left(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<4x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[}}1, 4, -7, 10], [-2, 5, 8, -11], [3, -6, 9, 127]]> : tensor<3x4xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-20, 8, -383]> : tensor<3xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<3xi32>) outs(%{{.*}} : tensor<3x2xi32>) dimensions = [1]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[C2]], %[[S1]] : tensor<3x4xi8>, tensor<4x2xi8>) outs(%[[B4]] : tensor<3x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-18937 to 18421>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<3xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33, 34]> : tensor<3xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<3x2xi32>, tensor<3xi32>, tensor<3xi8>) outs(%{{.*}} : tensor<3x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @weight_on_the_left(%xq: tensor<4x2x!x>) -> tensor<3x2x!y> {
  %x = qdot.dequantize %xq : tensor<4x2x!x> -> tensor<4x2xf32>
  %wi = arith.constant dense<[[1, 4, -7, 10], [-2, 5, 8, -11], [3, -6, 9, 127]]> : tensor<3x4xi8>
  %wq = quant.scast %wi : tensor<3x4xi8> to tensor<3x4x!w3x0>
  %w = qdot.dequantize %wq : tensor<3x4x!w3x0> -> tensor<3x4xf32>
  %b = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %init = linalg.fill ins(%b : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = linalg.matmul ins(%w, %x : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  %yq = qdot.quantize %y : tensor<3x2xf32> -> tensor<3x2x!y>
  return %yq : tensor<3x2x!y>
}

// bias that varies along rows as well
// CHECK-LABEL: func.func @bias_matrix(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[}}1, -2, 3], [4, 5, -6], [-7, 8, 9], [10, -11, 127]]> : tensor<4x3xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<{{\[\[}}-20, -16, -343], [-23, 0, -1999]]> : tensor<2x3xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[C3]] : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-20553 to 18421>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i32):
// CHECK: %[[X8:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[P10:.*]] = arith.muli %[[X8]], %[[X9]] : i32
// CHECK: %[[A11:.*]] = arith.addi %[[V7]], %[[P10]] : i32
// CHECK: linalg.yield %[[A11]] : i32
// CHECK: %[[C12:.*]] = arith.constant dense<1431655765> : tensor<3xi32>
// CHECK: %[[C13:.*]] = arith.constant dense<[32, 33, 34]> : tensor<3xi8>
// CHECK: %[[G14:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G4]], %[[C12]], %[[C13]] : tensor<2x3xi32>, tensor<3xi32>, tensor<3xi8>) outs(%{{.*}} : tensor<2x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V15:[a-z0-9_]+]]: i32, %[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R19:.*]] = qdot.requantize %[[V15]], %[[V16]], %[[V17]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R19]] : i8
// CHECK: quant.scast %[[G14]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @bias_matrix(%xq: tensor<2x4x!x>) -> tensor<2x3x!y> {
  %x = qdot.dequantize %xq : tensor<2x4x!x> -> tensor<2x4xf32>
  %wi = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [10, -11, 127]]> : tensor<4x3xi8>
  %wq = quant.scast %wi : tensor<4x3xi8> to tensor<4x3x!w3>
  %w = qdot.dequantize %wq : tensor<4x3x!w3> -> tensor<4x3xf32>
  %init = arith.constant dense<[[1.0, -2.0, 3.5], [0.3, 0.0, -100.0]]> : tensor<2x3xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  %yq = qdot.quantize %y : tensor<2x3xf32> -> tensor<2x3x!y>
  return %yq : tensor<2x3x!y>
}

// asymmetric weight: 
!wa = !quant.uniform<i8:f32, 0.25:-100>
// CHECK-LABEL: func.func @asymmetric_weight(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<?x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[}}227, -28], [0, 100]]> : tensor<2x2xi16>
// CHECK: %[[E3:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x2xi32>
// CHECK: %[[C4:.*]] = arith.constant dense<[-681, -216]> : tensor<2xi32>
// CHECK: %[[B5:.*]] = linalg.broadcast ins(%[[C4]] : tensor<2xi32>) outs(%[[E3]] : tensor<?x2xi32>) dimensions = [0]
// CHECK: %[[G6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<?x2xi8>, tensor<2x2xi16>) outs(%[[B5]] : tensor<?x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-29737 to 28829>}
// CHECK: ^bb0(%[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i16, %[[V9:[a-z0-9_]+]]: i32):
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V8]] : i16 to i32
// CHECK: %[[P12:.*]] = arith.muli %[[X10]], %[[X11]] : i32
// CHECK: %[[A13:.*]] = arith.addi %[[V9]], %[[P12]] : i32
// CHECK: linalg.yield %[[A13]] : i32
// CHECK: %[[E14:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x2xi8>
// CHECK: %[[C15:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C16:.*]] = arith.constant 33 : i8
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G6]] : tensor<?x2xi32>) outs(%[[E14]] : tensor<?x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V18]], %[[C15]], %[[C16]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G17]] : tensor<?x2xi8> to tensor<?x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @asymmetric_weight(%xq: tensor<?x2x!x>, %n: index) -> tensor<?x2x!y> {
  %x = qdot.dequantize %xq : tensor<?x2x!x> -> tensor<?x2xf32>
  %wi = arith.constant dense<[[127, -128], [-100, 0]]> : tensor<2x2xi8>
  %wq = quant.scast %wi : tensor<2x2xi8> to tensor<2x2x!wa>
  %w = qdot.dequantize %wq : tensor<2x2x!wa> -> tensor<2x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %yq = qdot.quantize %y : tensor<?x2xf32> -> tensor<?x2x!y>
  return %yq : tensor<?x2x!y>
}

// batch_matmul with a constant: scales per batch and channel (sub-channel type)
!wb = !quant.uniform<i8<-127:127>:f32:{0:1, 2:1}, {{{0.5, 0.25}}, {{1.0, 0.125}}}>
// CHECK-LABEL: func.func @batch_matmul(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x1x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x1x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[}}1, 2], [3, 4]], {{\[\[}}5, 6], [7, -8]]]> : tensor<2x2x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<{{\[\[}}-12, -18], [-36, 6]]> : tensor<2x2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2x2xi32>) outs(%{{.*}} : tensor<2x1x2xi32>) dimensions = [1]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<2x1x2xi8>, tensor<2x2x2xi8>) outs(%[[B4]] : tensor<2x1x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-1784 to 1792>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2x2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<{{\[\[}}32, 33], [31, 34]]> : tensor<2x2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<2x1x2xi32>, tensor<2x2xi32>, tensor<2x2xi8>) outs(%{{.*}} : tensor<2x1x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<2x1x2xi8> to tensor<2x1x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @batch_matmul(%xq: tensor<2x1x2x!x>) -> tensor<2x1x2x!y> {
  %x = qdot.dequantize %xq : tensor<2x1x2x!x> -> tensor<2x1x2xf32>
  %wi = arith.constant dense<[[[1, 2], [3, 4]], [[5, 6], [7, -8]]]> : tensor<2x2x2xi8>
  %wq = quant.scast %wi : tensor<2x2x2xi8> to tensor<2x2x2x!wb>
  %w = qdot.dequantize %wq : tensor<2x2x2x!wb> -> tensor<2x2x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x1x2xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<2x1x2xf32>) -> tensor<2x1x2xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x1x2xf32>, tensor<2x2x2xf32>) outs(%init : tensor<2x1x2xf32>) -> tensor<2x1x2xf32>
  %yq = qdot.quantize %y : tensor<2x1x2xf32> -> tensor<2x1x2x!y>
  return %yq : tensor<2x1x2x!y>
}

!wt = !quant.uniform<i8<-127:127>:f32, 0.5>
// CHECK-LABEL: func.func @matvec(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<3x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<3xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[}}1, 2, 3], [-4, 5, 6]]> : tensor<2x3xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-18, -21]> : tensor<2xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%[[C2]], %[[S1]] : tensor<2x3xi8>, tensor<3xi8>) outs(%[[C3]] : tensor<2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-1937 to 1909>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i32):
// CHECK: %[[X8:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[P10:.*]] = arith.muli %[[X8]], %[[X9]] : i32
// CHECK: %[[A11:.*]] = arith.addi %[[V7]], %[[P10]] : i32
// CHECK: linalg.yield %[[A11]] : i32
// CHECK: %[[C12:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C13:.*]] = arith.constant 32 : i8
// CHECK: %[[G14:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[G4]] : tensor<2xi32>) outs(%{{.*}} : tensor<2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V15:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R17:.*]] = qdot.requantize %[[V15]], %[[C12]], %[[C13]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R17]] : i8
// CHECK: quant.scast %[[G14]] : tensor<2xi8> to tensor<2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @matvec(%xq: tensor<3x!x>) -> tensor<2x!y> {
  %x = qdot.dequantize %xq : tensor<3x!x> -> tensor<3xf32>
  %wi = arith.constant dense<[[1, 2, 3], [-4, 5, 6]]> : tensor<2x3xi8>
  %wq = quant.scast %wi : tensor<2x3xi8> to tensor<2x3x!wt>
  %w = qdot.dequantize %wq : tensor<2x3x!wt> -> tensor<2x3xf32>
  %init = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.matvec ins(%w, %x : tensor<2x3xf32>, tensor<3xf32>) outs(%init : tensor<2xf32>) -> tensor<2xf32>
  %yq = qdot.quantize %y : tensor<2xf32> -> tensor<2x!y>
  return %yq : tensor<2x!y>
}

!z = !quant.uniform<i8:f32, 0.25:-7>
// CHECK-LABEL: func.func @activations(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<3x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<3x4xi8>
// CHECK: %[[S2:.*]] = quant.scast %[[ARG1]] : tensor<4x5x!quant.uniform<i8:f32, 2.500000e-01:-7>> to tensor<4x5xi8>
// CHECK: %[[C3:.*]] = arith.constant 16 : i32
// CHECK: %[[F4:.*]] = linalg.fill ins(%[[C3]] : i32) outs(%{{.*}} : tensor<3x5xi32>) -> tensor<3x5xi32>
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[S1]], %[[S2]] : tensor<3x4xi8>, tensor<4x5xi8>) outs(%[[F4]] : tensor<3x5xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-70216 to 66480>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[C10:.*]] = arith.constant 3 : i32
// CHECK: %[[D11:.*]] = arith.subi %[[X9]], %[[C10]] : i32
// CHECK: %[[X12:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %{{.*}} = arith.constant -7 : i32
// CHECK: %[[D13:.*]] = arith.subi %[[X12]], %{{.*}} : i32
// CHECK: %[[P14:.*]] = arith.muli %[[D11]], %[[D13]] : i32
// CHECK: %[[A15:.*]] = arith.addi %[[V8]], %[[P14]] : i32
// CHECK: linalg.yield %[[A15]] : i32
// CHECK: %[[C16:.*]] = arith.constant 1431655765 : i32
// CHECK: %[[C17:.*]] = arith.constant 33 : i8
// CHECK: %[[G18:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G5]] : tensor<3x5xi32>) outs(%{{.*}} : tensor<3x5xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V19:[a-z0-9_]+]]: i32, %{{.*}}: i8):
// CHECK: %[[R21:.*]] = qdot.requantize %[[V19]], %[[C16]], %[[C17]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R21]] : i8
// CHECK: quant.scast %[[G18]] : tensor<3x5xi8> to tensor<3x5x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @activations(%aq: tensor<3x4x!x>, %bq: tensor<4x5x!z>) -> tensor<3x5x!y> {
  %a = qdot.dequantize %aq : tensor<3x4x!x> -> tensor<3x4xf32>
  %b = qdot.dequantize %bq : tensor<4x5x!z> -> tensor<4x5xf32>
  %c = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<3x5xf32>
  %init = linalg.fill ins(%c : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
  %y = linalg.matmul ins(%a, %b : tensor<3x4xf32>, tensor<4x5xf32>) outs(%init : tensor<3x5xf32>) -> tensor<3x5xf32>
  %yq = qdot.quantize %y : tensor<3x5xf32> -> tensor<3x5x!y>
  return %yq : tensor<3x5x!y>
}

// hand-written contraction: y[n, i] = sum_{j,k} x[i, j, k] * w[k, n, j]; scale per n
!w2 = !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25}>
// CHECK-LABEL: func.func @generic(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<3x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<3x2x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[}}1, 2], [3, 4]], {{\[\[}}5, 6], [7, -8]]]> : tensor<2x2x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<{{\[\[}}-42, -42, -42], [-18, -18, -18]]> : tensor<2x3xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3, d0, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<3x2x2xi8>, tensor<2x2x2xi8>) outs(%[[C3]] : tensor<2x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-2826 to 2802>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i32):
// CHECK: %[[X8:.*]] = arith.extsi %[[V5]] : i8 to i32
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[P10:.*]] = arith.muli %[[X8]], %[[X9]] : i32
// CHECK: %[[A11:.*]] = arith.addi %[[V7]], %[[P10]] : i32
// CHECK: linalg.yield %[[A11]] : i32
// CHECK: %[[C12:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C13:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G14:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G4]], %[[C12]], %[[C13]] : tensor<2x3xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<2x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V15:[a-z0-9_]+]]: i32, %[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R19:.*]] = qdot.requantize %[[V15]], %[[V16]], %[[V17]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R19]] : i8
// CHECK: quant.scast %[[G14]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @generic(%xq: tensor<3x2x2x!x>) -> tensor<2x3x!y> {
  %x = qdot.dequantize %xq : tensor<3x2x2x!x> -> tensor<3x2x2xf32>
  %wi = arith.constant dense<[[[1, 2], [3, 4]], [[5, 6], [7, -8]]]> : tensor<2x2x2xi8>
  %wq = quant.scast %wi : tensor<2x2x2xi8> to tensor<2x2x2x!w2>
  %w = qdot.dequantize %wq : tensor<2x2x2x!w2> -> tensor<2x2x2xf32>
  %init = arith.constant dense<0.0> : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, i, j, k) -> (i, j, k)>, affine_map<(n, i, j, k) -> (k, n, j)>, affine_map<(n, i, j, k) -> (n, i)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<3x2x2xf32>, tensor<2x2x2xf32>) outs(%init : tensor<2x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %b, %a : f32
    %s = arith.addf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<2x3xf32>
  %yq = qdot.quantize %y : tensor<2x3xf32> -> tensor<2x3x!y>
  return %yq : tensor<2x3x!y>
}
