// Activations of 7 bits: for all values and by site path.
// RUN: split-file %s %t
// RUN: qdot-opt %t/model.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/s.json main/input_0=-1:1.54 main/matmul_0=0:2.54 tied/input_0=-1:1 tied/input_1=0:1.54
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=7' --remarks-filter='qdot.*' 2>%t/remarks | FileCheck %t/model.mlir --check-prefixes=CHECK,ALL
// RUN: FileCheck %t/expected.txt --check-prefix=REMARK < %t/remarks
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=matmul=7' | FileCheck %t/model.mlir --check-prefixes=CHECK,ONE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=7,main/input=8,tied/input=8' | FileCheck %t/model.mlir --check-prefixes=CHECK,ONE
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=tied/input_1=7' | FileCheck %t/model.mlir --check-prefix=TIED
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=8' > %t/eight.mlir
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json' | diff - %t/eight.mlir

// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=6' 2>&1 | FileCheck %t/expected.txt --check-prefix=BITS
// RUN: not qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/s.json activation-bits=(=7' 2>&1 | FileCheck %t/expected.txt --check-prefix=REGEX

//--- expected.txt
REMARK: remark: [Analysis] ActivationBits {{.*}}| Function=main | Bits=7, Remark="7 bits for main/matmul_0: {{.*}}, SqnrMilliDecibel=
BITS: error: activation-bits=6: expected 4, 7, 8, 16 or auto, got '6'
REGEX: error: activation-bits=(=7: '(=7': parentheses not balanced

//--- model.mlir
// The weight's type does not change.
// CHECK-LABEL: func.func @main(
// ALL: qdot.quantize %{{.*}} {site = #qdot.site<"main/input_0#{{.*}}">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8<-64:63>:f32, 0.019999999552965164:-14>>
// ONE: qdot.quantize %{{.*}} {site = #qdot.site<"main/input_0#{{.*}}">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.0099607845768332481:-28>>
// CHECK: qdot.quantize %{{.*}} -> tensor<4x2x!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,0.019999999552965164}>>
// CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"main/matmul_0#{{.*}}">} : tensor<1x2xf32> -> tensor<1x2x!quant.uniform<i8<-64:63>:f32, 0.019999999552965164:-64>>
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.27, -0.5], [-1.0, 0.25], [0.5, 2.54], [0.0, 0.0]]> : tensor<4x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Values of one type: 7 bits for one are 7 bits for all. -1 to 1.54.
// TIED-LABEL: func.func @tied(
// TIED-COUNT-3: qdot.quantize %{{.*}} -> tensor<{{.*}}x!quant.uniform<i8<-64:63>:f32, 0.019999999552965164:-14>>
func.func @tied(%a: tensor<1x2xf32>, %b: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %c = tensor.concat dim(1) %a, %b : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %r = linalg.mul ins(%c, %c : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}
