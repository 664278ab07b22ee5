// Every op and attribute of the dialect, printed and parsed again, as text and
// as bytecode.
// RUN: qdot-opt %s | qdot-opt | FileCheck %s
// RUN: qdot-opt %s --emit-bytecode | qdot-opt | FileCheck %s
// RUN: qdot-opt %s --mlir-print-op-generic | qdot-opt | FileCheck %s

// CHECK-LABEL: func.func @tensors
func.func @tensors(%x: tensor<1x4xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  qdot.observe %x {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  // CHECK: %[[Q:.*]] = qdot.quantize %{{.*}} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 1.562500e-02:-32>>
  %q = qdot.quantize %x : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>>
  // CHECK: qdot.dequantize %[[Q]] : tensor<1x4x!quant.uniform<i8:f32, 1.562500e-02:-32>> -> tensor<1x4xf32>
  %r = qdot.dequantize %q : tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>> -> tensor<1x4xf32>
  // CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<4x3xf32> -> tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,2.500000e-01,1.250000e-01}>>
  %wq = qdot.quantize %w {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<4x3xf32> -> tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 0.125}>>
  // A bias may have a scale below the smallest normal f32.
  // CHECK: qdot.quantize %{{.*}} : tensor<3xf32> -> tensor<3x!quant.uniform<i32:f32, 9.9999999999999992E-41>>
  %bq = qdot.quantize %b : tensor<3xf32> -> tensor<3x!quant.uniform<i32:f32, 1.0e-40>>
  return
}

// CHECK-LABEL: func.func @memrefs
func.func @memrefs(%x: memref<?x4xf32>, %y: memref<f32>) {
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/input_0#0123456789abcdef">} : memref<?x4xf32>
  qdot.observe %x {site = #qdot.site<"main/input_0#0123456789abcdef">} : memref<?x4xf32>
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/input_1#0123456789abcdef">} : memref<f32>
  qdot.observe %y {site = #qdot.site<"main/input_1#0123456789abcdef">} : memref<f32>
  return
}

// CHECK-LABEL: func.func @scalars
func.func @scalars(%acc: i32, %m: i32, %f: f32, %s: i8, %q: i8, %table: tensor<256xi8>) {
  // CHECK: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  %0 = qdot.requantize %acc, %m, %s zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  // CHECK: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(3) clamp(0, 100) contract tosa_double : i32, i32 -> i16
  %1 = qdot.requantize %acc, %m, %s zero_point(3) clamp(0, 100) contract tosa_double : i32, i32 -> i16
  // CHECK: qdot.requantize %{{.*}}, %{{.*}} zero_point(0) clamp(-5, 5) contract f32 : i32, f32 -> i32
  %2 = qdot.requantize %acc, %f zero_point(0) clamp(-5, 5) contract f32 : i32, f32 -> i32
  // CHECK: qdot.lookup %{{.*}} in %{{.*}} : tensor<256xi8>
  %3 = qdot.lookup %q in %table : tensor<256xi8>
  return
}

// CHECK-LABEL: func.func @discardable
func.func @discardable(%a: tensor<4xi8>) {
  // CHECK: qdot.accumulator = #qdot.accumulator<-163840 to 161290>
  // CHECK-SAME: qdot.island = "softmax"
  // CHECK-SAME: qdot.keep_float
  // CHECK-SAME: qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>, <"main/conv_0#8d2e1c9b55aa0f31">>
  %0 = tensor.cast %a {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5:3>, <"main/conv_0#8d2e1c9b55aa0f31">>,
                       qdot.accumulator = #qdot.accumulator<-163840 to 161290>,
                       qdot.island = "softmax", qdot.keep_float} : tensor<4xi8> to tensor<4xi8>
  // CHECK: qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01>>
  %1 = tensor.cast %a {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>} : tensor<4xi8> to tensor<4xi8>
  return
}
