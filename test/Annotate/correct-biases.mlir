// RUN: split-file %s %t
// RUN: qdot-opt %t/plain.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/mean2.json main/input_0=1:3
// RUN: qdot-opt %t/model.mlir --qdot-correct-biases=stats=%t/mean2.json | FileCheck %t/model.mlir
// RUN: qdot-opt %t/plain.mlir --qdot-annotate-values=stats=%t/mean2.json --qdot-correct-biases=stats=%t/mean2.json | FileCheck %t/plain.mlir
// RUN: qdot-opt %t/declined.mlir --qdot-correct-biases=stats=%t/mean2.json --remarks-filter='qdot.*' 2>&1 | FileCheck %t/declined.mlir
// RUN: not qdot-opt %t/model.mlir --qdot-correct-biases 2>&1 | FileCheck %t/errors.txt --check-prefix=NO-FILE
// RUN: not qdot-opt %t/model.mlir --qdot-correct-biases=stats=%t/missing.json 2>&1 | FileCheck %t/errors.txt --check-prefix=MISSING

//--- errors.txt
NO-FILE: error: qdot-correct-biases needs a statistics file (stats=FILE)
MISSING: error: {{.*}}missing.json: cannot read statistics

//--- model.mlir
// The mean of x is 2; the codes of the first column are 0.5 too small in sum.
// CHECK-LABEL: func.func @main
// CHECK: %[[B:.*]] = arith.constant dense<[6.000000e+00, 5.000000e+00]> : tensor<2xf32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xf32>) outs(%{{.*}} : tensor<1x2xf32>) dimensions = [0]
// CHECK: linalg.matmul ins({{.*}}) outs(%[[I]]
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %xq = qdot.quantize %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x2xf32> -> tensor<1x2x!quant.uniform<i8:f32, 0.25>>
  %xd = qdot.dequantize %xq : tensor<1x2x!quant.uniform<i8:f32, 0.25>> -> tensor<1x2xf32>
  %w = arith.constant dense<[[1.25, 1.0], [2.25, 3.0]]> : tensor<2x2xf32>
  %wq = qdot.quantize %w : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 1.0>>
  %wd = qdot.dequantize %wq : tensor<2x2x!quant.uniform<i8<-127:127>:f32, 1.0>> -> tensor<2x2xf32>
  %b = arith.constant dense<5.0> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2xf32>) dimensions = [0]
  %y = linalg.matmul ins(%xd, %wd : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

//--- plain.mlir
// A layer with one channel and without a bias, and a bias that is quantized.
// CHECK-LABEL: func.func @main
// CHECK: %[[B:.*]] = arith.constant dense<{{[-.e0-9]+}}> : tensor<f32>
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<f32>) outs(%{{.*}} : tensor<1x1xf32>) dimensions = [0, 1]
// CHECK: linalg.matmul ins({{.*}}) outs(%[[I]]
// CHECK-LABEL: func.func @biased
// CHECK: %[[C:.*]] = arith.constant dense<{{.*}}> : tensor<2xf32>
// CHECK: %[[Q:.*]] = qdot.quantize %[[C]] : tensor<2xf32> -> tensor<2x!quant.uniform<i32:f32:0,
// CHECK: %[[D:.*]] = qdot.dequantize %[[Q]]
// CHECK: linalg.broadcast ins(%[[D]]
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[1.25], [2.26]]> : tensor<2x1xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
func.func @biased(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.25, -0.11], [2.26, 0.33]]> : tensor<2x2xf32>
  %b = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

//--- declined.mlir
// CHECK: remark: [Missed] CorrectBiases {{.*}}Reason=no-statistics
// CHECK: remark: [Missed] CorrectBiases {{.*}}Reason=no-original-weights
// CHECK: remark: [Missed] CorrectBiases {{.*}}Reason=bias-form
!x = !quant.uniform<i8:f32, 0.25>
!w = !quant.uniform<i8<-127:127>:f32, 1.0>
func.func @unknown(%xq: tensor<1x2x!x>) -> tensor<1x2xf32> {
  %x = qdot.dequantize %xq : tensor<1x2x!x> -> tensor<1x2xf32>
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %wq = qdot.quantize %w : tensor<2x2xf32> -> tensor<2x2x!w>
  %wd = qdot.dequantize %wq : tensor<2x2x!w> -> tensor<2x2xf32>
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %wd : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
func.func @codes(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %xq = qdot.quantize %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x2xf32> -> tensor<1x2x!x>
  %xd = qdot.dequantize %xq : tensor<1x2x!x> -> tensor<1x2xf32>
  %w = arith.constant dense<3> : tensor<2x2xi8>
  %wq = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!w>
  %wd = qdot.dequantize %wq : tensor<2x2x!w> -> tensor<2x2xf32>
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %y = linalg.matmul ins(%xd, %wd : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
// One bias per element.
func.func @elements(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %xq = qdot.quantize %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<2x2xf32> -> tensor<2x2x!x>
  %xd = qdot.dequantize %xq : tensor<2x2x!x> -> tensor<2x2xf32>
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %wq = qdot.quantize %w : tensor<2x2xf32> -> tensor<2x2x!w>
  %wd = qdot.dequantize %wq : tensor<2x2x!w> -> tensor<2x2xf32>
  %i = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = linalg.matmul ins(%xd, %wd : tensor<2x2xf32>, tensor<2x2xf32>) outs(%i : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
