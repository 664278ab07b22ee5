// RUN: qdot-opt %s --qdot-remove-observe | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: return
func.func @main(%x: tensor<1x4xf32>) {
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  return
}

// Nested regions and buffers too.
// CHECK-LABEL: func.func @nested
// CHECK: scf.if
// CHECK-NOT: qdot.observe
// CHECK: return
func.func @nested(%x: memref<1x4xf32>, %c: i1) {
  scf.if %c {
    qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : memref<1x4xf32>
  }
  return
}
