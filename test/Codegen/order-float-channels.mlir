// RUN: qdot-opt %s --qdot-order-float-channels --mlir-print-local-scope | FileCheck %s

// The example of FloatPasses.td.
// CHECK-LABEL: func.func @example
// CHECK-SAME: %[[X:.*]]: tensor<1x8x5x5xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[X]] : tensor<1x8x5x5xf32>) outs(%{{.*}} : tensor<1x5x5x8xf32>) permutation = [0, 2, 3, 1]
// CHECK: %[[F:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1x3x3x16xf32>)
// CHECK: %[[C:[0-9]+]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d2 + d5, d3 + d6, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d2, d3, d1)>]
// CHECK-SAME: ins(%[[T]], %{{.*}} : tensor<1x5x5x8xf32>, tensor<16x8x3x3xf32>) outs(%[[F]] : tensor<1x3x3x16xf32>)
// CHECK: %[[Y:.*]] = linalg.transpose ins(%[[C]] : tensor<1x3x3x16xf32>) outs(%{{.*}} : tensor<1x16x3x3xf32>) permutation = [0, 3, 1, 2]
// CHECK: return %[[Y]]
func.func @example(%x: tensor<1x8x5x5xf32>) -> tensor<1x16x3x3xf32> {
  %w = arith.constant dense<1.0> : tensor<16x8x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x3x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x8x5x5xf32>, tensor<16x8x3x3xf32>) outs(%f : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
  return %y : tensor<1x16x3x3xf32>
}

// Biases, pads, pooling, joined branches and observations in the new order; an
// axis of channels follows. Discardable attributes stay.
// CHECK-LABEL: func.func @network
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK-NOT: linalg.transpose
// CHECK: %[[B:[0-9]+]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x3x3x8xf32>)
// CHECK: %[[C:[0-9]+]] = linalg.generic {{.*}} outs(%[[B]] : tensor<1x3x3x8xf32>) attrs = {qdot.mark}
// CHECK: qdot.observe %[[C]] {qdot.channel_axis = 3 : i64, site = #qdot.site<"network/conv_0#0123456789abcdef">} : tensor<1x3x3x8xf32>
// CHECK: %[[P:.*]] = tensor.pad %[[C]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK: %[[M:[0-9]+]] = linalg.generic {{.*}} ins(%[[P]], %{{.*}} : tensor<1x5x5x8xf32>, tensor<3x3xf32>) outs(%{{.*}} : tensor<1x3x3x8xf32>)
// CHECK: %[[J:.*]] = tensor.concat dim(3) %[[C]], %[[M]]
// CHECK: qdot.observe %[[J]] {site = #qdot.site<"network/concat_0#0123456789abcdef">} : tensor<1x3x3x16xf32>
// CHECK: %[[L:[0-9]+]] = linalg.generic {{.*}} ins(%[[J]], %{{.*}} : tensor<1x3x3x16xf32>, tensor<8x16x1x1xf32>)
// CHECK: linalg.transpose ins(%[[L]] : {{.*}} permutation = [0, 3, 1, 2]
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @network(%x: tensor<1x8x5x5xf32>, %bias: tensor<8xf32>) -> tensor<1x8x3x3xf32> {
  %w = arith.constant dense<1.0> : tensor<8x8x3x3xf32>
  %v = arith.constant dense<1.0> : tensor<8x16x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x8x3x3xf32>
  %k = tensor.empty() : tensor<3x3xf32>
  %b = linalg.broadcast ins(%bias : tensor<8xf32>) outs(%e : tensor<1x8x3x3xf32>) dimensions = [0, 2, 3]
  %c = linalg.conv_2d_nchw_fchw {qdot.mark} ins(%x, %w : tensor<1x8x5x5xf32>, tensor<8x8x3x3xf32>) outs(%b : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  qdot.observe %c {qdot.channel_axis = -3 : i64, site = #qdot.site<"network/conv_0#0123456789abcdef">} : tensor<1x8x3x3xf32>
  %p = tensor.pad %c low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %h: index, %l: index):
    tensor.yield %low : f32
  } : tensor<1x8x3x3xf32> to tensor<1x8x5x5xf32>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  %m = linalg.pooling_nchw_max ins(%p, %k : tensor<1x8x5x5xf32>, tensor<3x3xf32>) outs(%f : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  %j = tensor.concat dim(1) %c, %m : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xf32>) -> tensor<1x16x3x3xf32>
  qdot.observe %j {site = #qdot.site<"network/concat_0#0123456789abcdef">} : tensor<1x16x3x3xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%j, %v : tensor<1x16x3x3xf32>, tensor<8x16x1x1xf32>) outs(%z : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  return %y : tensor<1x8x3x3xf32>
}

// Samples stay in the first dimension of what is observed. Without constant
// weights, and where all is in place, named ops stay, too.
// CHECK-LABEL: func.func @samples
// CHECK: %[[T:.*]] = linalg.transpose {{.*}} permutation = [1, 0]
// CHECK: qdot.observe %[[T]]
func.func @samples(%x: tensor<64x6xf32>) -> tensor<8x6xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x6xf32>) -> tensor<8x6xf32>
  %y = linalg.matmul ins(%w, %x : tensor<8x64xf32>, tensor<64x6xf32>) outs(%f : tensor<8x6xf32>) -> tensor<8x6xf32>
  qdot.observe %y {site = #qdot.site<"samples/matmul_0#0123456789abcdef">} : tensor<8x6xf32>
  return %y : tensor<8x6xf32>
}

// CHECK-LABEL: func.func @stay
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: linalg.matmul
func.func @stay(%x: tensor<1x8x5x5xf32>, %w: tensor<8x8x3x3xf32>, %a: tensor<6x64xf32>) -> (tensor<1x8x3x3xf32>, tensor<6x8xf32>) {
  %v = arith.constant dense<1.0> : tensor<64x8xf32>
  %e = tensor.empty() : tensor<1x8x3x3xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x8x5x5xf32>, tensor<8x8x3x3xf32>) outs(%e : tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  %g = tensor.empty() : tensor<6x8xf32>
  %z = linalg.matmul ins(%a, %v : tensor<6x64xf32>, tensor<64x8xf32>) outs(%g : tensor<6x8xf32>) -> tensor<6x8xf32>
  return %y, %z : tensor<1x8x3x3xf32>, tensor<6x8xf32>
}
