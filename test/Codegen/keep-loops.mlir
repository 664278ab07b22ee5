// RUN: qdot-opt %s --qdot-keep-loops --mlir-print-local-scope | FileCheck %s

// The example of Passes.td, and another branch without annotation.
// CHECK-LABEL: llvm.func @loop
// CHECK: llvm.br ^bb1(%{{.*}} : i64){{$}}
// CHECK: llvm.br ^bb1(%{{.*}} : i64) {loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
llvm.func @loop(%n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^bb1(%zero : i64)
^bb1(%i: i64):
  %c = llvm.icmp "slt" %i, %n : i64
  llvm.cond_br %c, ^bb2, ^bb3
^bb2:
  %0 = llvm.add %i, %one : i64
  llvm.br ^bb1(%0 : i64) {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
^bb3:
  llvm.return
}

// A loop that ends with a condition.
// CHECK-LABEL: llvm.func @bottom
// CHECK: llvm.cond_br %{{.*}}, ^bb1(%{{.*}} : i64), ^bb2 {loop_annotation = #llvm.loop_annotation<licm = <disable = true>>}
llvm.func @bottom(%n: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^bb1(%zero : i64)
^bb1(%i: i64):
  %next = llvm.add %i, %one : i64
  %c = llvm.icmp "slt" %next, %n : i64
  llvm.cond_br %c, ^bb1(%next : i64), ^bb2 {llvm.loop_annotation = #llvm.loop_annotation<licm = <disable = true>>}
^bb2:
  llvm.return
}
