// RUN: qdot-opt %s --qdot-equalize-channels --remarks-filter='qdot.*' 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// REMARK: remark: [Analysis] EqualizeChannels {{.*}}Function=main | Changed=1, Channels=2
// REMARK: remark: [Analysis] EqualizeChannels {{.*}}Function=padded | Changed=2, Channels=2
// REMARK-NOT: Function=two_readers
// REMARK-NOT: Function=bounded

// 8 and 0.5 meet at 2; 1 and 1 stay.
// CHECK-LABEL: func.func @main(
// CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}2.000000e+00, 1.000000e+00]]> : tensor<1x2xf32>
// CHECK: linalg.matmul ins(%{{.*}}, %[[W]]
// CHECK: %[[V:.*]] = arith.constant dense<{{\[\[}}2.000000e+00], [1.000000e+00]]> : tensor<2x1xf32>
// CHECK: linalg.matmul ins(%{{.*}}, %[[V]]
func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[8.0, 1.0]]> : tensor<1x2xf32>
  %v = arith.constant dense<[[0.5], [1.0]]> : tensor<2x1xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %a = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %f = tensor.empty() : tensor<1x1xf32>
  %j = linalg.fill ins(%z : f32) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  %y = linalg.matmul ins(%a, %v : tensor<1x2xf32>, tensor<2x1xf32>) outs(%j : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// The bias goes with the weights; ReLU and zero padding do not mind; a depthwise
// layer is equalized by its channels.
// CHECK-LABEL: func.func @padded(
// CHECK-DAG: arith.constant dense<{{\[\[\[\[}}4.000000e+00, 1.000000e+00]]]]> : tensor<1x1x1x2xf32>
// CHECK-DAG: arith.constant dense<[2.500000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK-DAG: arith.constant dense<{{\[\[\[}}4.000000e+00, 1.000000e+00]]]> : tensor<1x1x2xf32>
func.func @padded(%x: tensor<1x2x2x1xf32>) -> tensor<1x4x4x2xf32> {
  %w = arith.constant dense<[[[[16.0, 0.25]]]]> : tensor<1x1x1x2xf32>
  %b = arith.constant dense<[10.0, 1.0]> : tensor<2xf32>
  %v = arith.constant dense<[[[1.0, 4.0]]]> : tensor<1x1x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %i = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 1, 2]
  %a = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x2x2x1xf32>, tensor<1x1x1x2xf32>) outs(%i : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%a : tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.maximumf %p, %z : f32
    linalg.yield %m : f32
  } -> tensor<1x2x2x2xf32>
  %q = tensor.pad %r low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a0: index, %a1: index, %a2: index, %a3: index):
    tensor.yield %z : f32
  } : tensor<1x2x2x2xf32> to tensor<1x4x4x2xf32>
  %f = tensor.empty() : tensor<1x4x4x2xf32>
  %j = linalg.fill ins(%z : f32) outs(%f : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwc ins(%q, %v : tensor<1x4x4x2xf32>, tensor<1x1x2xf32>) outs(%j : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %y : tensor<1x4x4x2xf32>
}

// Somebody else reads the value in between.
// CHECK-LABEL: func.func @two_readers(
// CHECK: arith.constant dense<{{\[\[}}8.000000e+00, 1.000000e+00]]>
func.func @two_readers(%x: tensor<1x1xf32>) -> (tensor<1x1xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[8.0, 1.0]]> : tensor<1x2xf32>
  %v = arith.constant dense<[[0.5], [1.0]]> : tensor<2x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %a = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %j = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%a, %v : tensor<1x2xf32>, tensor<2x1xf32>) outs(%j : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y, %a : tensor<1x1xf32>, tensor<1x2xf32>
}

// An upper bound does not scale.
// CHECK-LABEL: func.func @bounded(
// CHECK: arith.constant dense<{{\[\[}}8.000000e+00, 1.000000e+00]]>
func.func @bounded(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[8.0, 1.0]]> : tensor<1x2xf32>
  %v = arith.constant dense<[[0.5], [1.0]]> : tensor<2x1xf32>
  %six = arith.constant 6.0 : f32
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %a = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.minimumf %p, %six : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %j = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%r, %v : tensor<1x2xf32>, tensor<2x1xf32>) outs(%j : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
