// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-fold-constants | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[T:.*]] = arith.constant dense<{{\[}}[1.000000e+00, 3.000000e+00, 5.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00]]> : tensor<2x3xf32>
// CHECK-NEXT: return %[[T]] : tensor<2x3xf32>
func.func @main() -> tensor<2x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
  return %t : tensor<2x3xf32>
}

// -----

// Bits are moved, not values: NaN payloads, negative zero, any element type.
// CHECK-LABEL: func.func @bits
// CHECK-DAG: arith.constant dense<{{\[}}[0x7FC12345], [-0.000000e+00]]> : tensor<2x1xf32>
// CHECK-DAG: arith.constant dense<{{\[}}[1, -3], [-2, 4]]> : tensor<2x2xi8>
// CHECK-DAG: arith.constant dense<{{\[}}[true, true], [false, false]]> : tensor<2x2xi1>
// CHECK-DAG: arith.constant dense<{{\[}}[1, 3], [2, 4]]> : tensor<2x2xindex>
// CHECK-DAG: arith.constant dense<{{\[}}[1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xbf16>
// CHECK-NOT: linalg
func.func @bits() -> (tensor<2x1xf32>, tensor<2x2xi8>, tensor<2x2xi1>, tensor<2x2xindex>, tensor<2x2xbf16>) {
  %f = arith.constant dense<[[0x7FC12345, -0.0]]> : tensor<1x2xf32>
  %fe = tensor.empty() : tensor<2x1xf32>
  %ft = linalg.transpose ins(%f : tensor<1x2xf32>) outs(%fe : tensor<2x1xf32>) permutation = [1, 0]
  %i = arith.constant dense<[[1, -2], [-3, 4]]> : tensor<2x2xi8>
  %ie = tensor.empty() : tensor<2x2xi8>
  %it = linalg.transpose ins(%i : tensor<2x2xi8>) outs(%ie : tensor<2x2xi8>) permutation = [1, 0]
  %b = arith.constant dense<[[true, false], [true, false]]> : tensor<2x2xi1>
  %be = tensor.empty() : tensor<2x2xi1>
  %bt = linalg.transpose ins(%b : tensor<2x2xi1>) outs(%be : tensor<2x2xi1>) permutation = [1, 0]
  %x = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xindex>
  %xe = tensor.empty() : tensor<2x2xindex>
  %xt = linalg.transpose ins(%x : tensor<2x2xindex>) outs(%xe : tensor<2x2xindex>) permutation = [1, 0]
  %h = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xbf16>
  %he = tensor.empty() : tensor<2x2xbf16>
  %ht = linalg.transpose ins(%h : tensor<2x2xbf16>) outs(%he : tensor<2x2xbf16>) permutation = [1, 0]
  return %ft, %it, %bt, %xt, %ht : tensor<2x1xf32>, tensor<2x2xi8>, tensor<2x2xi1>, tensor<2x2xindex>, tensor<2x2xbf16>
}

// -----

// A chain: permuted three ways, reshaped, sliced with a stride.
// dense<0..23> of 2x3x4, permuted to 4x2x3 (element [a,b,c] = 12b + 4c + a),
// collapsed to 4x6, rows 1 and 3, columns 1, 3 and 5.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: arith.constant dense<{{\[}}[5, 13, 21], [7, 15, 23]]> : tensor<2x3xi32>
// CHECK-NEXT: return
func.func @chain() -> tensor<2x3xi32> {
  %c = arith.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %e = tensor.empty() : tensor<4x2x3xi32>
  %t = linalg.transpose ins(%c : tensor<2x3x4xi32>) outs(%e : tensor<4x2x3xi32>) permutation = [2, 0, 1]
  %r = tensor.collapse_shape %t [[0], [1, 2]] : tensor<4x2x3xi32> into tensor<4x6xi32>
  %s = tensor.extract_slice %r[1, 1] [2, 3] [2, 2] : tensor<4x6xi32> to tensor<2x3xi32>
  return %s : tensor<2x3xi32>
}

// -----

// A slice that drops a dimension, and an expansion of a splat.
// CHECK-LABEL: func.func @slice
// CHECK-DAG: arith.constant dense<[4, 5, 6]> : tensor<3xi32>
// CHECK-DAG: arith.constant dense<7.000000e+00> : tensor<2x3xf32>
// CHECK-NOT: tensor.e
func.func @slice() -> (tensor<3xi32>, tensor<2x3xf32>) {
  %c = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %s = tensor.extract_slice %c[1, 0] [1, 3] [1, 1] : tensor<2x3xi32> to tensor<3xi32>
  %f = arith.constant dense<7.0> : tensor<6xf32>
  %x = tensor.expand_shape %f [[0, 1]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
  return %s, %x : tensor<3xi32>, tensor<2x3xf32>
}

// -----

// f32 arithmetic rounds at each step: (2^24 + 1) - 2^24 is 0.
// CHECK-LABEL: func.func @arithmetic
// CHECK-NEXT: arith.constant dense<[0.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: return
func.func @arithmetic() -> tensor<2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %big = arith.constant 16777216.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%c : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %big : f32
    %r = arith.subf %s, %big : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// Two constants, one broadcast, one with the position in it, another element
// type in the result.
// CHECK-LABEL: func.func @mixed
// CHECK-NEXT: arith.constant dense<{{\[}}[1, 3], [4, 6]]> : tensor<2x2xi32>
// CHECK-NEXT: return
func.func @mixed() -> tensor<2x2xi32> {
  %row = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %column = arith.constant dense<[[0], [3]]> : tensor<2x1xi8>
  %e = tensor.empty() : tensor<2x2xi32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%row, %column : tensor<2xf32>, tensor<2x1xi8>) outs(%e : tensor<2x2xi32>) {
  ^bb0(%a: f32, %b: i8, %o: i32):
    %j = linalg.index 1 : index
    %ji = arith.index_cast %j : index to i32
    %ai = arith.fptosi %a : f32 to i32
    %bi = arith.extsi %b : i8 to i32
    %r = arith.addi %ai, %bi : i32
    %d = arith.addi %r, %ji : i32
    linalg.yield %d : i32
  } -> tensor<2x2xi32>
  return %y : tensor<2x2xi32>
}

// -----

// A resource is read like any other constant.
// CHECK-LABEL: func.func @resource
// CHECK-NEXT: arith.constant dense<{{\[}}[1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-NEXT: return
func.func @resource() -> tensor<2x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  return %t : tensor<2x2xf32>
}
{-#
  dialect_resources: { builtin: {
    w: "0x040000000000803F000000400000404000008040"
  } }
#-}

// -----

// Left alone: what would grow by more than 4 KiB, what only initializes the
// result of another op, undefined results, dynamic shapes, fills.
// CHECK-LABEL: func.func @declined
// CHECK: linalg.broadcast
// CHECK: linalg.broadcast
// CHECK: linalg.matmul
// CHECK: arith.divsi
// CHECK: linalg.fill
func.func @declined(%x: tensor<1x2xf32>) -> (tensor<1025x2xf32>, tensor<1x2xf32>, tensor<2xi32>, tensor<2xf32>) {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %large = tensor.empty() : tensor<1025x2xf32>
  %b0 = linalg.broadcast ins(%c : tensor<2xf32>) outs(%large : tensor<1025x2xf32>) dimensions = [0]
  %e = tensor.empty() : tensor<1x2xf32>
  %b1 = linalg.broadcast ins(%c : tensor<2xf32>) outs(%e : tensor<1x2xf32>) dimensions = [0]
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%b1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %i = arith.constant dense<[0, 1]> : tensor<2xi32>
  %ie = tensor.empty() : tensor<2xi32>
  %q = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%i : tensor<2xi32>) outs(%ie : tensor<2xi32>) {
  ^bb0(%a: i32, %o: i32):
    %r = arith.divsi %a, %a : i32
    linalg.yield %r : i32
  } -> tensor<2xi32>
  %zero = arith.constant 0.0 : f32
  %fe = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%fe : tensor<2xf32>) -> tensor<2xf32>
  return %b0, %m, %q, %f : tensor<1025x2xf32>, tensor<1x2xf32>, tensor<2xi32>, tensor<2xf32>
}

// -----

func.func @missing() -> tensor<2x1xf32> {
  // expected-error @+1 {{dense_resource 'absent' has no data}}
  %w = arith.constant dense_resource<absent> : tensor<1x2xf32>
  %t = tensor.collapse_shape %w [[0, 1]] : tensor<1x2xf32> into tensor<2xf32>
  %r = tensor.expand_shape %t [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
  return %r : tensor<2x1xf32>
}

// -----

func.func @short() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'short' has 4 bytes, expected 8}}
  %w = arith.constant dense_resource<short> : tensor<2xf32>
  return %w : tensor<2xf32>
}
{-#
  dialect_resources: { builtin: {
    short: "0x040000000000803F"
  } }
#-}

// -----

// Quantized weights, transposed behind their dequantize: as integers and as
// floats, one scale per row or one for all. A reshape that mixes channels stays.
// CHECK-LABEL: func.func @quantized
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[}}[1, 4], [2, 5], [3, 6]]> : tensor<3x2xi8>
// CHECK-DAG: %[[WQ:.*]] = quant.scast %[[W]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01:1,2.500000e-01}>>
// CHECK-DAG: %[[WD:.*]] = qdot.dequantize %[[WQ]]
// CHECK-DAG: %[[F:.*]] = arith.constant dense<{{\[}}1.000000e+00, -1.000000e+00, 5.000000e-01, 2.000000e+00]> : tensor<4xf32>
// CHECK-DAG: %[[FQ:.*]] = qdot.quantize %[[F]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 2.500000e-01>>
// CHECK-DAG: %[[FD:.*]] = qdot.dequantize %[[FQ]]
// CHECK: %[[M:.*]] = tensor.collapse_shape
// CHECK: return %[[WD]], %[[FD]], %[[M]]
func.func @quantized() -> (tensor<3x2xf32>, tensor<4xf32>, tensor<6xf32>) {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %wq = quant.scast %w : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32:0, {0.5:1, 0.25}>>
  %wd = qdot.dequantize %wq : tensor<2x3x!quant.uniform<i8:f32:0, {0.5:1, 0.25}>> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%wd : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  %f = arith.constant dense<[[1.0, -1.0], [0.5, 2.0]]> : tensor<2x2xf32>
  %fq = qdot.quantize %f : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8:f32, 0.25>>
  %fd = qdot.dequantize %fq : tensor<2x2x!quant.uniform<i8:f32, 0.25>> -> tensor<2x2xf32>
  %c = tensor.collapse_shape %fd [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  %m = tensor.collapse_shape %wd [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  return %t, %c, %m : tensor<3x2xf32>, tensor<4xf32>, tensor<6xf32>
}

// -----

// The grid of a detector's head: indices, broadcast, side by side, 48 KiB.
// CHECK-LABEL: func.func @grid
// CHECK: %[[G:.*]] = arith.constant dense<"0x{{[0-9A-F]+}}"> : tensor<3x64x32x2xf32>
// CHECK-NOT: linalg.generic
// CHECK-NOT: tensor.concat
// CHECK: return %[[G]]
func.func @grid() -> tensor<3x64x32x2xf32> {
  %half = arith.constant 0.5 : f32
  %i0 = tensor.empty() : tensor<64xf32>
  %i = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} outs(%i0 : tensor<64xf32>) {
  ^bb0(%o: f32):
    %0 = linalg.index 0 : index
    %1 = arith.index_cast %0 : index to i64
    %2 = arith.sitofp %1 : i64 to f32
    linalg.yield %2 : f32
  } -> tensor<64xf32>
  %p0 = tensor.empty() : tensor<64x32x1xf32>
  %p = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%i : tensor<64xf32>) outs(%p0 : tensor<64x32x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<64x32x1xf32>
  %c = tensor.concat dim(2) %p, %p : (tensor<64x32x1xf32>, tensor<64x32x1xf32>) -> tensor<64x32x2xf32>
  %y0 = tensor.empty() : tensor<3x64x32x2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(b, i, j, k) -> (i, j, k)>, affine_map<(b, i, j, k) -> (b, i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%c : tensor<64x32x2xf32>) outs(%y0 : tensor<3x64x32x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.subf %a, %half : f32
    linalg.yield %0 : f32
  } -> tensor<3x64x32x2xf32>
  return %y : tensor<3x64x32x2xf32>
}

// -----

// CHECK-LABEL: func.func @concat
// CHECK: arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00, 5.000000e+00], [3.000000e+00, 4.000000e+00, 6.000000e+00]]> : tensor<2x3xf32>
func.func @concat() -> tensor<2x3xf32> {
  %a = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[5.0], [6.0]]> : tensor<2x1xf32>
  %c = tensor.concat dim(1) %a, %b : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return %c : tensor<2x3xf32>
}

// -----

// An axis with scales is split into groups and channels, as grouped
// convolutions have them: so are its scales and zero points.
// CHECK-LABEL: func.func @split_axis
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<2x2x3xi8>
// CHECK: %[[Q:.*]] = quant.scast %[[W]] : tensor<2x2x3xi8> to tensor<2x2x3x!quant.uniform<i8:f32:{0:1, 1:1}, {{[{][{]}}{5.000000e-01}, {2.500000e-01:1}}, {{[{][{]}}1.250000e-01:-7}, {1.000000e+00}}}>>
// CHECK: %[[D:.*]] = qdot.dequantize %[[Q]]
// CHECK: return %[[D]]
func.func @split_axis() -> tensor<2x2x3xf32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %q = quant.scast %w : tensor<4x3xi8> to tensor<4x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1, 0.125:-7, 1.0}>>
  %d = qdot.dequantize %q : tensor<4x3x!quant.uniform<i8:f32:0, {0.5, 0.25:1, 0.125:-7, 1.0}>> -> tensor<4x3xf32>
  %s = tensor.expand_shape %d [[0, 1], [2]] output_shape [2, 2, 3] : tensor<4x3xf32> into tensor<2x2x3xf32>
  return %s : tensor<2x2x3xf32>
}

// -----

// Groups behind channels: the scales change their order.
// CHECK-LABEL: func.func @swapped_axis
// CHECK: arith.constant dense<{{\[\[}}[1, 2, 3], [7, 8, 9]], {{\[\[}}4, 5, 6], [10, 11, 12]]]> : tensor<2x2x3xi8>
// CHECK: quant.scast %{{.*}} to tensor<2x2x3x!quant.uniform<i8:f32:{0:1, 1:1}, {{[{][{]}}{5.000000e-01}, {1.250000e-01}}, {{[{][{]}}2.500000e-01}, {1.000000e+00}}}>>
// CHECK-NOT: linalg.transpose
func.func @swapped_axis() -> tensor<2x2x3xf32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %q = quant.scast %w : tensor<4x3xi8> to tensor<4x3x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.125, 1.0}>>
  %d = qdot.dequantize %q : tensor<4x3x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.125, 1.0}>> -> tensor<4x3xf32>
  %s = tensor.expand_shape %d [[0, 1], [2]] output_shape [2, 2, 3] : tensor<4x3xf32> into tensor<2x2x3xf32>
  %e = tensor.empty() : tensor<2x2x3xf32>
  %t = linalg.transpose ins(%s : tensor<2x2x3xf32>) outs(%e : tensor<2x2x3xf32>) permutation = [1, 0, 2]
  return %t : tensor<2x2x3xf32>
}

// -----

// Reversed and padded weights, a slice of the channels: a transposed
// convolution. What is padded is the code of zero.
// CHECK-LABEL: func.func @moved_weights
// CHECK-DAG: %[[R:.*]] = arith.constant dense<{{\[\[}}3, 2, 1], [6, 5, 4]]> : tensor<2x3xi8>
// CHECK-DAG: quant.scast %[[R]] : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK-DAG: %[[P:.*]] = arith.constant dense<{{\[\[}}0, 1, 2, 3], [0, 4, 5, 6]]> : tensor<2x4xi8>
// CHECK-DAG: quant.scast %[[P]] : tensor<2x4xi8> to tensor<2x4x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[\[}}4, 5, 6]]> : tensor<1x3xi8>
// CHECK-DAG: quant.scast %[[S]] : tensor<1x3xi8> to tensor<1x3x!quant.uniform<i8:f32, 2.500000e-01>>
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<[7, 1, 2]> : tensor<3xi8>
// CHECK-DAG: quant.scast %[[Z]] : tensor<3xi8> to tensor<3x!quant.uniform<i8:f32, 2.000000e+00:7>>
func.func @moved_weights() -> (tensor<2x3xf32>, tensor<2x4xf32>, tensor<1x3xf32>, tensor<3xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %q = quant.scast %w : tensor<2x3xi8> to tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %d = qdot.dequantize %q : tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, 2 - j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%d : tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<2x3xf32>
  %p = tensor.pad %d low[0, 1] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<2x3xf32> to tensor<2x4xf32>
  %s = tensor.extract_slice %d[1, 0] [1, 3] [1, 1] : tensor<2x3xf32> to tensor<1x3xf32>
  %v = arith.constant dense<[1, 2]> : tensor<2xi8>
  %vq = quant.scast %v : tensor<2xi8> to tensor<2x!quant.uniform<i8:f32, 2.0:7>>
  %vd = qdot.dequantize %vq : tensor<2x!quant.uniform<i8:f32, 2.0:7>> -> tensor<2xf32>
  %z = tensor.pad %vd low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<2xf32> to tensor<3xf32>
  return %r, %p, %s, %z : tensor<2x3xf32>, tensor<2x4xf32>, tensor<1x3xf32>, tensor<3xf32>
}

// -----

// Arithmetic reads real numbers, and so does an operation that is no pair; a sum
// with a constant that varies in every direction reads its bytes.
// CHECK-LABEL: func.func @operands
// CHECK-SAME: (%[[X:.*]]: tensor<2x2xf32>)
// CHECK-DAG: %[[ROW:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[ALL:.*]] = arith.constant dense<{{\[\[}}-1.000000e+00, 5.000000e-01], [1.000000e+00, 1.500000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: %[[BYTES:.*]] = qdot.dequantize
// CHECK-DAG: linalg.generic {{.*}} ins(%[[X]], %[[ROW]] :
// CHECK-DAG: linalg.add ins(%[[X]], %[[BYTES]] :
// CHECK-DAG: linalg.generic {{.*}} ins(%[[X]], %[[ALL]] :
func.func @operands(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %r = arith.constant dense<[2, 4]> : tensor<2xi8>
  %rq = quant.scast %r : tensor<2xi8> to tensor<2x!quant.uniform<i8:f32, 0.5>>
  %rd = qdot.dequantize %rq : tensor<2x!quant.uniform<i8:f32, 0.5>> -> tensor<2xf32>
  %c = arith.constant dense<[[-2, 1], [2, 3]]> : tensor<2x2xi8>
  %cq = quant.scast %c : tensor<2x2xi8> to tensor<2x2x!quant.uniform<i8:f32, 0.5>>
  %cd = qdot.dequantize %cq : tensor<2x2x!quant.uniform<i8:f32, 0.5>> -> tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %rd : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %1 = linalg.add ins(%x, %cd : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %cd : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = math.powf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %0, %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}
