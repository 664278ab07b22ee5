// `auto` weighs the errors of weights with the mean and the variance of the
// input channel that they meet, where the statistics have channels. Channel 0 is
// always 0 here, so its weight of 100 may be clipped: the scale of 4 bits is that
// of the weights near 0.5, and not 100 / 7.
// RUN: split-file %s %t
// RUN: %python %t/data.py %t
// RUN: qdot calibrate --quiet %t/matmul.mlir --data %t/x.npy -o %t/tensor.json
// RUN: qdot calibrate --quiet %t/matmul.mlir --data %t/x.npy -o %t/matmul.json --channel-axis=-1
// RUN: qdot calibrate --quiet %t/conv.mlir --data %t/x.npy -o %t/conv.json --channel-axis=-1
// RUN: qdot calibrate --quiet %t/nchw.mlir --data %t/x.npy -o %t/nchw.json --channel-axis=1
// RUN: qdot calibrate --quiet %t/nchw.mlir --data %t/x.npy -o %t/width.json --channel-axis=3
// RUN: qdot calibrate --quiet %t/depthwise.mlir --data %t/x.npy -o %t/depthwise.json --channel-axis=-1
// RUN: qdot-opt %t/matmul.mlir '--qdot-annotate-values=stats=%t/tensor.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=LARGE
// RUN: qdot-opt %t/matmul.mlir '--qdot-annotate-values=stats=%t/matmul.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=SMALL
// RUN: qdot-opt %t/matmul.mlir '--qdot-annotate-values=stats=%t/matmul.json weight-bits=4' | FileCheck %s --check-prefix=LARGE
// RUN: qdot-opt %t/conv.mlir '--qdot-annotate-values=stats=%t/conv.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=SMALL
// RUN: qdot-opt %t/nchw.mlir '--qdot-annotate-values=stats=%t/nchw.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=SMALL
// Another axis than that of the channels: as without.
// RUN: qdot-opt %t/nchw.mlir '--qdot-annotate-values=stats=%t/width.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=LARGE
// A channel of a depthwise convolution meets weights of its own; nothing depends
// on the scale of the one that is always 0.
// RUN: qdot-opt %t/depthwise.mlir '--qdot-annotate-values=stats=%t/depthwise.json range=auto weight-range=auto weight-bits=4' | FileCheck %s --check-prefix=OWN
// SMALL: !quant.uniform<i8<-7:7>:f32, 0.{{[0-9]+}}>>
// LARGE: !quant.uniform<i8<-7:7>:f32, 14.2857{{[0-9]+}}>>
// OWN: !quant.uniform<i8<-7:7>:f32:2, {14.2857{{[0-9]+}},0.0{{[0-9]+}}}>>

//--- data.py
import sys
import numpy as np
x = np.random.default_rng(1).normal(size=(64, 2, 1, 5)).astype(np.float32)
x[:, 0] = 0
folder = sys.argv[1]
np.save(f"{folder}/x.npy", x)

//--- matmul.mlir
func.func @main(%x: tensor<1x2x1x5xf32>) -> tensor<5x1xf32> {
  %w = arith.constant dense<[[100.0], [0.5]]> : tensor<2x1xf32>
  %zero = arith.constant 0.0 : f32
  %t = tensor.empty() : tensor<5x2xf32>
  %e = tensor.empty() : tensor<5x1xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<5x1xf32>) -> tensor<5x1xf32>
  %c = tensor.collapse_shape %x [[0, 1], [2, 3]] : tensor<1x2x1x5xf32> into tensor<2x5xf32>
  %r = linalg.transpose ins(%c : tensor<2x5xf32>) outs(%t : tensor<5x2xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%r, %w : tensor<5x2xf32>, tensor<2x1xf32>) outs(%i : tensor<5x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

//--- conv.mlir
func.func @main(%x: tensor<1x2x1x5xf32>) -> tensor<1x1x4x1xf32> {
  %w = arith.constant dense<[[[[100.0], [0.5]], [[100.0], [-0.25]]]]> : tensor<1x2x2x1xf32>
  %zero = arith.constant 0.0 : f32
  %t = tensor.empty() : tensor<1x1x5x2xf32>
  %e = tensor.empty() : tensor<1x1x4x1xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x4x1xf32>) -> tensor<1x1x4x1xf32>
  %r = linalg.transpose ins(%x : tensor<1x2x1x5xf32>) outs(%t : tensor<1x1x5x2xf32>) permutation = [0, 2, 3, 1]
  %y = linalg.conv_2d_nhwc_hwcf ins(%r, %w : tensor<1x1x5x2xf32>, tensor<1x2x2x1xf32>) outs(%i : tensor<1x1x4x1xf32>) -> tensor<1x1x4x1xf32>
  return %y : tensor<1x1x4x1xf32>
}

//--- nchw.mlir
func.func @main(%x: tensor<1x2x1x5xf32>) -> tensor<1x1x1x4xf32> {
  %w = arith.constant dense<[[[[100.0, 100.0]], [[0.5, -0.25]]]]> : tensor<1x2x1x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1x1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x1x5xf32>, tensor<1x2x1x2xf32>) outs(%i : tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>
  return %y : tensor<1x1x1x4xf32>
}

//--- depthwise.mlir
func.func @main(%x: tensor<1x2x1x5xf32>) -> tensor<1x1x4x2xf32> {
  %w = arith.constant dense<[[[100.0, 0.5], [100.0, -0.25]]]> : tensor<1x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %t = tensor.empty() : tensor<1x1x5x2xf32>
  %e = tensor.empty() : tensor<1x1x4x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x4x2xf32>) -> tensor<1x1x4x2xf32>
  %r = linalg.transpose ins(%x : tensor<1x2x1x5xf32>) outs(%t : tensor<1x1x5x2xf32>) permutation = [0, 2, 3, 1]
  %y = linalg.depthwise_conv_2d_nhwc_hwc ins(%r, %w : tensor<1x1x5x2xf32>, tensor<1x2x2xf32>) outs(%i : tensor<1x1x4x2xf32>) -> tensor<1x1x4x2xf32>
  return %y : tensor<1x1x4x2xf32>
}
