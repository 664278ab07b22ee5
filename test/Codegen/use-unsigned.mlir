// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-use-unsigned --mlir-print-local-scope | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#mkr = affine_map<(m, n, k, r) -> (m, k, r)>
#knr = affine_map<(m, n, k, r) -> (k, n)>
#mnr = affine_map<(m, n, k, r) -> (m, n)>

// The example of Passes.td. -128 times the sums of the columns of the weights
// join the bias: 128 * (1 + 4 - 7 - 128) = -16640 and so on.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi32>, %[[ARG1:.*]]: i32, %[[ARG2:.*]]: i8) -> tensor<2x3xi32> {
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<{{\[\[}}1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<2x4xi8>
// CHECK-NEXT: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<2x4xi32>) outs(%[[V0]] : tensor<2x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V3:.*]] = qdot.requantize %[[IN]], %[[ARG1]], %[[ARG2]] zero_point(125) clamp(0, 255) contract tosa_single : i32, i32 -> i8
// CHECK-NEXT: linalg.yield %[[V3]] : i8
// CHECK-NEXT: } -> tensor<2x4xi8>
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<{{\[\[}}16641, -17662, -765], [16644, -17659, -762]]> : tensor<2x3xi32>
// CHECK-NEXT: %[[V2:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V1]], %[[CST]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[CST_1]] : tensor<2x3xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_2:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V3:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V4:.*]] = arith.extsi %[[IN_2]] : i8 to i32
// CHECK-NEXT: %[[V5:.*]] = arith.muli %[[V3]], %[[V4]] : i32
// CHECK-NEXT: %[[V6:.*]] = arith.addi %[[OUT]], %[[V5]] : i32
// CHECK-NEXT: linalg.yield %[[V6]] : i32
// CHECK-NEXT: } -> tensor<2x3xi32>
// CHECK-NEXT: return %[[V2]] : tensor<2x3xi32>
func.func @example(%x: tensor<2x4xi32>, %m: i32, %s: i8) -> tensor<2x3xi32> {
  %w = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
  %bias = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %e = tensor.empty() : tensor<2x4xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xi32>) outs(%e : tensor<2x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(-3) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%q, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// Arguments and results keep their form: they are flipped at the boundary, with
// a dynamic batch as well. The bias has one value per channel.
// CHECK-LABEL: func.func @boundary(
// CHECK-SAME: %[[ARG0:.*]]: tensor<?x4xi8>) -> (tensor<?x3xi32>, tensor<?x4xi8>) {
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM:.*]] = tensor.dim %[[ARG0]], %[[C0]] : tensor<?x4xi8>
// CHECK-NEXT: %[[V0:.*]] = tensor.empty(%[[DIM]]) : tensor<?x4xi8>
// CHECK-NEXT: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<?x4xi8>) outs(%[[V0]] : tensor<?x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V8:.*]] = arith.xori %[[IN]], %[[CM128_I8]] : i8
// CHECK-NEXT: linalg.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<?x4xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
// CHECK-NEXT: %[[C0_0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[DIM_1:.*]] = tensor.dim %[[V1]], %[[C0_0]] : tensor<?x4xi8>
// CHECK-NEXT: %[[V2:.*]] = tensor.empty(%[[DIM_1]]) : tensor<?x3xi32>
// CHECK-NEXT: %[[V3:.*]] = linalg.fill ins(%[[C0_I32]] : i32) outs(%[[V2]] : tensor<?x3xi32>) -> tensor<?x3xi32>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<[16640, -17664, -768]> : tensor<3xi32>
// CHECK-NEXT: %[[C0_3:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM_4:.*]] = tensor.dim %[[V3]], %[[C0_3]] : tensor<?x3xi32>
// CHECK-NEXT: %[[V4:.*]] = tensor.empty(%[[DIM_4]]) : tensor<?x3xi32>
// CHECK-NEXT: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_2]] : tensor<3xi32>) outs(%[[V4]] : tensor<?x3xi32>) dimensions = [0]
// CHECK-NEXT: %[[V5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V1]], %[[CST]] : tensor<?x4xi8>, tensor<4x3xi8>) outs(%[[BROADCASTED]] : tensor<?x3xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_7:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V8:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[IN_7]] : i8 to i32
// CHECK-NEXT: %[[V10:.*]] = arith.muli %[[V8]], %[[V9]] : i32
// CHECK-NEXT: %[[V11:.*]] = arith.addi %[[OUT]], %[[V10]] : i32
// CHECK-NEXT: linalg.yield %[[V11]] : i32
// CHECK-NEXT: } -> tensor<?x3xi32>
// CHECK-NEXT: %[[C0_5:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM_6:.*]] = tensor.dim %[[V1]], %[[C0_5]] : tensor<?x4xi8>
// CHECK-NEXT: %[[V6:.*]] = tensor.empty(%[[DIM_6]]) : tensor<?x4xi8>
// CHECK-NEXT: %[[V7:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[V1]] : tensor<?x4xi8>) outs(%[[V6]] : tensor<?x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V8:.*]] = arith.xori %[[IN]], %[[CM128_I8]] : i8
// CHECK-NEXT: linalg.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<?x4xi8>
// CHECK-NEXT: return %[[V5]], %[[V7]] : tensor<?x3xi32>, tensor<?x4xi8>
func.func @boundary(%x: tensor<?x4xi8>) -> (tensor<?x3xi32>, tensor<?x4xi8>) {
  %w = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %n = tensor.dim %x, %c0 : tensor<?x4xi8>
  %e = tensor.empty(%n) : tensor<?x3xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<?x3xi32>) -> tensor<?x3xi32>
  %y = linalg.matmul ins(%x, %w : tensor<?x4xi8>, tensor<4x3xi8>) outs(%f : tensor<?x3xi32>) -> tensor<?x3xi32>
  return %y, %x : tensor<?x3xi32>, tensor<?x4xi8>
}

// The same for quantized types at the boundary.
// CHECK-LABEL: func.func @casts(
// CHECK-SAME: %[[ARG0:.*]]: tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>> {
// CHECK-NEXT: %[[V0:.*]] = quant.scast %[[ARG0]] : tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>> to tensor<?x4xi8>
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM:.*]] = tensor.dim %[[V0]], %[[C0]] : tensor<?x4xi8>
// CHECK-NEXT: %[[V1:.*]] = tensor.empty(%[[DIM]]) : tensor<?x4xi8>
// CHECK-NEXT: %[[V2:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[V0]] : tensor<?x4xi8>) outs(%[[V1]] : tensor<?x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V10:.*]] = arith.xori %[[IN]], %[[CM128_I8]] : i8
// CHECK-NEXT: linalg.yield %[[V10]] : i8
// CHECK-NEXT: } -> tensor<?x4xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<1> : tensor<4x4xi8>
// CHECK-NEXT: %[[C0_0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[C0_I32:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[DIM_1:.*]] = tensor.dim %[[V2]], %[[C0_0]] : tensor<?x4xi8>
// CHECK-NEXT: %[[V3:.*]] = tensor.empty(%[[DIM_1]]) : tensor<?x4xi32>
// CHECK-NEXT: %[[V4:.*]] = linalg.fill ins(%[[C0_I32]] : i32) outs(%[[V3]] : tensor<?x4xi32>) -> tensor<?x4xi32>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<-512> : tensor<4xi32>
// CHECK-NEXT: %[[C0_3:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[DIM_4:.*]] = tensor.dim %[[V4]], %[[C0_3]] : tensor<?x4xi32>
// CHECK-NEXT: %[[V5:.*]] = tensor.empty(%[[DIM_4]]) : tensor<?x4xi32>
// CHECK-NEXT: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_2]] : tensor<4xi32>) outs(%[[V5]] : tensor<?x4xi32>) dimensions = [0]
// CHECK-NEXT: %[[V6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V2]], %[[CST]] : tensor<?x4xi8>, tensor<4x4xi8>) outs(%[[BROADCASTED]] : tensor<?x4xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_5:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V10:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V11:.*]] = arith.extsi %[[IN_5]] : i8 to i32
// CHECK-NEXT: %[[V12:.*]] = arith.muli %[[V10]], %[[V11]] : i32
// CHECK-NEXT: %[[V13:.*]] = arith.addi %[[OUT]], %[[V12]] : i32
// CHECK-NEXT: linalg.yield %[[V13]] : i32
// CHECK-NEXT: } -> tensor<?x4xi32>
// CHECK-NEXT: %[[V7:.*]] = tensor.empty(%[[DIM_1]]) : tensor<?x4xi8>
// CHECK-NEXT: %[[V8:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[V6]] : tensor<?x4xi32>) outs(%[[V7]] : tensor<?x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V10:.*]] = arith.trunci %[[IN]] : i32 to i8
// CHECK-NEXT: linalg.yield %[[V10]] : i8
// CHECK-NEXT: } -> tensor<?x4xi8>
// CHECK-NEXT: %[[V9:.*]] = quant.scast %[[V8]] : tensor<?x4xi8> to tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK-NEXT: return %[[V9]] : tensor<?x4x!quant.uniform<i8:f32, 5.000000e-01:3>>
func.func @casts(%q: tensor<?x4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<?x4x!quant.uniform<i8:f32, 0.5:3>> {
  %x = quant.scast %q : tensor<?x4x!quant.uniform<i8:f32, 0.5:3>> to tensor<?x4xi8>
  %w = arith.constant dense<1> : tensor<4x4xi8>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %n = tensor.dim %x, %c0 : tensor<?x4xi8>
  %e = tensor.empty(%n) : tensor<?x4xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<?x4xi32>) -> tensor<?x4xi32>
  %y = linalg.matmul ins(%x, %w : tensor<?x4xi8>, tensor<4x4xi8>) outs(%f : tensor<?x4xi32>) -> tensor<?x4xi32>
  %b = tensor.empty(%n) : tensor<?x4xi8>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x4xi32>) outs(%b : tensor<?x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = arith.trunci %in : i32 to i8
    linalg.yield %0 : i8
  } -> tensor<?x4xi8>
  %r = quant.scast %z : tensor<?x4xi8> to tensor<?x4x!quant.uniform<i8:f32, 0.5:3>>
  return %r : tensor<?x4x!quant.uniform<i8:f32, 0.5:3>>
}

// What is stored alike changes together: a pad and its value, a joined
// constant, reshapes, a maximum and its filled destination. A convolution,
// strided and dilated, with the sums of 4 * 3 weights per channel.
// CHECK-LABEL: func.func @moves(
// CHECK-SAME: %[[ARG0:.*]]: tensor<1x6x6x2xi8>) -> tensor<1x3x4x3xi32> {
// CHECK: %[[V1:.*]] = linalg.generic {{.*}} ins(%[[ARG0]] : tensor<1x6x6x2xi8>)
// CHECK: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: arith.xori %{{.*}}, %[[CM128_I8]] : i8
// CHECK: %[[C0_I8:.*]] = arith.constant 0 : i8
// CHECK-NEXT: %[[V2:.*]] = linalg.fill ins(%[[C0_I8]] : i8) outs(%{{.*}} : tensor<1x5x5x2xi8>) -> tensor<1x5x5x2xi8>
// CHECK-NEXT: %[[V3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[V1]], %{{.*}} : tensor<1x6x6x2xi8>, tensor<2x2xi8>) outs(%[[V2]] : tensor<1x5x5x2xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_5:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V8:.*]] = arith.maxui %[[OUT]], %[[IN]] : i8
// CHECK-NEXT: linalg.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<1x5x5x2xi8>
// CHECK-NEXT: %[[PADDED:.*]] = tensor.pad %[[V3]] low[0, 1, 1, 0] high[0, 1, 0, 0] {
// CHECK-NEXT: ^bb0(%[[ARG1:.*]]: index, %[[ARG2:.*]]: index, %[[ARG3:.*]]: index, %[[ARG4:.*]]: index):
// CHECK-NEXT: %[[C121_I8:.*]] = arith.constant 121 : i8
// CHECK-NEXT: tensor.yield %[[C121_I8]] : i8
// CHECK-NEXT: } : tensor<1x5x5x2xi8> to tensor<1x7x6x2xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<-123> : tensor<1x7x6x1xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<5> : tensor<1x7x6x1xi8>
// CHECK-NEXT: %[[CONCAT:.*]] = tensor.concat dim(3) %[[PADDED]], %[[CST]] : (tensor<1x7x6x2xi8>, tensor<1x7x6x1xi8>) -> tensor<1x7x6x3xi8>
// CHECK-NEXT: %[[COLLAPSED:.*]] = tensor.collapse_shape %[[CONCAT]] {{\[\[}}0, 1], [2], [3]] : tensor<1x7x6x3xi8> into tensor<7x6x3xi8>
// CHECK-NEXT: %[[EXPANDED:.*]] = tensor.expand_shape %[[COLLAPSED]] {{\[\[}}0, 1], [2], [3]] output_shape [1, 7, 6, 3] : tensor<7x6x3xi8> into tensor<1x7x6x3xi8>
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<1> : tensor<2x2x3x3xi8>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<[10, 20, 30]> : tensor<3xi32>
// CHECK: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_2]] : tensor<3xi32>) outs(%{{.*}} : tensor<1x3x4x3xi32>) dimensions = [0, 1, 2]
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant dense<[-1526, -1516, -1506]> : tensor<3xi32>
// CHECK: %[[BROADCASTED_4:.*]] = linalg.broadcast ins(%[[CST_3]] : tensor<3xi32>) outs(%{{.*}} : tensor<1x3x4x3xi32>) dimensions = [0, 1, 2]
// CHECK-NEXT: %[[V6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 + d5 * 2, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[EXPANDED]], %[[CST_1]] : tensor<1x7x6x3xi8>, tensor<2x2x3x3xi8>) outs(%[[BROADCASTED_4]] : tensor<1x3x4x3xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_5:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V7:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V8:.*]] = arith.extsi %[[IN_5]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.muli %[[V7]], %[[V8]] : i32
// CHECK-NEXT: %[[V10:.*]] = arith.addi %[[OUT]], %[[V9]] : i32
// CHECK-NEXT: linalg.yield %[[V10]] : i32
// CHECK-NEXT: } -> tensor<1x3x4x3xi32>
// CHECK-NEXT: return %[[V6]] : tensor<1x3x4x3xi32>
func.func @moves(%x: tensor<1x6x6x2xi8>) -> tensor<1x3x4x3xi32> {
  %min = arith.constant -128 : i8
  %zp = arith.constant -7 : i8
  %pe = tensor.empty() : tensor<1x5x5x2xi8>
  %window = tensor.empty() : tensor<2x2xi8>
  %pi = linalg.fill ins(%min : i8) outs(%pe : tensor<1x5x5x2xi8>) -> tensor<1x5x5x2xi8>
  %pool = linalg.pooling_nhwc_max ins(%x, %window : tensor<1x6x6x2xi8>, tensor<2x2xi8>) outs(%pi : tensor<1x5x5x2xi8>) -> tensor<1x5x5x2xi8>
  %p = tensor.pad %pool low[0, 1, 1, 0] high[0, 1, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zp : i8
  } : tensor<1x5x5x2xi8> to tensor<1x7x6x2xi8>
  %c = arith.constant dense<5> : tensor<1x7x6x1xi8>
  %cc = tensor.concat dim(3) %p, %c : (tensor<1x7x6x2xi8>, tensor<1x7x6x1xi8>) -> tensor<1x7x6x3xi8>
  %flat = tensor.collapse_shape %cc [[0, 1], [2], [3]] : tensor<1x7x6x3xi8> into tensor<7x6x3xi8>
  %again = tensor.expand_shape %flat [[0, 1], [2], [3]] output_shape [1, 7, 6, 3] : tensor<7x6x3xi8> into tensor<1x7x6x3xi8>
  %w = arith.constant dense<1> : tensor<2x2x3x3xi8>
  %bias = arith.constant dense<[10, 20, 30]> : tensor<3xi32>
  %e = tensor.empty() : tensor<1x3x4x3xi32>
  %b = linalg.broadcast ins(%bias : tensor<3xi32>) outs(%e : tensor<1x3x4x3xi32>) dimensions = [0, 1, 2]
  %y = linalg.conv_2d_nhwc_hwcf {strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<[1, 2]> : tensor<2xi64>}
    ins(%again, %w : tensor<1x7x6x3xi8>, tensor<2x2x3x3xi8>) outs(%b : tensor<1x3x4x3xi32>) -> tensor<1x3x4x3xi32>
  return %y : tensor<1x3x4x3xi32>
}

// A slice moved into another tensor, and one element of it read elsewhere.
// CHECK-LABEL: func.func @slices(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x3xi32>, %[[ARG1:.*]]: index) -> (tensor<4x2xi32>, i8) {
// CHECK: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<2x3xi32>) outs(%{{.*}} : tensor<2x3xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V7:.*]] = arith.trunci %[[IN]] : i32 to i8
// CHECK-NEXT: %[[CM128_I8_1:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V8:.*]] = arith.xori %[[V7]], %[[CM128_I8_1]] : i8
// CHECK-NEXT: linalg.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<2x3xi8>
// CHECK: %[[CM127_I8:.*]] = arith.constant -127 : i8
// CHECK-NEXT: %[[V3:.*]] = linalg.fill ins(%[[CM127_I8]] : i8) outs(%{{.*}} : tensor<4x3xi8>) -> tensor<4x3xi8>
// CHECK-NEXT: %[[INSERTED_SLICE:.*]] = tensor.insert_slice %[[V1]] into %[[V3]][1, 0] [2, 3] [1, 1] : tensor<2x3xi8> into tensor<4x3xi8>
// CHECK-NEXT: %[[EXTRACTED:.*]] = tensor.extract %[[INSERTED_SLICE]][%[[ARG1]], %[[ARG1]]] : tensor<4x3xi8>
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK-NEXT: %[[V4:.*]] = arith.xori %[[EXTRACTED]], %[[CM128_I8]] : i8
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<[-1152, -1536]> : tensor<2xi32>
// CHECK: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_0]] : tensor<2xi32>) outs(%{{.*}} : tensor<4x2xi32>) dimensions = [0]
// CHECK-NEXT: %[[V6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[INSERTED_SLICE]], %[[CST]] : tensor<4x3xi8>, tensor<3x2xi8>) outs(%[[BROADCASTED]] : tensor<4x2xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_1:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V7:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V8:.*]] = arith.extsi %[[IN_1]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.muli %[[V7]], %[[V8]] : i32
// CHECK-NEXT: %[[V10:.*]] = arith.addi %[[OUT]], %[[V9]] : i32
// CHECK-NEXT: linalg.yield %[[V10]] : i32
// CHECK-NEXT: } -> tensor<4x2xi32>
// CHECK-NEXT: return %[[V6]], %[[V4]] : tensor<4x2xi32>, i8
func.func @slices(%x: tensor<2x3xi32>, %i: index) -> (tensor<4x2xi32>, i8) {
  %zero = arith.constant 0 : i32
  %f = arith.constant 1 : i8
  %e = tensor.empty() : tensor<2x3xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x3xi32>) outs(%e : tensor<2x3xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = arith.trunci %in : i32 to i8
    linalg.yield %0 : i8
  } -> tensor<2x3xi8>
  %b = tensor.empty() : tensor<4x3xi8>
  %bf = linalg.fill ins(%f : i8) outs(%b : tensor<4x3xi8>) -> tensor<4x3xi8>
  %s = tensor.insert_slice %q into %bf[1, 0] [2, 3] [1, 1] : tensor<2x3xi8> into tensor<4x3xi8>
  %one = tensor.extract %s[%i, %i] : tensor<4x3xi8>
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %ye = tensor.empty() : tensor<4x2xi32>
  %yf = linalg.fill ins(%zero : i32) outs(%ye : tensor<4x2xi32>) -> tensor<4x2xi32>
  %y = linalg.matmul ins(%s, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%yf : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %y, %one : tensor<4x2xi32>, i8
}

// A residual addition: the operand that a contraction reads too is unsigned in
// the sum, the results of both contracts move by 128.
// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: i32, %[[ARG2:.*]]: i8, %[[ARG3:.*]]: f32) -> tensor<2x4xi32> {
// CHECK: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<2x4xi8>) outs(%{{.*}} : tensor<2x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK: linalg.yield %{{.*}} : i8
// CHECK-NEXT: } -> tensor<2x4xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<1> : tensor<4x4xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<0> : tensor<2x4xi32>
// CHECK: %[[CST_1:.*]] = arith.constant dense<-512> : tensor<2x4xi32>
// CHECK-NEXT: %[[V3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V1]], %[[CST]] : tensor<2x4xi8>, tensor<4x4xi8>) outs(%[[CST_1]] : tensor<2x4xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_4:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V8:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[IN_4]] : i8 to i32
// CHECK-NEXT: %[[V10:.*]] = arith.muli %[[V8]], %[[V9]] : i32
// CHECK-NEXT: %[[V11:.*]] = arith.addi %[[OUT]], %[[V10]] : i32
// CHECK-NEXT: linalg.yield %[[V11]] : i32
// CHECK-NEXT: } -> tensor<2x4xi32>
// CHECK-NEXT: %[[V4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[V3]], %[[V1]] : tensor<2x4xi32>, tensor<2x4xi8>) outs(%{{.*}} : tensor<2x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[IN_4:.*]]: i8, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V8:.*]] = qdot.requantize %[[IN]], %[[ARG1]], %[[ARG2]] zero_point(-3) clamp(-3, 127) contract tosa_single : i32, i32 -> i8
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[V8]] : i8 to i32
// CHECK-NEXT: %[[V10:.*]] = arith.extui %[[IN_4]] : i8 to i32
// CHECK-NEXT: %[[C128_I32:.*]] = arith.constant 128 : i32
// CHECK-NEXT: %[[V11:.*]] = arith.subi %[[V10]], %[[C128_I32]] : i32
// CHECK-NEXT: %[[V12:.*]] = arith.addi %[[V9]], %[[V11]] : i32
// CHECK-NEXT: %[[V13:.*]] = qdot.requantize %[[V12]], %[[ARG1]], %[[ARG2]] zero_point(135) clamp(0, 255) contract tosa_double : i32, i32 -> i8
// CHECK-NEXT: linalg.yield %[[V13]] : i8
// CHECK-NEXT: } -> tensor<2x4xi8>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<-512> : tensor<2x4xi32>
// CHECK-NEXT: %[[V5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V4]], %[[CST]] : tensor<2x4xi8>, tensor<4x4xi8>) outs(%[[CST_2]] : tensor<2x4xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_4:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V8:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[IN_4]] : i8 to i32
// CHECK-NEXT: %[[V10:.*]] = arith.muli %[[V8]], %[[V9]] : i32
// CHECK-NEXT: %[[V11:.*]] = arith.addi %[[OUT]], %[[V10]] : i32
// CHECK-NEXT: linalg.yield %[[V11]] : i32
// CHECK-NEXT: } -> tensor<2x4xi32>
// CHECK-NEXT: %[[V6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[V5]] : tensor<2x4xi32>) outs(%{{.*}} : tensor<2x4xi8>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[OUT:.*]]: i8):
// CHECK-NEXT: %[[V8:.*]] = qdot.requantize %[[IN]], %[[ARG3]] zero_point(255) clamp(128, 255) contract f32 : i32, f32 -> i8
// CHECK-NEXT: linalg.yield %[[V8]] : i8
// CHECK-NEXT: } -> tensor<2x4xi8>
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant dense<-512> : tensor<2x4xi32>
// CHECK-NEXT: %[[V7:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V6]], %[[CST]] : tensor<2x4xi8>, tensor<4x4xi8>) outs(%[[CST_3]] : tensor<2x4xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_4:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V8:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.extsi %[[IN_4]] : i8 to i32
// CHECK-NEXT: %[[V10:.*]] = arith.muli %[[V8]], %[[V9]] : i32
// CHECK-NEXT: %[[V11:.*]] = arith.addi %[[OUT]], %[[V10]] : i32
// CHECK-NEXT: linalg.yield %[[V11]] : i32
// CHECK-NEXT: } -> tensor<2x4xi32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xi32>
func.func @residual(%x: tensor<2x4xi8>, %m: i32, %s: i8, %f: f32) -> tensor<2x4xi32> {
  %w = arith.constant dense<1> : tensor<4x4xi8>
  %z = arith.constant dense<0> : tensor<2x4xi32>
  %e = tensor.empty() : tensor<2x4xi8>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xi8>, tensor<4x4xi8>) outs(%z : tensor<2x4xi32>) -> tensor<2x4xi32>
  %q = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %x : tensor<2x4xi32>, tensor<2x4xi8>) outs(%e : tensor<2x4xi8>) {
  ^bb0(%in: i32, %r: i8, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(-3) clamp(-3, 127) contract tosa_single : i32, i32 -> i8
    %1 = arith.extsi %0 : i8 to i32
    %2 = arith.extsi %r : i8 to i32
    %3 = arith.addi %1, %2 : i32
    %4 = qdot.requantize %3, %m, %s zero_point(7) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
    linalg.yield %4 : i8
  } -> tensor<2x4xi8>
  %y2 = linalg.matmul ins(%q, %w : tensor<2x4xi8>, tensor<4x4xi8>) outs(%z : tensor<2x4xi32>) -> tensor<2x4xi32>
  %q2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%y2 : tensor<2x4xi32>) outs(%e : tensor<2x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %f zero_point(127) clamp(0, 127) contract f32 : i32, f32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %y3 = linalg.matmul ins(%q2, %w : tensor<2x4xi8>, tensor<4x4xi8>) outs(%z : tensor<2x4xi32>) -> tensor<2x4xi32>
  return %y3 : tensor<2x4xi32>
}

// Weights on the left; a start that varies along the rows.
// CHECK-LABEL: func.func @weights_left(
// CHECK-SAME: %[[ARG0:.*]]: tensor<4x2xi8>) -> tensor<3x2xi32> {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<4x2xi8>
// CHECK-NEXT: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<4x2xi8>) outs(%[[V0]] : tensor<4x2xi8>) {
// CHECK: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK: } -> tensor<4x2xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}1, 2, 3, 4], [-1, -2, -3, -4], [127, 127, 127, 127]]> : tensor<3x4xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
// CHECK-NEXT: %[[V2:.*]] = tensor.empty() : tensor<3x2xi32>
// CHECK-NEXT: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_0]] : tensor<3xi32>) outs(%[[V2]] : tensor<3x2xi32>) dimensions = [1]
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<[-1279, 1282, -65021]> : tensor<3xi32>
// CHECK-NEXT: %[[V3:.*]] = tensor.empty() : tensor<3x2xi32>
// CHECK-NEXT: %[[BROADCASTED_2:.*]] = linalg.broadcast ins(%[[CST_1]] : tensor<3xi32>) outs(%[[V3]] : tensor<3x2xi32>) dimensions = [1]
// CHECK-NEXT: %[[V4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[CST]], %[[V1]] : tensor<3x4xi8>, tensor<4x2xi8>) outs(%[[BROADCASTED_2]] : tensor<3x2xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_3:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V5:.*]] = arith.extsi %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V6:.*]] = arith.extui %[[IN_3]] : i8 to i32
// CHECK-NEXT: %[[V7:.*]] = arith.muli %[[V5]], %[[V6]] : i32
// CHECK-NEXT: %[[V8:.*]] = arith.addi %[[OUT]], %[[V7]] : i32
// CHECK-NEXT: linalg.yield %[[V8]] : i32
// CHECK-NEXT: } -> tensor<3x2xi32>
// CHECK-NEXT: return %[[V4]] : tensor<3x2xi32>
func.func @weights_left(%x: tensor<4x2xi8>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 2, 3, 4], [-1, -2, -3, -4], [127, 127, 127, 127]]> : tensor<3x4xi8>
  %bias = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %e = tensor.empty() : tensor<3x2xi32>
  %b = linalg.broadcast ins(%bias : tensor<3xi32>) outs(%e : tensor<3x2xi32>) dimensions = [1]
  %y = linalg.matmul ins(%w, %x : tensor<3x4xi8>, tensor<4x2xi8>) outs(%b : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

// Weights per batch, and a depthwise convolution.
// CHECK-LABEL: func.func @batches(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x1x3xi8>, %[[ARG1:.*]]: tensor<1x3x3x2xi8>) -> (tensor<2x1x2xi32>, tensor<1x2x2x2xi32>) {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<1x3x3x2xi8>
// CHECK-NEXT: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%[[ARG1]] : tensor<1x3x3x2xi8>) outs(%[[V0]] : tensor<1x3x3x2xi8>) {
// CHECK: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK: } -> tensor<1x3x3x2xi8>
// CHECK-NEXT: %[[V2:.*]] = tensor.empty() : tensor<2x1x3xi8>
// CHECK-NEXT: %[[V3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%[[ARG0]] : tensor<2x1x3xi8>) outs(%[[V2]] : tensor<2x1x3xi8>) {
// CHECK: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK: } -> tensor<2x1x3xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}[1, 2], [3, 4], [5, 6]], {{\[\[}}-1, -2], [-3, -4], [-5, -6]]]> : tensor<2x3x2xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<0> : tensor<2x1x2xi32>
// CHECK-NEXT: %[[CST_1:.*]] = arith.constant dense<{{\[\[}}[-1152, -1536]], {{\[\[}}1152, 1536]]]> : tensor<2x1x2xi32>
// CHECK-NEXT: %[[V4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[V3]], %[[CST]] : tensor<2x1x3xi8>, tensor<2x3x2xi8>) outs(%[[CST_1]] : tensor<2x1x2xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_5:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V6:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V7:.*]] = arith.extsi %[[IN_5]] : i8 to i32
// CHECK-NEXT: %[[V8:.*]] = arith.muli %[[V6]], %[[V7]] : i32
// CHECK-NEXT: %[[V9:.*]] = arith.addi %[[OUT]], %[[V8]] : i32
// CHECK-NEXT: linalg.yield %[[V9]] : i32
// CHECK-NEXT: } -> tensor<2x1x2xi32>
// CHECK-NEXT: %[[CST_2:.*]] = arith.constant dense<{{\[\[}}[1, 10], [2, 20]], {{\[\[}}3, 30], [4, 40]]]> : tensor<2x2x2xi8>
// CHECK-NEXT: %[[CST_3:.*]] = arith.constant dense<7> : tensor<1x2x2x2xi32>
// CHECK-NEXT: %[[CST_4:.*]] = arith.constant dense<{{\[\[}}{{\[\[}}-1273, -12793], [-1273, -12793]], {{\[\[}}-1273, -12793], [-1273, -12793]]]]> : tensor<1x2x2x2xi32>
// CHECK-NEXT: %[[V5:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[V1]], %[[CST_2]] : tensor<1x3x3x2xi8>, tensor<2x2x2xi8>) outs(%[[CST_4]] : tensor<1x2x2x2xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_5:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V6:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V7:.*]] = arith.extsi %[[IN_5]] : i8 to i32
// CHECK-NEXT: %[[V8:.*]] = arith.muli %[[V6]], %[[V7]] : i32
// CHECK-NEXT: %[[V9:.*]] = arith.addi %[[OUT]], %[[V8]] : i32
// CHECK-NEXT: linalg.yield %[[V9]] : i32
// CHECK-NEXT: } -> tensor<1x2x2x2xi32>
// CHECK-NEXT: return %[[V4]], %[[V5]] : tensor<2x1x2xi32>, tensor<1x2x2x2xi32>
func.func @batches(%x: tensor<2x1x3xi8>, %v: tensor<1x3x3x2xi8>) -> (tensor<2x1x2xi32>, tensor<1x2x2x2xi32>) {
  %w = arith.constant dense<[[[1, 2], [3, 4], [5, 6]], [[-1, -2], [-3, -4], [-5, -6]]]> : tensor<2x3x2xi8>
  %z = arith.constant dense<0> : tensor<2x1x2xi32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x1x3xi8>, tensor<2x3x2xi8>) outs(%z : tensor<2x1x2xi32>) -> tensor<2x1x2xi32>
  %d = arith.constant dense<[[[1, 10], [2, 20]], [[3, 30], [4, 40]]]> : tensor<2x2x2xi8>
  %zd = arith.constant dense<7> : tensor<1x2x2x2xi32>
  %yd = linalg.depthwise_conv_2d_nhwc_hwc ins(%v, %d : tensor<1x3x3x2xi8>, tensor<2x2x2xi8>) outs(%zd : tensor<1x2x2x2xi32>) -> tensor<1x2x2x2xi32>
  return %y, %yd : tensor<2x1x2xi32>, tensor<1x2x2x2xi32>
}

// The start is no constant: an elementwise sum adds -128 sum w to it.
// CHECK-LABEL: func.func @start(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>, %[[ARG1:.*]]: tensor<2x3xi32>) -> tensor<2x3xi32> {
// CHECK-NEXT: %[[V0:.*]] = tensor.empty() : tensor<2x4xi8>
// CHECK-NEXT: %[[V1:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG0]] : tensor<2x4xi8>) outs(%[[V0]] : tensor<2x4xi8>) {
// CHECK: %[[CM128_I8:.*]] = arith.constant -128 : i8
// CHECK: } -> tensor<2x4xi8>
// CHECK-NEXT: %[[CST:.*]] = arith.constant dense<{{\[\[}}1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
// CHECK-NEXT: %[[CST_0:.*]] = arith.constant dense<[16640, -17664, -768]> : tensor<3xi32>
// CHECK-NEXT: %[[V2:.*]] = tensor.empty() : tensor<2x3xi32>
// CHECK-NEXT: %[[BROADCASTED:.*]] = linalg.broadcast ins(%[[CST_0]] : tensor<3xi32>) outs(%[[V2]] : tensor<2x3xi32>) dimensions = [0]
// CHECK-NEXT: %[[V3:.*]] = tensor.empty() : tensor<2x3xi32>
// CHECK-NEXT: %[[V4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[ARG1]], %[[BROADCASTED]] : tensor<2x3xi32>, tensor<2x3xi32>) outs(%[[V3]] : tensor<2x3xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i32, %[[IN_1:.*]]: i32, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V5:.*]] = arith.addi %[[IN]], %[[IN_1]] : i32
// CHECK-NEXT: linalg.yield %[[V5]] : i32
// CHECK-NEXT: } -> tensor<2x3xi32>
// CHECK-NEXT: %[[V6:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[V1]], %[[CST]] : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[V4]] : tensor<2x3xi32>) {
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %[[IN_1:.*]]: i8, %[[OUT:.*]]: i32):
// CHECK-NEXT: %[[V7:.*]] = arith.extui %[[IN]] : i8 to i32
// CHECK-NEXT: %[[V8:.*]] = arith.extsi %[[IN_1]] : i8 to i32
// CHECK-NEXT: %[[V9:.*]] = arith.muli %[[V7]], %[[V8]] : i32
// CHECK-NEXT: %[[V10:.*]] = arith.addi %[[OUT]], %[[V9]] : i32
// CHECK-NEXT: linalg.yield %[[V10]] : i32
// CHECK-NEXT: } -> tensor<2x3xi32>
// CHECK-NEXT: return %[[V6]] : tensor<2x3xi32>
func.func @start(%x: tensor<2x4xi8>, %init: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %w = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%init : tensor<2x3xi32>) -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// The weights do not vary along the last reduction, so each is met three times:
// 10 - 3 * 128 * (1 + 3) = -1526 and 20 - 3 * 128 * (-2 + 4) = -748. The same
// weights, with a start that is no constant.
// CHECK-LABEL: func.func @repeated_weights(
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}1, -2], [3, 4]]> : tensor<2x2xi8>
// CHECK-DAG: %[[SUMS:.*]] = arith.constant dense<[-1526, -748]> : tensor<2xi32>
// CHECK: %[[BIAS:.*]] = linalg.broadcast ins(%[[SUMS]] : tensor<2xi32>) outs(%{{.*}} : tensor<5x2xi32>) dimensions = [0]
// CHECK-NEXT: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : tensor<5x2x3xi8>, tensor<2x2xi8>) outs(%[[BIAS]] : tensor<5x2xi32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %{{.*}}: i8, %{{.*}}: i32):
// CHECK-NEXT: arith.extui %[[IN]] : i8 to i32
// CHECK: %[[BARE:.*]] = arith.constant dense<[-1536, -768]> : tensor<2xi32>
// CHECK: %[[MORE:.*]] = linalg.broadcast ins(%[[BARE]] : tensor<2xi32>) outs(%{{.*}} : tensor<5x2xi32>) dimensions = [0]
// CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[MORE]] : tensor<5x2xi32>, tensor<5x2xi32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : tensor<5x2x3xi8>, tensor<2x2xi8>) outs(%[[START]] : tensor<5x2xi32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %{{.*}}: i8, %{{.*}}: i32):
// CHECK-NEXT: arith.extui %[[IN]] : i8 to i32
func.func @repeated_weights(%x: tensor<5x2x3xi8>, %init: tensor<5x2xi32>) -> (tensor<5x2xi32>, tensor<5x2xi32>) {
  %w = arith.constant dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>
  %bias = arith.constant dense<[10, 20]> : tensor<2xi32>
  %e = tensor.empty() : tensor<5x2xi32>
  %b = linalg.broadcast ins(%bias : tensor<2xi32>) outs(%e : tensor<5x2xi32>) dimensions = [0]
  %0 = linalg.generic {indexing_maps = [#mkr, #knr, #mnr], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<5x2x3xi8>, tensor<2x2xi8>) outs(%b : tensor<5x2xi32>) {
  ^bb0(%l: i8, %r: i8, %o: i32):
    %2 = arith.extsi %l : i8 to i32
    %3 = arith.extsi %r : i8 to i32
    %4 = arith.muli %2, %3 : i32
    %5 = arith.addi %o, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<5x2xi32>
  %1 = linalg.generic {indexing_maps = [#mkr, #knr, #mnr], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<5x2x3xi8>, tensor<2x2xi8>) outs(%init : tensor<5x2xi32>) {
  ^bb0(%l: i8, %r: i8, %o: i32):
    %2 = arith.extsi %l : i8 to i32
    %3 = arith.extsi %r : i8 to i32
    %4 = arith.muli %2, %3 : i32
    %5 = arith.addi %o, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<5x2xi32>
  return %0, %1 : tensor<5x2xi32>, tensor<5x2xi32>
}

// How often a weight is met is not known, so neither is the correction.
// CHECK-LABEL: func.func @dynamic_repeats(
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<5x2x?xi8>, tensor<2x2xi8>) outs(%{{.*}} : tensor<5x2xi32>)
// CHECK: %[[WIDE:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK: %[[C128:.*]] = arith.constant 128 : i32
// CHECK: arith.subi %[[WIDE]], %[[C128]] : i32
func.func @dynamic_repeats(%x: tensor<5x2x?xi8>, %init: tensor<5x2xi32>) -> tensor<5x2xi32> {
  %w = arith.constant dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#mkr, #knr, #mnr], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<5x2x?xi8>, tensor<2x2xi8>) outs(%init : tensor<5x2xi32>) {
  ^bb0(%l: i8, %r: i8, %o: i32):
    %2 = arith.extsi %l : i8 to i32
    %3 = arith.extsi %r : i8 to i32
    %4 = arith.muli %2, %3 : i32
    %5 = arith.addi %o, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<5x2xi32>
  return %0 : tensor<5x2xi32>
}

// -128 sum w beside a bias at the end of i32 would leave it.
// CHECK-LABEL: func.func @bias_at_the_end(
// CHECK-SAME: %[[ARG0:.*]]: tensor<2x4xi8>) -> tensor<2x3xi32> {
// CHECK: %[[CST_0:.*]] = arith.constant dense<-2147483648> : tensor<2x3xi32>
// CHECK-NEXT: %[[V2:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %{{.*}} : tensor<2x4xi8>, tensor<4x3xi8>) outs(%[[CST_0]] : tensor<2x3xi32>) {
// CHECK: %[[V3:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK: %[[V4:.*]] = arith.subi %[[V3]], %{{.*}} : i32
func.func @bias_at_the_end(%x: tensor<2x4xi8>) -> tensor<2x3xi32> {
  %w = arith.constant dense<1> : tensor<4x3xi8>
  %b = arith.constant dense<-2147483648> : tensor<2x3xi32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%b : tensor<2x3xi32>) -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// Nothing changes: weights that are no constant, an activation that is
// unsigned already, bytes that an op reads whose meaning is not known, a sparse
// constant.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: xori
// CHECK-NOT: subi
// CHECK-NOT: dense<-1
// CHECK: return
func.func @unchanged(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %other: tensor<2x4xi8>) -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<4x3xi32>) {
  %z = arith.constant dense<0> : tensor<2x3xi32>
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) -> tensor<2x3xi32>
  %c = arith.constant dense<1> : tensor<4x3xi8>
  %1 = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %c : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %5 = arith.extui %a : i8 to i32
    %6 = arith.extsi %b : i8 to i32
    %7 = arith.muli %5, %6 : i32
    %8 = arith.addi %o, %7 : i32
    linalg.yield %8 : i32
  } -> tensor<2x3xi32>
  %g = tensor.generate {
  ^bb0(%i: index, %j: index):
    %5 = arith.index_cast %i : index to i8
    tensor.yield %5 : i8
  } : tensor<2x4xi8>
  %2 = linalg.matmul ins(%g, %c : tensor<2x4xi8>, tensor<4x3xi8>) outs(%z : tensor<2x3xi32>) -> tensor<2x3xi32>
  %sparse = arith.constant sparse<[[0, 1]], [2]> : tensor<2x4xi8>
  %joined = tensor.concat dim(0) %other, %sparse : (tensor<2x4xi8>, tensor<2x4xi8>) -> tensor<4x4xi8>
  %z4 = arith.constant dense<0> : tensor<4x3xi32>
  %3 = linalg.matmul ins(%joined, %c : tensor<4x4xi8>, tensor<4x3xi8>) outs(%z4 : tensor<4x3xi32>) -> tensor<4x3xi32>
  return %0, %1, %2, %3 : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<4x3xi32>
}

// Bufferized already: nothing to do.
// CHECK-LABEL: func.func @memrefs
// CHECK-NOT: extui
// CHECK-NOT: xori
// CHECK: return
func.func @memrefs(%x: memref<2x4xi8>, %w: memref<4x3xi8>, %y: memref<2x3xi32>, %z: memref<2x4xi8>) {
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : memref<2x4xi8>, memref<4x3xi8>) outs(%y : memref<2x3xi32>) {
  ^bb0(%l: i8, %r: i8, %o: i32):
    %0 = arith.extsi %l : i8 to i32
    %1 = arith.extsi %r : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %o, %2 : i32
    linalg.yield %3 : i32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<2x4xi8>) outs(%z : memref<2x4xi8>) {
  ^bb0(%in: i8, %out: i8):
    linalg.yield %in : i8
  }
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>

// A table has its entries moved; one that is an argument stays, with a flip.
// CHECK-LABEL: func.func @tables(
// CHECK-SAME: %{{.*}}: tensor<2x4xi8>, %[[TABLE:.*]]: tensor<256xi8>)
// CHECK-DAG: %[[HUNDREDS:.*]] = arith.constant dense<-28> : tensor<256xi8>
// CHECK-NOT: arith.xori
// CHECK: qdot.lookup %{{.*}} in %[[HUNDREDS]] : tensor<256xi8>
// CHECK-NEXT: linalg.yield
// CHECK: %[[ENTRY:.*]] = qdot.lookup %{{.*}} in %[[TABLE]] : tensor<256xi8>
// CHECK: %[[FLIPPED:.*]] = arith.xori %[[ENTRY]], %{{.*}} : i8
// CHECK-NEXT: linalg.yield %[[FLIPPED]]
func.func @tables(%x: tensor<2x4xi8>, %table: tensor<256xi8>) -> (tensor<2x3xi32>, tensor<2x3xi32>) {
  %w = arith.constant dense<3> : tensor<4x3xi8>
  %bias = arith.constant dense<0> : tensor<2x3xi32>
  %hundreds = arith.constant dense<100> : tensor<256xi8>
  %e = tensor.empty() : tensor<2x4xi8>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xi8>) outs(%e : tensor<2x4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = qdot.lookup %in in %hundreds : tensor<256xi8>
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xi8>) outs(%e : tensor<2x4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = qdot.lookup %in in %table : tensor<256xi8>
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  %z = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%q, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %y, %z : tensor<2x3xi32>, tensor<2x3xi32>
}

// -----

#id = affine_map<(m, n) -> (m, n)>

// A product of two activations: the side of the rows is unsigned, that of the
// columns stays signed, although both are written to the same empty tensor.
// CHECK-LABEL: func.func @products(
// CHECK: qdot.requantize {{.*}} zero_point(129) clamp(0, 255)
// CHECK: qdot.requantize {{.*}} zero_point(2) clamp(-128, 127)
// CHECK: arith.extui
// CHECK: arith.extsi
func.func @products(%x: tensor<4x4xi32>, %m: i32, %s: i8) -> tensor<4x4xi32> {
  %c3 = arith.constant 3 : i32
  %start = arith.constant dense<0> : tensor<4x4xi32>
  %e = tensor.empty() : tensor<4x4xi8>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x4xi32>) outs(%e : tensor<4x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(1) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<4x4xi8>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x4xi32>) outs(%e : tensor<4x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(2) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<4x4xi8>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<4x4xi8>, tensor<4x4xi8>) outs(%start : tensor<4x4xi32>) {
  ^bb0(%p: i8, %q: i8, %c: i32):
    %1 = arith.extsi %p : i8 to i32
    %2 = arith.extsi %q : i8 to i32
    %3 = arith.subi %2, %c3 : i32
    %4 = arith.muli %1, %3 : i32
    %5 = arith.addi %c, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<4x4xi32>
  return %y : tensor<4x4xi32>
}
