// Activations of 7 bits where contractions read them and little of the noise is heard in the results.
// RUN: split-file %s %t
// RUN: qdot-opt %t/model.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/loud.json main/input_0=-1:1 "main/input_1=0:1.54*100@200" main/matmul_0=-1:1
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/loud.json activation-bits=auto' --remarks-filter='qdot.*' 2>%t/remarks | FileCheck %t/model.mlir --check-prefixes=CHECK,LOUD
// RUN: FileCheck %t/expected.txt --check-prefix=REMARK < %t/remarks

// The same rounding, but results of a fiftieth of that size.
// RUN: qdot-opt %t/model.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/quiet.json main/input_0=-1:1 "main/input_1=0:1.54*100@200" main/matmul_0=-0.02:0.02
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/quiet.json activation-bits=auto' | FileCheck %t/model.mlir --check-prefixes=CHECK,QUIET
// Other entries win.
// RUN: qdot-opt %t/model.mlir '--qdot-annotate-values=stats=%t/loud.json activation-bits=auto,input_1=8' | FileCheck %t/model.mlir --check-prefixes=CHECK,QUIET

//--- expected.txt
REMARK: remark: [Analysis] ActivationBits {{.*}}| Function=main | Bits=7, Remark="7 bits for main/input_{{.}}: the noise that reaches the outputs of the layers that read it, four times what 8 bits would add", SqnrMilliDecibel=

//--- model.mlir
// Both sides of the concatenation share one type: -1 to 1.54. Nothing but an
// addition reads the result, which stays as it is.
// CHECK-LABEL: func.func @main(
// LOUD-COUNT-2: qdot.quantize %{{.*}} {site = #qdot.site<"main/input_{{.*}}">} : {{.*}} -> tensor<1x2x!quant.uniform<i8<-64:63>:f32, 0.019999999552965164:-14>>
// QUIET-COUNT-2: qdot.quantize %{{.*}} {site = #qdot.site<"main/input_{{.*}}">} : {{.*}} -> tensor<1x2x!quant.uniform<i8:f32,
// CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"main/matmul_0#{{.*}}">} : {{.*}} -> tensor<1x2x!quant.uniform<i8:f32,
func.func @main(%a: tensor<1x2xf32>, %b: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %x = tensor.concat dim(1) %a, %b : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %w = arith.constant dense<[[1.27, -0.5], [-1.0, 0.25], [0.5, 2.54], [0.0, 0.0]]> : tensor<4x2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.add ins(%y, %y : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}
