// Range methods, schemes and weights. One value is 100, one is -1, 20,000 are 0.1; the second result is never negative.
// RUN: split-file %s %t
// RUN: qdot-opt %t/model.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/s.json main/input_0=-1:100*20000 main/mul_0=0:4 main/matmul_0=-2:2
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=minmax' | FileCheck %t/model.mlir --check-prefix=MINMAX
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=percentile:99' | FileCheck %t/model.mlir --check-prefix=PERCENTILE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=mean-extremes,mul=moving-average' | FileCheck %t/model.mlir --check-prefix=MINMAX
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=mse' | FileCheck %t/model.mlir --check-prefix=MSE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=octav' | FileCheck %t/model.mlir --check-prefix=OCTAV
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=aciq-gauss' | FileCheck %t/model.mlir --check-prefix=GAUSS
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=aciq-laplace' | FileCheck %t/model.mlir --check-prefix=LAPLACE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=minmax,input=octav' | FileCheck %t/model.mlir --check-prefix=OCTAV
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=octav,input=minmax' | FileCheck %t/model.mlir --check-prefix=MINMAX
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-scheme=symmetric' | FileCheck %t/model.mlir --check-prefix=SYMMETRIC
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-scheme=unsigned' | FileCheck %t/model.mlir --check-prefix=UNSIGNED
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-scheme=unsigned,narrow' | FileCheck %t/model.mlir --check-prefix=NARROW
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-scheme=power-of-two' | FileCheck %t/model.mlir --check-prefix=POWER
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=4' | FileCheck %t/model.mlir --check-prefix=FOUR
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=16' | FileCheck %t/model.mlir --check-prefix=SIXTEEN
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=4,input=16' | FileCheck %t/model.mlir --check-prefix=MIXED
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-bits=4' | FileCheck %t/model.mlir --check-prefix=W4
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-bits=4,matmul=8' | FileCheck %t/model.mlir --check-prefix=MINMAX
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-granularity=tensor' | FileCheck %t/model.mlir --check-prefix=TENSOR
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-bits=4 weight-range=mse' | FileCheck %t/model.mlir --check-prefix=W4MSE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-scheme=full' | FileCheck %t/model.mlir --check-prefix=FULL
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-scheme=power-of-two' | FileCheck %t/model.mlir --check-prefix=WPOWER
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-bits=4 weight-granularity=block:2' | FileCheck %t/model.mlir --check-prefix=BLOCK
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json preset=pytorch' | FileCheck %t/model.mlir --check-prefix=PYTORCH
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json preset=onnxruntime' | FileCheck %t/model.mlir --check-prefix=ORT
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json preset=tensorrt' | FileCheck %t/model.mlir --check-prefix=TRT
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json preset=tensorrt activation-scheme=asymmetric weight-scheme=narrow' | FileCheck %t/model.mlir --check-prefix=MINMAX

// The choice is in the IR, and a remark tells it.
// RUN: qdot-opt %t/auto.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/auto.json auto/input_0=-1:100*20000@10
// RUN: qdot-opt %t/auto.mlir '--qdot-annotate-values=stats=%t/auto.json range=auto activation-bits=4' --remarks-filter='qdot.*' 2>%t/remarks | FileCheck %t/auto.mlir
// RUN: FileCheck %t/errors.txt --check-prefix=REMARK < %t/remarks

// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=percentile:101' 2>&1 | FileCheck %t/errors.txt --check-prefix=PERCENT
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=percentile:x' 2>&1 | FileCheck %t/errors.txt --check-prefix=PERCENTX
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json range=mse,(=mse' 2>&1 | FileCheck %t/errors.txt --check-prefix=REGEX
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-range=kl' 2>&1 | FileCheck %t/errors.txt --check-prefix=WRANGE
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-bits=3' 2>&1 | FileCheck %t/errors.txt --check-prefix=WBITS
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-granularity=block:0' 2>&1 | FileCheck %t/errors.txt --check-prefix=GRAIN
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-granularity=block:2' 2>&1 | FileCheck %t/errors.txt --check-prefix=BLOCKS
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-scheme=signed' 2>&1 | FileCheck %t/errors.txt --check-prefix=SCHEME
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json weight-scheme=symmetric' 2>&1 | FileCheck %t/errors.txt --check-prefix=WSCHEME
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json preset=tvm' 2>&1 | FileCheck %t/errors.txt --check-prefix=PRESET

//--- errors.txt
REMARK: remark: [Analysis] Range {{.*}}Function=auto | MinMaxSqnrMilliDecibel={{-?[0-9]+}}, Remark="range of auto/input_0: output, by the noise
REMARK: remark: [Analysis] Range {{.*}}Remark="range of auto/matmul_0: minmax, by the noise
PERCENT: error: range=percentile:101: expected a percentile above 50 and at most 100, got '101'
PERCENTX: error: range=percentile:x: expected a percentile above 50 and at most 100, got 'x'
REGEX: error: range=mse,(=mse: '(=mse': parentheses not balanced
WRANGE: error: weight-range=kl: expected a range method (minmax, percentile:P, mse, entropy, aciq-gauss, aciq-laplace, octav, mean-extremes, moving-average or auto), got 'kl'
WBITS: error: weight-bits=3: expected 4 or 8, got '3'
GRAIN: error: weight-granularity=block:0: expected tensor, channel or block:SIZE, got 'block:0'
BLOCKS: error: 'linalg.matmul' op expected weights of 4 bits for blocks of 2, got 8 bits
SCHEME: error: activation-scheme=signed: expected asymmetric, symmetric, unsigned, narrow, full or power-of-two, got 'signed'
WSCHEME: error: weight-scheme=symmetric: expected narrow, full or power-of-two, got 'symmetric'
PRESET: error: preset=tvm: expected qdot, tflite, onnxruntime, tensorrt or pytorch, got 'tvm'

//--- model.mlir
// MINMAX: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.3960784375667572:-125>
// MINMAX: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,0.019999999552965164}>
// MINMAX: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 0.015686275437474251:-1>
// MINMAX: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8:f32, 0.015686275437474251:-128>
// PERCENTILE: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 3.9797945646569133E-4:-128>
// OCTAV: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.35986790060997009:-125>
// GAUSS: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.015194405801594257:-62>
// LAPLACE: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 7.9000851837918162E-4:-128>
// MSE: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.39526379108428955:-126>
// SYMMETRIC: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.78740155696868896>
// SYMMETRIC: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 0.015748031437397003>
// SYMMETRIC: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8:f32, 0.031496062874794006>
// UNSIGNED: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.78740155696868896>
// UNSIGNED: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 0.015748031437397003>
// NARROW: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8<-127:127>:f32, 0.78740155696868896>
// NARROW: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8<-127:127>:f32, 0.015748031437397003>
// NARROW: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8<-127:127>:f32, 0.015748031437397003:-127>
// POWER: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 5.000000e-01:-126>
// POWER: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 3.125000e-02:-64>
// POWER: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8:f32, 3.125000e-02:-128>
// FOUR: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8<-8:7>:f32, 6.7333331108093262:-8>
// FOUR: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8<-8:7>:f32, 0.26666668057441711:-1>
// FOUR: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8<-8:7>:f32, 0.26666668057441711:-8>
// SIXTEEN: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i16:f32, 0.001541161211207509:-32119>
// SIXTEEN: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i16:f32, 6.1036087572574615E-5>
// SIXTEEN: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i16:f32, 6.1036087572574615E-5:-32768>
// MIXED: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i16:f32, 0.001541161211207509:-32119>
// MIXED: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8<-8:7>:f32, 0.26666668057441711:-1>
// MIXED: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8<-8:7>:f32, 0.26666668057441711:-8>
// W4: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-7:7>:f32:1, {0.18142856657505035,0.36285713315010071}>
// TENSOR: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-127:127>:f32, 0.019999999552965164>
// W4MSE: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-7:7>:f32:1, {0.1746799647808075,0.36285713315010071}>
// FULL: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8:f32:1, {0.0099999997764825821,0.019999999552965164}>
// WPOWER: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-127:127>:f32:1, {1.562500e-02,3.125000e-02}>
// BLOCK: arith.constant dense<{{\[\[}}126, -24], [-108, 12], [49, 126], [0, 0]]> : tensor<4x2xi8>
// BLOCK: quant.scast {{.*}} to tensor<4x2x!quant.uniform<i8<-127:127>:f32:1, {0.010079365223646164,0.020158730447292328}>>
// PYTORCH: arith.constant dense<{{\[\[}}127, -25], [-100, 13], [50, 127], [0, 0]]> : tensor<4x2xi8>
// PYTORCH: quant.scast {{.*}} to tensor<4x2x!quant.uniform<i8:f32:1, {0.0099607845768332481,0.019921569153666496}>>
// ORT: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8<-127:127>:f32, 0.019999999552965164>
// ORT: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 0.015686275437474251>
// TRT: qdot.quantize {{.*}}main/input_0#{{.*}}!quant.uniform<i8:f32, 0.78740155696868896>
// TRT: qdot.quantize {{.*}}tensor<4x2xf32>{{.*}}!quant.uniform<i8:f32:1, {0.0099999997764825821,0.019999999552965164}>
// TRT: qdot.quantize {{.*}}main/matmul_0#{{.*}}!quant.uniform<i8:f32, 0.015748031437397003>
// TRT: qdot.quantize {{.*}}main/mul_0#{{.*}}!quant.uniform<i8:f32, 0.031496062874794006>
func.func @main(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[1.27, -0.5], [-1.0, 0.25], [0.5, 2.54], [0.0, 0.0]]> : tensor<4x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %f = tensor.empty() : tensor<1x4xf32>
  %r = linalg.mul ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %r, %y : tensor<1x4xf32>, tensor<1x2xf32>
}

//--- auto.mlir
// CHECK-LABEL: func.func @auto(
// CHECK: qdot.quantize %{{.*}} {qdot.range = #qdot.range<"output" sqnr {{[0-9.]+}} : f64 minmax -{{[0-9.]+}} : f64>, site = #qdot.site<"auto/input_0
// CHECK: qdot.quantize %{{.*}} {qdot.range = #qdot.range<"minmax" sqnr {{.*}} : f64>, site = #qdot.site<"auto/matmul_0
func.func @auto(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.27, -0.5], [-1.0, 0.25], [0.5, 2.54], [0.0, 0.0]]> : tensor<4x2xf32>
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
