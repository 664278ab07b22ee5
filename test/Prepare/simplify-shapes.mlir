// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-simplify-shapes | FileCheck %s
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-simplify-shapes --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:[^:]*]]: tensor<2x3xf32>, %[[W:[^:]*]]: tensor<1x3x4xf32>)
// CHECK: %[[ZERO:.*]] = arith.constant
// CHECK: %[[W1:.*]] = tensor.collapse_shape %[[W]] {{\[\[}}0, 1], [2]] : tensor<1x3x4xf32> into tensor<3x4xf32>
// CHECK-NEXT: %[[E:.*]] = tensor.empty() : tensor<2x4xf32>
// CHECK-NEXT: %[[F:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%[[E]] : tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[M:.*]] = linalg.matmul ins(%[[X]], %[[W1]] : tensor<2x3xf32>, tensor<3x4xf32>) outs(%[[F]] : tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[M]] : tensor<2x4xf32>
func.func @main(%x: tensor<2x3xf32>, %w: tensor<1x3x4xf32>) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %x1 = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 2, 3] : tensor<2x3xf32> into tensor<1x2x3xf32>
  %e = tensor.empty() : tensor<1x2x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %m = linalg.batch_matmul ins(%x1, %w : tensor<1x2x3xf32>, tensor<1x3x4xf32>) outs(%f : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %y = tensor.collapse_shape %m [[0, 1], [2]] : tensor<1x2x4xf32> into tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// A dynamic number of rows; a batch of more than one, or of unknown size, stays.
// CHECK-LABEL: func.func @batches
// CHECK: linalg.matmul ins({{.*}} : tensor<?x3xf32>, tensor<3x4xf32>)
// CHECK: linalg.batch_matmul ins({{.*}} : tensor<2x2x3xf32>, tensor<2x3x4xf32>)
// CHECK: linalg.batch_matmul ins({{.*}} : tensor<?x2x3xf32>, tensor<?x3x4xf32>)
func.func @batches(%a: tensor<1x?x3xf32>, %ai: tensor<1x?x4xf32>, %b: tensor<2x2x3xf32>, %bi: tensor<2x2x4xf32>,
                   %c: tensor<?x2x3xf32>, %cw: tensor<?x3x4xf32>, %ci: tensor<?x2x4xf32>)
    -> (tensor<1x?x4xf32>, tensor<2x2x4xf32>, tensor<?x2x4xf32>) {
  %aw = arith.constant dense<1.0> : tensor<1x3x4xf32>
  %bw = arith.constant dense<1.0> : tensor<2x3x4xf32>
  %x = linalg.batch_matmul ins(%a, %aw : tensor<1x?x3xf32>, tensor<1x3x4xf32>) outs(%ai : tensor<1x?x4xf32>) -> tensor<1x?x4xf32>
  %y = linalg.batch_matmul ins(%b, %bw : tensor<2x2x3xf32>, tensor<2x3x4xf32>) outs(%bi : tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
  %z = linalg.batch_matmul ins(%c, %cw : tensor<?x2x3xf32>, tensor<?x3x4xf32>) outs(%ci : tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  return %x, %y, %z : tensor<1x?x4xf32>, tensor<2x2x4xf32>, tensor<?x2x4xf32>
}

// -----

// Other forms with a batch of one keep their maps.
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @transposed
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: ins({{.*}} : tensor<3x2xf32>, tensor<3x4xf32>)
func.func @transposed(%x: tensor<1x3x2xf32>, %w: tensor<1x3x4xf32>, %init: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(b, m, n, k) -> (b, k, m)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x3x2xf32>, tensor<1x3x4xf32>) outs(%init : tensor<1x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4xf32>
  return %y : tensor<1x2x4xf32>
}

// -----

// Rows and columns of one are no batch.
// CHECK-LABEL: func.func @vector
// CHECK-NOT: shape
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<1x3xf32>, tensor<3x1xf32>)
// CHECK-NOT: shape
func.func @vector(%x: tensor<1x3xf32>, %w: tensor<3x1xf32>, %init: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>) outs(%init : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Depthwise convolution as TOSA has it.
// CHECK-LABEL: func.func @depthwise
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x4x4x2xf32>, tensor<3x3x2xf32>) outs(%{{.*}} : tensor<1x2x2x2xf32>)
// CHECK-NEXT: return
func.func @depthwise(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = arith.constant dense<1.0> : tensor<3x3x2x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x2x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x2x2x1xf32>) -> tensor<1x2x2x2x1xf32>
  %c = linalg.depthwise_conv_2d_nhwc_hwcm {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x4x4x2xf32>, tensor<3x3x2x1xf32>) outs(%f : tensor<1x2x2x2x1xf32>) -> tensor<1x2x2x2x1xf32>
  %y = tensor.collapse_shape %c [[0], [1], [2], [3, 4]] : tensor<1x2x2x2x1xf32> into tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}

// -----

// Operands of elementwise ops: constants and what is expanded to be broadcast.
// An operand that is itself of that shape stays.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @operands
// CHECK-SAME: (%[[X:[^:]*]]: tensor<2x3xf32>, %[[V:[^:]*]]: tensor<2xf32>, %[[Z:[^:]*]]: tensor<2x1xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]], #[[COLUMN]], #[[FIRST]], #[[ALL]]]
// CHECK-SAME: ins(%[[X]], %{{.*}}, %[[V]], %[[Z]] : tensor<2x3xf32>, tensor<3xf32>, tensor<2xf32>, tensor<2x1xf32>)
func.func @operands(%x: tensor<2x3xf32>, %v: tensor<2xf32>, %z: tensor<2x1xf32>) -> tensor<2x3xf32> {
  %c = arith.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %v1 = tensor.expand_shape %v [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %c, %v1, %z : tensor<2x3xf32>, tensor<1x3xf32>, tensor<2x1xf32>, tensor<2x1xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %s: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %r : f32
    %2 = arith.addf %1, %s : f32
    linalg.yield %2 : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// A resource is shared, not copied, when its shape changes.
// CHECK-LABEL: func.func @resource
// CHECK-DAG: arith.constant dense_resource<w> : tensor<2x2xf32>
// CHECK-DAG: %[[K:.*]] = arith.constant dense_resource<w> : tensor<1x2x2xf32>
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc {{.*}} ins(%{{.*}}, %[[K]] :
func.func @resource(%x: tensor<1x3x2xf32>, %init: tensor<1x3x2xf32>, %z: tensor<1x3x3x2xf32>, %zi: tensor<1x3x2x2x1xf32>) -> (tensor<1x3x2xf32>, tensor<1x3x2x2x1xf32>) {
  %k = arith.constant dense_resource<w> : tensor<1x2x2x1xf32>
  %w = arith.constant dense_resource<w> : tensor<1x2x2xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<1x3x2xf32>, tensor<1x2x2xf32>) outs(%init : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %d = linalg.depthwise_conv_2d_nhwc_hwcm {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%z, %k : tensor<1x3x3x2xf32>, tensor<1x2x2x1xf32>) outs(%zi : tensor<1x3x2x2x1xf32>) -> tensor<1x3x2x2x1xf32>
  return %y, %d : tensor<1x3x2xf32>, tensor<1x3x2x2x1xf32>
}
{-#
  dialect_resources: { builtin: {
    w: "0x040000000000803F000000400000404000008040"
  } }
#-}

// -----

// Chains of reshapes become one with one choice of groups, or none.
// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: (%[[X:[^:]*]]: tensor<1x1x1x64xf32>, %[[Y:[^:]*]]: tensor<2x6xf32>)
// CHECK-NEXT: %[[A:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0], [1, 2, 3]]
// CHECK-NEXT: %[[B:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0], [1, 2, 3]]
// CHECK-NEXT: return %[[A]], %[[B]], %[[Y]]
func.func @reshapes(%x: tensor<1x1x1x64xf32>, %y: tensor<2x6xf32>) -> (tensor<1x64xf32>, tensor<1x64xf32>, tensor<2x6xf32>) {
  %a = tensor.collapse_shape %x [[0], [1, 2, 3]] : tensor<1x1x1x64xf32> into tensor<1x64xf32>
  %b0 = tensor.collapse_shape %x [[0], [1, 2], [3]] : tensor<1x1x1x64xf32> into tensor<1x1x64xf32>
  %b = tensor.collapse_shape %b0 [[0, 1], [2]] : tensor<1x1x64xf32> into tensor<1x64xf32>
  %c0 = tensor.expand_shape %y [[0, 1], [2]] output_shape [1, 2, 6] : tensor<2x6xf32> into tensor<1x2x6xf32>
  %c = tensor.collapse_shape %c0 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
  return %a, %b, %c : tensor<1x64xf32>, tensor<1x64xf32>, tensor<2x6xf32>
}

// -----

// The slice cuts off the last row and column, which stride 2 does not reach;
// the other one cuts off what is read, or moves what is read.
// CHECK-LABEL: func.func @slices
// CHECK-SAME: (%[[X:[^:]*]]: tensor<1x4x4x2xf32>
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins(%[[X]], %{{.*}} : tensor<1x4x4x2xf32>
// CHECK: %[[S:.*]] = tensor.extract_slice %[[X]][0, 1, 1, 0]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins(%[[S]],
// CHECK: %[[T:.*]] = tensor.extract_slice %[[X]][0, 0, 0, 0] [1, 3, 3, 1]
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins(%[[T]],
// CHECK-NOT: tensor.extract_slice
func.func @slices(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x2x2xf32>, %w1: tensor<1x1x1x2xf32>, %init: tensor<1x2x2x2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %s0 = tensor.extract_slice %x[0, 0, 0, 0] [1, 3, 3, 2] [1, 1, 1, 1] : tensor<1x4x4x2xf32> to tensor<1x3x3x2xf32>
  %y0 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%s0, %w : tensor<1x3x3x2xf32>, tensor<1x1x2x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %s1 = tensor.extract_slice %x[0, 1, 1, 0] [1, 3, 3, 2] [1, 1, 1, 1] : tensor<1x4x4x2xf32> to tensor<1x3x3x2xf32>
  %y1 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%s1, %w : tensor<1x3x3x2xf32>, tensor<1x1x2x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %s2 = tensor.extract_slice %x[0, 0, 0, 0] [1, 3, 3, 1] [1, 1, 1, 1] : tensor<1x4x4x2xf32> to tensor<1x3x3x1xf32>
  %y2 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%s2, %w1 : tensor<1x3x3x1xf32>, tensor<1x1x1x2xf32>) outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %all = tensor.extract_slice %init[0, 0, 0, 0] [1, 2, 2, 2] [1, 1, 1, 1] : tensor<1x2x2x2xf32> to tensor<1x2x2x2xf32>
  return %y0, %y1, %y2, %all : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}

// -----

// A dynamic batch is whole when the slice asks for its size.
// CHECK-LABEL: func.func @dynamic_slices
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x4x4x2xf32>
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins(%[[X]],
// CHECK: tensor.extract_slice
// CHECK: linalg.conv_2d_nhwc_hwcf
func.func @dynamic_slices(%x: tensor<?x4x4x2xf32>, %w: tensor<1x1x2x2xf32>, %init: tensor<?x2x2x2xf32>, %n: index) -> (tensor<?x2x2x2xf32>, tensor<?x2x2x2xf32>) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4x4x2xf32>
  %s0 = tensor.extract_slice %x[0, 0, 0, 0] [%d, 3, 3, 2] [1, 1, 1, 1] : tensor<?x4x4x2xf32> to tensor<?x3x3x2xf32>
  %y0 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%s0, %w : tensor<?x3x3x2xf32>, tensor<1x1x2x2xf32>) outs(%init : tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32>
  %s1 = tensor.extract_slice %x[0, 0, 0, 0] [%n, 3, 3, 2] [1, 1, 1, 1] : tensor<?x4x4x2xf32> to tensor<?x3x3x2xf32>
  %y1 = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%s1, %w : tensor<?x3x3x2xf32>, tensor<1x1x2x2xf32>) outs(%init : tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32>
  return %y0, %y1 : tensor<?x2x2x2xf32>, tensor<?x2x2x2xf32>
}

// -----

func.func @missing() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'absent' has no data}}
  %w = arith.constant dense_resource<absent> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// The bias of a grouped convolution, as torch-mlir writes it: expanded before it
// is broadcast.
// CHECK-LABEL: func.func @grouped_bias
// CHECK-SAME: %[[N:[a-z0-9]*]]: index
// CHECK-DAG: %[[B:.*]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x2x2x30x20xf32>
// CHECK: %[[R:.*]] = linalg.broadcast ins(%[[B]] : tensor<2x2xf32>) outs(%[[E]] : tensor<?x2x2x30x20xf32>) dimensions = [0, 3, 4]
// CHECK: return %[[R]]
func.func @grouped_bias(%n: index) -> tensor<?x2x2x30x20xf32> {
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty(%n) : tensor<?x4x30x20xf32>
  %r = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<?x4x30x20xf32>) dimensions = [0, 2, 3]
  %x = tensor.expand_shape %r [[0], [1, 2], [3], [4]] output_shape [%n, 2, 2, 30, 20] : tensor<?x4x30x20xf32> into tensor<?x2x2x30x20xf32>
  return %x : tensor<?x2x2x30x20xf32>
}

// -----

// The weights of a depthwise convolution lose their multiplier of one before
// they are dequantized; the clamp of a sum comes before its reshape.
// CHECK-LABEL: func.func @quantized_depthwise
// CHECK: %[[W:.*]] = quant.scast %{{.*}} : tensor<1x2x2xi8> to tensor<1x2x2x!quant.uniform<i8:f32:2, {5.000000e-01,2.500000e-01}>>
// CHECK: %[[D:.*]] = qdot.dequantize %[[W]]
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc {{.*}} ins(%{{.*}}, %[[D]] :
func.func @quantized_depthwise(%x: tensor<1x1x2x2xf32>, %init: tensor<1x1x1x2x1xf32>) -> tensor<1x1x1x2xf32> {
  %w = arith.constant dense<[[[[1], [2]], [[3], [4]]]]> : tensor<1x2x2x1xi8>
  %q = quant.scast %w : tensor<1x2x2x1xi8> to tensor<1x2x2x1x!quant.uniform<i8:f32:2, {0.5, 0.25}>>
  %d = qdot.dequantize %q : tensor<1x2x2x1x!quant.uniform<i8:f32:2, {0.5, 0.25}>> -> tensor<1x2x2x1xf32>
  %c = linalg.depthwise_conv_2d_nhwc_hwcm {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %d : tensor<1x1x2x2xf32>, tensor<1x2x2x1xf32>) outs(%init : tensor<1x1x1x2x1xf32>) -> tensor<1x1x1x2x1xf32>
  %y = tensor.collapse_shape %c [[0], [1], [2], [3, 4]] : tensor<1x1x1x2x1xf32> into tensor<1x1x1x2xf32>
  return %y : tensor<1x1x1x2xf32>
}

// -----

// CHECK-LABEL: func.func @clamp
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK: %[[C:.*]] = linalg.generic {{.*}} ins(%[[M]] : tensor<?x4xf32>)
// CHECK: arith.maximumf
// CHECK: %[[Y:.*]] = tensor.expand_shape %[[C]]
// CHECK: return %[[Y]]
func.func @clamp(%x: tensor<?x3xf32>, %w: tensor<3x4xf32>, %init: tensor<?x4xf32>, %n: index) -> tensor<?x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %m = linalg.matmul ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  %s = tensor.expand_shape %m [[0], [1, 2]] output_shape [%n, 2, 2] : tensor<?x4xf32> into tensor<?x2x2xf32>
  %e = tensor.empty(%n) : tensor<?x2x2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%s : tensor<?x2x2xf32>) outs(%e : tensor<?x2x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<?x2x2xf32>
  return %y : tensor<?x2x2xf32>
}
