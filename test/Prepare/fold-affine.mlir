// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-fold-affine --remarks-filter='qdot.*' | FileCheck %s
// RUN: not qdot-opt %s --split-input-file --qdot-fold-affine --canonicalize 2>/dev/null | FileCheck %s --check-prefix=STAYS

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x2xf32>)
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<2x3xf32>
// CHECK: %[[B:.*]] = arith.constant dense<[5.000000e-01, -1.000000e+00, 2.000000e+00]> : tensor<3xf32>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<1x3xf32>
// CHECK: %[[F:.*]] = linalg.broadcast ins(%[[B]] : tensor<3xf32>) outs(%[[E]] : tensor<1x3xf32>) dimensions = [0]
// CHECK: %[[M:.*]] = linalg.matmul ins(%[[X]], %[[W]] : tensor<1x2xf32>, tensor<2x3xf32>) outs(%[[F]] : tensor<1x3xf32>) -> tensor<1x3xf32>
// CHECK: return %[[M]]
// STAYS-LABEL: func.func @main
// STAYS: linalg.broadcast ins(%{{.*}} : tensor<3xf32>)
// STAYS-NEXT: linalg.matmul
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b = arith.constant dense<[0.5, -1.0, 2.0]> : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%m, %b : tensor<1x3xf32>, tensor<3xf32>) outs(%e : tensor<1x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

// Batch normalization written as one body on top of a convolution with a bias:
// scale gamma / sqrt(var + eps) = {4 / sqrt(4), 3 / sqrt(1)} = {2, 3},
// bias (bias - mean) * scale + beta = {(1 - 3) * 2 + 8, (2 - 1) * 3 + 4}.
// CHECK-LABEL: func.func @batch_norm
// CHECK-DAG: arith.constant dense<{{\[\[\[\[}}1.000000e+01]], {{\[\[}}2.000000e+01]]], {{\[\[\[}}4.500000e+01]], {{\[\[}}6.000000e+01]]]]> : tensor<2x2x1x1xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[4.000000e+00, 7.000000e+00]> : tensor<2xf32>
// CHECK: linalg.broadcast ins(%[[B]] : tensor<2xf32>) outs(%{{.*}} : tensor<1x2x3x3xf32>) dimensions = [0, 2, 3]
// CHECK-NEXT: %[[Y:.*]] = linalg.conv_2d_nchw_fchw
// CHECK-NEXT: return %[[Y]]
func.func @batch_norm(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %w = arith.constant dense<[[[[5.0]], [[10.0]]], [[[15.0]], [[20.0]]]]> : tensor<2x2x1x1xf32>
  %bias = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %gamma = arith.constant dense<[4.0, 3.0]> : tensor<2xf32>
  %beta = arith.constant dense<[8.0, 4.0]> : tensor<2xf32>
  %mean = arith.constant dense<[3.0, 1.0]> : tensor<2xf32>
  %var = arith.constant dense<[3.5, 0.5]> : tensor<2xf32>
  %eps = arith.constant 0.5 : f64
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %b = linalg.broadcast ins(%bias : tensor<2xf32>) outs(%e : tensor<1x2x3x3xf32>) dimensions = [0, 2, 3]
  %c = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) outs(%b : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, affine_map<(n, c, h, w) -> (c)>, affine_map<(n, c, h, w) -> (c)>, affine_map<(n, c, h, w) -> (c)>, affine_map<(n, c, h, w) -> (c)>, affine_map<(n, c, h, w) -> (n, c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %gamma, %beta, %mean, %var : tensor<1x2x3x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%c : tensor<1x2x3x3xf32>) {
  ^bb0(%in: f32, %g: f32, %bt: f32, %mn: f32, %vr: f32, %o: f32):
    %epsf = arith.truncf %eps : f64 to f32
    %v = arith.addf %vr, %epsf : f32
    %r = math.rsqrt %v : f32
    %d = arith.subf %in, %mn : f32
    %n = arith.mulf %d, %r : f32
    %s = arith.mulf %n, %g : f32
    %t = arith.addf %s, %bt : f32
    linalg.yield %t : f32
  } -> tensor<1x2x3x3xf32>
  return %y : tensor<1x2x3x3xf32>
}

// -----

// One op after another, rounded to f32 once: (x * 3 + 1) / 3 has weight 1.
// A resource that is not scaled stays one.
// CHECK-LABEL: func.func @chain
// CHECK: %[[W:.*]] = arith.constant dense_resource<w> : tensor<2x2xf32>
// CHECK: %[[B:.*]] = arith.constant dense<0.333333343> : tensor<2xf32>
// CHECK: linalg.broadcast ins(%[[B]]
// CHECK: %[[Y:.*]] = linalg.matmul ins(%{{.*}}, %[[W]]
// CHECK-NEXT: return %[[Y]]
func.func @chain(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %three = arith.constant 3.0 : f32
  %ones = arith.constant dense<1.0> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %threes = linalg.fill ins(%three : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y0 = linalg.mul ins(%threes, %m : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y1 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%ones, %y0 : tensor<1x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%b: f32, %a: f32, %o: f32):
    %s = arith.addf %b, %a : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %y2 = linalg.div ins(%y1, %threes : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y2 : tensor<4x2xf32>
}
{-#
  dialect_resources: { builtin: {
    w: "0x040000000000803F000000400000404000008040"
  } }
#-}

// -----

// c - x, with a weight that is the left operand of a generic contraction over
// transposed operands, and a dynamic batch.
// CHECK-LABEL: func.func @left
// CHECK-SAME: %{{.*}}: tensor<?x2xf32>, %[[N:.*]]: index
// CHECK-DAG: arith.constant dense<{{\[\[}}-1.000000e+00, -2.000000e+00], [-3.000000e+00, -4.000000e+00], [-5.000000e+00, -6.000000e+00]]> : tensor<3x2xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>
// CHECK-DAG: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x3xf32>
// CHECK: %[[F:.*]] = linalg.broadcast ins(%[[B]] : tensor<3xf32>) outs(%[[E]] : tensor<?x3xf32>) dimensions = [0]
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} outs(%[[F]]
// CHECK: return %[[Y]]
func.func @left(%x: tensor<?x2xf32>, %n: index) -> tensor<?x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
  %m = linalg.generic {
      indexing_maps = [affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %x : tensor<3x2xf32>, tensor<?x2xf32>) outs(%f : tensor<?x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%c, %m : tensor<3xf32>, tensor<?x3xf32>) outs(%e : tensor<?x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// Two channel dims behind a reshape: a depthwise convolution with multiplier 2.
// CHECK-LABEL: func.func @reshaped
// CHECK-DAG: arith.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]]]> : tensor<1x1x2x2xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: linalg.broadcast ins(%[[B]] : tensor<2x2xf32>) outs(%{{.*}} : tensor<1x3x3x2x2xf32>) dimensions = [0, 1, 2]
// CHECK-NEXT: linalg.depthwise_conv_2d_nhwc_hwcm
// CHECK-NEXT: %[[Y:.*]] = tensor.collapse_shape
// CHECK-NEXT: return %[[Y]]
func.func @reshaped(%x: tensor<1x3x3x2xf32>) -> tensor<1x3x3x4xf32> {
  %w = arith.constant dense<[[[[1.0, 1.0], [1.0, 1.0]]]]> : tensor<1x1x2x2xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3x3x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x3x2x2xf32>) -> tensor<1x3x3x2x2xf32>
  %m = linalg.depthwise_conv_2d_nhwc_hwcm ins(%x, %w : tensor<1x3x3x2xf32>, tensor<1x1x2x2xf32>) outs(%f : tensor<1x3x3x2x2xf32>) -> tensor<1x3x3x2x2xf32>
  %r = tensor.collapse_shape %m [[0], [1], [2], [3, 4]] : tensor<1x3x3x2x2xf32> into tensor<1x3x3x4xf32>
  %e2 = tensor.empty() : tensor<1x3x3x4xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>, affine_map<(n, h, w, c) -> (c)>, affine_map<(n, h, w, c) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%r, %c : tensor<1x3x3x4xf32>, tensor<4xf32>) outs(%e2 : tensor<1x3x3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    %t = arith.addf %s, %b : f32
    linalg.yield %t : f32
  } -> tensor<1x3x3x4xf32>
  return %y : tensor<1x3x3x4xf32>
}

// -----

// Forms of the initial value: a constant of the whole shape, nothing to
// broadcast, and a bias that cancels.
// CHECK-LABEL: func.func @init
// CHECK: %[[B0:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[I0:.*]] = linalg.broadcast ins(%[[B0]] : tensor<2xf32>) outs(%{{.*}} : tensor<3x2xf32>) dimensions = [0]
// CHECK: linalg.matmul {{.*}} outs(%[[I0]] : tensor<3x2xf32>)
// CHECK: %[[B1:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: linalg.vecmat {{.*}} outs(%[[B1]] : tensor<2xf32>)
// CHECK: %[[Z:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[I2:.*]] = linalg.fill ins(%[[Z]] : f32)
// CHECK: linalg.matmul {{.*}} outs(%[[I2]] : tensor<3x2xf32>)
// CHECK-NOT: linalg.sub
// STAYS-LABEL: func.func @init
// STAYS: linalg.broadcast
// STAYS: linalg.fill
func.func @init(%x: tensor<3x2xf32>, %v: tensor<2xf32>) -> (tensor<3x2xf32>, tensor<2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %full = arith.constant dense<[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]> : tensor<3x2xf32>
  %bias = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %y0 = linalg.matmul ins(%x, %w : tensor<3x2xf32>, tensor<2x2xf32>) outs(%full : tensor<3x2xf32>) -> tensor<3x2xf32>
  %y1 = linalg.vecmat ins(%v, %w : tensor<2xf32>, tensor<2x2xf32>) outs(%bias : tensor<2xf32>) -> tensor<2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<3x2xf32>, tensor<2x2xf32>) outs(%full : tensor<3x2xf32>) -> tensor<3x2xf32>
  %y2 = linalg.sub ins(%m, %full : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y0, %y1, %y2 : tensor<3x2xf32>, tensor<2xf32>, tensor<3x2xf32>
}

// -----

// A weight per batch: the scale varies along one of two channel dims.
// CHECK-LABEL: func.func @batch
// CHECK-DAG: arith.constant dense<{{\[\[\[}}2.000000e+00, 6.000000e+00]], {{\[\[}}6.000000e+00, 1.200000e+01]]]> : tensor<2x1x2xf32>
// CHECK: linalg.fill
// CHECK: %[[Y:.*]] = linalg.batch_matmul
// CHECK-NEXT: return %[[Y]]
func.func @batch(%x: tensor<2x3x1xf32>) -> tensor<2x3x2xf32> {
  %w = arith.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]]]> : tensor<2x1x2xf32>
  %c = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %m = linalg.batch_matmul ins(%x, %w : tensor<2x3x1xf32>, tensor<2x1x2xf32>) outs(%f : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (j)>, affine_map<(b, i, j) -> (b, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%m, %c : tensor<2x3x2xf32>, tensor<2xf32>) outs(%e : tensor<2x3x2xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %p = arith.mulf %a, %s : f32
    linalg.yield %p : f32
  } -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

// -----

// A dequantized weight takes a bias and nothing else.
// CHECK-LABEL: func.func @dequantized
// CHECK: linalg.broadcast
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK: linalg.mul ins(%[[M]],
func.func @dequantized(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %c = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %q = qdot.quantize %c : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %w = qdot.dequantize %q : tensor<2x2x!quant.uniform<i8<-127:127>:f32, 0.5>> -> tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, -1.0]]> : tensor<1x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.add ins(%m, %b : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @+1 {{Reason=weight-not-constant}}
  %z = linalg.mul ins(%y, %b : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}

// -----

// What is declined, and why.
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-6: linalg.{{add|mul}}
func.func @declined(%x: tensor<2x2xf32>, %old: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[0.5, -1.0], [0.5, -1.0]]> : tensor<2x2xf32>
  %rows = arith.constant dense<[[1.0, 1.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %large = arith.constant dense<[[3.0e38, 1.0], [3.0e38, 1.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m0 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=several-users, Remark="the operand has other users"}}
  %y0 = linalg.add ins(%m0, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m1 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=not-per-channel}}
  %y1 = linalg.add ins(%m1, %rows : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m2 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%old : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=init-not-constant}}
  %y2 = linalg.add ins(%m2, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=not-finite}}
  %m3 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %y3 = linalg.mul ins(%m3, %large : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=no-weight}}
  %y4 = linalg.mul ins(%x, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m5 = linalg.matmul ins(%x, %old : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=no-weight}}
  %y5 = linalg.add ins(%m5, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %m0, %y0, %y1, %y2, %y3, %y4, %y5 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// A transposing op is no plain affine op; neither is a square.
// CHECK-LABEL: func.func @permuted
// CHECK-COUNT-2: linalg.generic
func.func @permuted(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @+1 {{Reason=permuted}}
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%m : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %one : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  %m2 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%m2 : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %y, %z : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

func.func @missing(%x: tensor<1x2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'absent' has no data}}
  %w = arith.constant dense_resource<absent> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// A bias whose dimension is split behind its broadcast.
// CHECK-LABEL: func.func @split_bias
// CHECK: %[[B:.*]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: linalg.broadcast ins(%[[B]] : tensor<2x2xf32>) {{.*}} dimensions = [0, 3, 4]
// CHECK: linalg.conv_2d_ngchw_gfchw
func.func @split_bias(%x: tensor<1x2x1x30x40xf32>) -> tensor<1x2x2x30x40xf32> {
  %w = arith.constant dense<[[[[[1.0]]], [[[2.0]]]], [[[[3.0]]], [[[4.0]]]]]> : tensor<2x2x1x1x1xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<1x4x30x40xf32>
  %r = linalg.generic {
      indexing_maps = [affine_map<(n, c, y, x) -> (c)>, affine_map<(n, c, y, x) -> (n, c, y, x)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%b : tensor<4xf32>) outs(%e : tensor<1x4x30x40xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x4x30x40xf32>
  %i = tensor.expand_shape %r [[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 30, 40] : tensor<1x4x30x40xf32> into tensor<1x2x2x30x40xf32>
  %y = linalg.conv_2d_ngchw_gfchw {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
      ins(%x, %w : tensor<1x2x1x30x40xf32>, tensor<2x2x1x1x1xf32>) outs(%i : tensor<1x2x2x30x40xf32>) -> tensor<1x2x2x30x40xf32>
  return %y : tensor<1x2x2x30x40xf32>
}
