// RUN: qdot-opt %s --qdot-export-quant | FileCheck %s
// The two passes are each other's reverse on signed types.
// RUN: qdot-opt %s --qdot-export-quant --qdot-import-quant | FileCheck %s --check-prefix=BACK

// CHECK-LABEL: func.func @example
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[Q:.*]] = quant.qcast %[[X]] : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK-NEXT: %[[R:.*]] = quant.dcast %[[Q]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> to tensor<4xf32>
// CHECK-NEXT: return %[[R]]
// BACK-LABEL: func.func @example
// BACK-SAME: (%[[X:.*]]: tensor<4xf32>)
// BACK-NEXT: %[[Q:.*]] = qdot.quantize %[[X]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// BACK-NEXT: %[[R:.*]] = qdot.dequantize %[[Q]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<4xf32>
// BACK-NEXT: return %[[R]]
func.func @example(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  %r = qdot.dequantize %q : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// Sites are dropped.
// CHECK-LABEL: func.func @site
// CHECK-NOT: site
// CHECK: return
func.func @site(%x: tensor<4xf32>) {
  %q = qdot.quantize %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return
}
