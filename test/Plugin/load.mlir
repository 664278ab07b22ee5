// RUN: split-file %s %t
// Stock mlir-opt loads the library: the passes alone, for IR without qdot, or
// the dialect and the passes.
// RUN: mlir-opt-22 --load-pass-plugin=%qdot_lib --pass-pipeline="builtin.module(qdot-remove-observe)" %t/plain.mlir | FileCheck %s
// RUN: mlir-opt-22 %plugin --pass-pipeline="builtin.module(qdot-remove-observe)" %t/observed.mlir | FileCheck %s
// Our own tool has the short flags.
// RUN: qdot-opt --qdot-remove-observe %t/observed.mlir | FileCheck %s
// The same library twice is no problem.
// RUN: qdot-opt %plugin --load-pass-plugin=%qdot_lib --qdot-remove-observe %t/observed.mlir | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: return

//--- plain.mlir
func.func @main(%x: tensor<1x4xf32>) {
  return
}

//--- observed.mlir
func.func @main(%x: tensor<1x4xf32>) {
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  return
}
