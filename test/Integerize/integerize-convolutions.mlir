// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.75:-5>
!wt = !quant.uniform<i8<-127:127>:f32, 0.5>

// The weight holds 1, 2, 3, 4 in its output channels (one input channel, 1x2
// window), so its sums are 3 and 7 in any layout.
!hwcf = !quant.uniform<i8<-127:127>:f32:3, {0.5, 0.25}>
// CHECK-LABEL: func.func @nhwc_hwcf_strided(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x3x4x1x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x3x4x1xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[\[}}1, 3]], {{\[\[}}2, 4]]]]> : tensor<1x2x1x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-9, -21]> : tensor<2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2xi32>) outs(%{{.*}} : tensor<1x2x2x2xi32>) dimensions = [0, 1, 2]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x3x4x1xi8>, tensor<1x2x1x2xi8>) outs(%[[B4]] : tensor<1x2x2x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-917 to 889>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2x2x2xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<1x2x2x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2x2x2xi8> to tensor<1x2x2x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @nhwc_hwcf_strided(%xq: tensor<1x3x4x1x!x>) -> tensor<1x2x2x2x!y> {
  %x = qdot.dequantize %xq : tensor<1x3x4x1x!x> -> tensor<1x3x4x1xf32>
  %wi = arith.constant dense<[[[[1, 3]], [[2, 4]]]]> : tensor<1x2x1x2xi8>
  %wq = quant.scast %wi : tensor<1x2x1x2xi8> to tensor<1x2x1x2x!hwcf>
  %w = qdot.dequantize %wq : tensor<1x2x1x2x!hwcf> -> tensor<1x2x1x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %y = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
    ins(%x, %w : tensor<1x3x4x1xf32>, tensor<1x2x1x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %yq = qdot.quantize %y : tensor<1x2x2x2xf32> -> tensor<1x2x2x2x!y>
  return %yq : tensor<1x2x2x2x!y>
}

// The layout of TOSA, dilated, on a dynamic batch, with the bias in outs.
!fhwc = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
// CHECK-LABEL: func.func @nhwc_fhwc_dilated(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<?x3x4x1x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x3x4x1xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[\[}}1], [2]]], {{\[\[\[}}3], [4]]]]> : tensor<2x1x2x1xi8>
// CHECK: %[[E3:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x3x2x2xi32>
// CHECK: %[[C4:.*]] = arith.constant dense<[31, -24]> : tensor<2xi32>
// CHECK: %[[B5:.*]] = linalg.broadcast ins(%[[C4]] : tensor<2xi32>) outs(%[[E3]] : tensor<?x3x2x2xi32>) dimensions = [0, 1, 2]
// CHECK: %[[G6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5 * 2, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<?x3x4x1xi8>, tensor<2x1x2x1xi8>) outs(%[[B5]] : tensor<?x3x2x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-920 to 889>}
// CHECK: ^bb0(%[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i8, %[[V9:[a-z0-9_]+]]: i32):
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[X11:.*]] = arith.extsi %[[V8]] : i8 to i32
// CHECK: %[[P12:.*]] = arith.muli %[[X10]], %[[X11]] : i32
// CHECK: %[[A13:.*]] = arith.addi %[[V9]], %[[P12]] : i32
// CHECK: linalg.yield %[[A13]] : i32
// CHECK: %[[E14:.*]] = tensor.empty(%[[ARG1]]) : tensor<?x3x2x2xi8>
// CHECK: %[[C15:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C16:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G17:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G6]], %[[C15]], %[[C16]] : tensor<?x3x2x2xi32>, tensor<2xi32>, tensor<2xi8>) outs(%[[E14]] : tensor<?x3x2x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V18:[a-z0-9_]+]]: i32, %[[V19:[a-z0-9_]+]]: i32, %[[V20:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R22:.*]] = qdot.requantize %[[V18]], %[[V19]], %[[V20]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R22]] : i8
// CHECK: quant.scast %[[G17]] : tensor<?x3x2x2xi8> to tensor<?x3x2x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @nhwc_fhwc_dilated(%xq: tensor<?x3x4x1x!x>, %n: index) -> tensor<?x3x2x2x!y> {
  %x = qdot.dequantize %xq : tensor<?x3x4x1x!x> -> tensor<?x3x4x1xf32>
  %wi = arith.constant dense<[[[[1], [2]]], [[[3], [4]]]]> : tensor<2x1x2x1xi8>
  %wq = quant.scast %wi : tensor<2x1x2x1xi8> to tensor<2x1x2x1x!fhwc>
  %w = qdot.dequantize %wq : tensor<2x1x2x1x!fhwc> -> tensor<2x1x2x1xf32>
  %b = arith.constant dense<[10.0, -0.375]> : tensor<2xf32>
  %e = tensor.empty(%n) : tensor<?x3x2x2xf32>
  %init = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%b : tensor<2xf32>) outs(%e : tensor<?x3x2x2xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<?x3x2x2xf32>
  %y = linalg.conv_2d_nhwc_fhwc {strides = dense<1> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>}
    ins(%x, %w : tensor<?x3x4x1xf32>, tensor<2x1x2x1xf32>) outs(%init : tensor<?x3x2x2xf32>) -> tensor<?x3x2x2xf32>
  %yq = qdot.quantize %y : tensor<?x3x2x2xf32> -> tensor<?x3x2x2x!y>
  return %yq : tensor<?x3x2x2x!y>
}

// torch-mlir's layout: the channel is dimension 1.
!fchw = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
// CHECK-LABEL: func.func @nchw_fchw(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x1x3x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x1x3x4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[\[}}1, 2]]], {{\[\[\[}}3, 4]]]]> : tensor<2x1x1x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[31, -24]> : tensor<2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2xi32>) outs(%{{.*}} : tensor<1x2x3x3xi32>) dimensions = [0, 2, 3]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5, d3 + d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x1x3x4xi8>, tensor<2x1x1x2xi8>) outs(%[[B4]] : tensor<1x2x3x3xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-920 to 889>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d1)>, affine_map<(d0, d1, d2, d3) -> (d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2x3x3xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<1x2x3x3xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2x3x3xi8> to tensor<1x2x3x3x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @nchw_fchw(%xq: tensor<1x1x3x4x!x>) -> tensor<1x2x3x3x!y> {
  %x = qdot.dequantize %xq : tensor<1x1x3x4x!x> -> tensor<1x1x3x4xf32>
  %wi = arith.constant dense<[[[[1, 2]]], [[[3, 4]]]]> : tensor<2x1x1x2xi8>
  %wq = quant.scast %wi : tensor<2x1x1x2xi8> to tensor<2x1x1x2x!fchw>
  %w = qdot.dequantize %wq : tensor<2x1x1x2x!fchw> -> tensor<2x1x1x2xf32>
  %b = arith.constant dense<[10.0, -0.375]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x3x3xf32>) dimensions = [0, 2, 3]
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x3x4xf32>, tensor<2x1x1x2xf32>) outs(%init : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %yq = qdot.quantize %y : tensor<1x2x3x3xf32> -> tensor<1x2x3x3x!y>
  return %yq : tensor<1x2x3x3x!y>
}

// Depthwise: one weight per channel, summed over the window only.
!hwc = !quant.uniform<i8<-127:127>:f32:2, {0.5, 0.25}>
// CHECK-LABEL: func.func @depthwise_nhwc(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x2x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x2x2x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[}}1, 3], [2, 4]]]> : tensor<1x2x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-9, -21]> : tensor<2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2xi32>) outs(%{{.*}} : tensor<1x2x1x2xi32>) dimensions = [0, 1, 2]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x2x2x2xi8>, tensor<1x2x2xi8>) outs(%[[B4]] : tensor<1x2x1x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-917 to 889>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2x1x2xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<1x2x1x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2x1x2xi8> to tensor<1x2x1x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @depthwise_nhwc(%xq: tensor<1x2x2x2x!x>) -> tensor<1x2x1x2x!y> {
  %x = qdot.dequantize %xq : tensor<1x2x2x2x!x> -> tensor<1x2x2x2xf32>
  %wi = arith.constant dense<[[[1, 3], [2, 4]]]> : tensor<1x2x2xi8>
  %wq = quant.scast %wi : tensor<1x2x2xi8> to tensor<1x2x2x!hwc>
  %w = qdot.dequantize %wq : tensor<1x2x2x!hwc> -> tensor<1x2x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x1x2xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwc ins(%x, %w : tensor<1x2x2x2xf32>, tensor<1x2x2xf32>) outs(%init : tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32>
  %yq = qdot.quantize %y : tensor<1x2x1x2xf32> -> tensor<1x2x1x2x!y>
  return %yq : tensor<1x2x1x2x!y>
}

// CHECK-LABEL: func.func @depthwise_nchw(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x2x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x2x2x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[}}1, 2]], {{\[\[}}3, 4]]]> : tensor<2x1x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-9, -21]> : tensor<2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2xi32>) outs(%{{.*}} : tensor<1x2x2x1xi32>) dimensions = [0, 2, 3]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 + d4, d2 + d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x2x2x2xi8>, tensor<2x1x2xi8>) outs(%[[B4]] : tensor<1x2x2x1xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-917 to 889>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[32, 33]> : tensor<2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d1)>, affine_map<(d0, d1, d2, d3) -> (d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2x2x1xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<1x2x2x1xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2x2x1xi8> to tensor<1x2x2x1x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @depthwise_nchw(%xq: tensor<1x2x2x2x!x>) -> tensor<1x2x2x1x!y> {
  %x = qdot.dequantize %xq : tensor<1x2x2x2x!x> -> tensor<1x2x2x2xf32>
  %wi = arith.constant dense<[[[1, 2]], [[3, 4]]]> : tensor<2x1x2xi8>
  %wq = quant.scast %wi : tensor<2x1x2xi8> to tensor<2x1x2x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>
  %w = qdot.dequantize %wq : tensor<2x1x2x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>> -> tensor<2x1x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x1xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %y = linalg.depthwise_conv_2d_nchw_chw ins(%x, %w : tensor<1x2x2x2xf32>, tensor<2x1x2xf32>) outs(%init : tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %yq = qdot.quantize %y : tensor<1x2x2x1xf32> -> tensor<1x2x2x1x!y>
  return %yq : tensor<1x2x2x1x!y>
}

// A channel multiplier: scales along two axes of the weight.
!hwcm = !quant.uniform<i8<-127:127>:f32:{2:1, 3:1}, {{{{0.5, 0.25}, {1.0, 0.125}}}}>
// CHECK-LABEL: func.func @depthwise_multiplier(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x1x2x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x1x2x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[\[}}1, 3], [5, 7]], {{\[\[}}2, 4], [6, 8]]]]> : tensor<1x2x2x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<{{\[\[}}-9, -21], [-33, -45]]> : tensor<2x2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2x2xi32>) outs(%{{.*}} : tensor<1x1x1x2x2xi32>) dimensions = [0, 1, 2]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d5, d6, d3, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x1x2x2xi8>, tensor<1x2x2x2xi8>) outs(%[[B4]] : tensor<1x1x1x2x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-1965 to 1905>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2x2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<{{\[\[}}32, 33], [31, 34]]> : tensor<2x2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x1x1x2x2xi32>, tensor<2x2xi32>, tensor<2x2xi8>) outs(%{{.*}} : tensor<1x1x1x2x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x1x1x2x2xi8> to tensor<1x1x1x2x2x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @depthwise_multiplier(%xq: tensor<1x1x2x2x!x>) -> tensor<1x1x1x2x2x!y> {
  %x = qdot.dequantize %xq : tensor<1x1x2x2x!x> -> tensor<1x1x2x2xf32>
  %wi = arith.constant dense<[[[[1, 3], [5, 7]], [[2, 4], [6, 8]]]]> : tensor<1x2x2x2xi8>
  %wq = quant.scast %wi : tensor<1x2x2x2xi8> to tensor<1x2x2x2x!hwcm>
  %w = qdot.dequantize %wq : tensor<1x2x2x2x!hwcm> -> tensor<1x2x2x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1x1x2x2xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<1x1x1x2x2xf32>) -> tensor<1x1x1x2x2xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwcm ins(%x, %w : tensor<1x1x2x2xf32>, tensor<1x2x2x2xf32>) outs(%init : tensor<1x1x1x2x2xf32>) -> tensor<1x1x1x2x2xf32>
  %yq = qdot.quantize %y : tensor<1x1x1x2x2xf32> -> tensor<1x1x1x2x2x!y>
  return %yq : tensor<1x1x1x2x2x!y>
}

// Groups: dimensions group and channel of the result both vary.
!gfchw = !quant.uniform<i8<-127:127>:f32:{0:1, 1:1}, {{{{{0.5}}}, {{{0.25}}}}, {{{{1.0}}}, {{{0.125}}}}}>
// CHECK-LABEL: func.func @grouped(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x2x1x1x2x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<1x2x1x1x2xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<{{\[\[\[\[\[}}1, 2]]], {{\[\[\[}}3, 4]]]], {{\[\[\[\[}}5, 6]]], {{\[\[\[}}7, -8]]]]]> : tensor<2x2x1x1x2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<{{\[\[}}-9, -21], [-33, 3]]> : tensor<2x2xi32>
// CHECK: %[[B4:.*]] = linalg.broadcast ins(%[[C3]] : tensor<2x2xi32>) outs(%{{.*}} : tensor<1x2x2x1x1xi32>) dimensions = [0, 3, 4]
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 + d6, d4 + d7)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1, d2, d5, d6, d7)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x2x1x1x2xi8>, tensor<2x2x1x1x2xi8>) outs(%[[B4]] : tensor<1x2x2x1x1xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-1912 to 1916>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<1431655765> : tensor<2x2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<{{\[\[}}32, 33], [31, 34]]> : tensor<2x2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d1, d2)>, affine_map<(d0, d1, d2, d3, d4) -> (d1, d2)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2x2x1x1xi32>, tensor<2x2xi32>, tensor<2x2xi8>) outs(%{{.*}} : tensor<1x2x2x1x1xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 7.500000e-01:-5>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2x2x1x1xi8> to tensor<1x2x2x1x1x!quant.uniform<i8:f32, 7.500000e-01:-5>>
func.func @grouped(%xq: tensor<1x2x1x1x2x!x>) -> tensor<1x2x2x1x1x!y> {
  %x = qdot.dequantize %xq : tensor<1x2x1x1x2x!x> -> tensor<1x2x1x1x2xf32>
  %wi = arith.constant dense<[[[[[1, 2]]], [[[3, 4]]]], [[[[5, 6]]], [[[7, -8]]]]]> : tensor<2x2x1x1x2xi8>
  %wq = quant.scast %wi : tensor<2x2x1x1x2xi8> to tensor<2x2x1x1x2x!gfchw>
  %w = qdot.dequantize %wq : tensor<2x2x1x1x2x!gfchw> -> tensor<2x2x1x1x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x1x1xf32>
  %init = linalg.fill ins(%z : f32) outs(%e : tensor<1x2x2x1x1xf32>) -> tensor<1x2x2x1x1xf32>
  %y = linalg.conv_2d_ngchw_gfchw ins(%x, %w : tensor<1x2x1x1x2xf32>, tensor<2x2x1x1x2xf32>) outs(%init : tensor<1x2x2x1x1xf32>) -> tensor<1x2x2x1x1xf32>
  %yq = qdot.quantize %y : tensor<1x2x2x1x1xf32> -> tensor<1x2x2x1x1x!y>
  return %yq : tensor<1x2x2x1x1x!y>
}

// Each weight meets four activations: the taps count as often in the zero point
// and in the bound.
// CHECK-LABEL: func.func @weight_is_reused(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<2x4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<[10, -20]> : tensor<2xi8>
// CHECK: %[[C3:.*]] = arith.constant dense<[-120, 240]> : tensor<2xi32>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<2x4xi8>, tensor<2xi8>) outs(%[[C3]] : tensor<2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-10160 to 10480>}
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
func.func @weight_is_reused(%xq: tensor<2x4x!x>) -> tensor<2x!y> {
  %x = qdot.dequantize %xq : tensor<2x4x!x> -> tensor<2x4xf32>
  %wi = arith.constant dense<[10, -20]> : tensor<2xi8>
  %wq = quant.scast %wi : tensor<2xi8> to tensor<2x!wt>
  %w = qdot.dequantize %wq : tensor<2x!wt> -> tensor<2xf32>
  %z = arith.constant dense<0.0> : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<2x4xf32>, tensor<2xf32>) outs(%z : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %yq = qdot.quantize %y : tensor<2xf32> -> tensor<2x!y>
  return %yq : tensor<2x!y>
}

// A scale that overflows and one that vanishes saturate (rule R1).
// CHECK-LABEL: func.func @extreme_scales(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<1x1x!quant.uniform<i8:f32, 1.000000e+30>> to tensor<1x1xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<1> : tensor<1x2xi8>
// CHECK: %[[C3:.*]] = arith.constant 0 : i32
// CHECK: %[[F4:.*]] = linalg.fill ins(%[[C3]] : i32) outs(%{{.*}} : tensor<1x2xi32>) -> tensor<1x2xi32>
// CHECK: %[[G5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[S1]], %[[C2]] : tensor<1x1xi8>, tensor<1x2xi8>) outs(%[[F4]] : tensor<1x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-128 to 127>}
// CHECK: ^bb0(%[[V6:[a-z0-9_]+]]: i8, %[[V7:[a-z0-9_]+]]: i8, %[[V8:[a-z0-9_]+]]: i32):
// CHECK: %[[X9:.*]] = arith.extsi %[[V6]] : i8 to i32
// CHECK: %[[X10:.*]] = arith.extsi %[[V7]] : i8 to i32
// CHECK: %[[P11:.*]] = arith.muli %[[X9]], %[[X10]] : i32
// CHECK: %[[A12:.*]] = arith.addi %[[V8]], %[[P11]] : i32
// CHECK: linalg.yield %[[A12]] : i32
// CHECK: %[[C13:.*]] = arith.constant dense<[2147483647, 1441151910]> : tensor<2xi32>
// CHECK: %[[C14:.*]] = arith.constant dense<[2, 56]> : tensor<2xi8>
// CHECK: %[[G15:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[G5]], %[[C13]], %[[C14]] : tensor<1x2xi32>, tensor<2xi32>, tensor<2xi8>) outs(%{{.*}} : tensor<1x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 1.000000e+00>>}
// CHECK: ^bb0(%[[V16:[a-z0-9_]+]]: i32, %[[V17:[a-z0-9_]+]]: i32, %[[V18:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[R20:.*]] = qdot.requantize %[[V16]], %[[V17]], %[[V18]] zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK: linalg.yield %[[R20]] : i8
// CHECK: quant.scast %[[G15]] : tensor<1x2xi8> to tensor<1x2x!quant.uniform<i8:f32, 1.000000e+00>>
func.func @extreme_scales(%xq: tensor<1x1x!quant.uniform<i8:f32, 1.0e30>>) -> tensor<1x2x!quant.uniform<i8:f32, 1.0>> {
  %x = qdot.dequantize %xq : tensor<1x1x!quant.uniform<i8:f32, 1.0e30>> -> tensor<1x1xf32>
  %wi = arith.constant dense<1> : tensor<1x2xi8>
  %wq = quant.scast %wi : tensor<1x2xi8> to tensor<1x2x!quant.uniform<i8<-127:127>:f32:1, {1.0, 2.0e-38}>>
  %w = qdot.dequantize %wq : tensor<1x2x!quant.uniform<i8<-127:127>:f32:1, {1.0, 2.0e-38}>> -> tensor<1x2xf32>
  %z = arith.constant dense<0.0> : tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %yq = qdot.quantize %y : tensor<1x2xf32> -> tensor<1x2x!quant.uniform<i8:f32, 1.0>>
  return %yq : tensor<1x2x!quant.uniform<i8:f32, 1.0>>
}
