// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-import-quant | FileCheck %s

// CHECK-LABEL: func.func @example
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[Q:.*]] = qdot.quantize %[[X]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK-NEXT: %[[R:.*]] = qdot.dequantize %[[Q]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<4xf32>
// CHECK-NEXT: return %[[R]]
func.func @example(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  %r = quant.dcast %q : tensor<4x!quant.uniform<u8:f32, 0.5:128>> to tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Signed types stay, unsigned ones move with their limits and zero points.
// CHECK-LABEL: func.func @types
// CHECK: tensor<4x!quant.uniform<i8:f32, 5.000000e-01:-3>>
// CHECK: tensor<4x!quant.uniform<i8<-128:126>:f32, 5.000000e-01:-118>>
// CHECK: tensor<2x!quant.uniform<i8:f32:0, {5.000000e-01:-128,2.500000e-01:127}>>
// CHECK: tensor<4x!quant.uniform<i4:f32, 5.000000e-01:-8>>
// CHECK: tensor<4x!quant.uniform<i16:f32, 5.000000e-01>>
func.func @types(%x: tensor<4xf32>, %y: tensor<2xf32>) {
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5:-3>>
  %1 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8<0:254>:f32, 0.5:10>>
  %2 = quant.qcast %y : tensor<2xf32> to tensor<2x!quant.uniform<u8:f32:0, {0.5, 0.25:255}>>
  %3 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u4:f32, 0.5>>
  %4 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u16:f32, 0.5:32768>>
  return
}

// -----

// Stored constants: the integers move with the zero point, the real values stay.
// CHECK-LABEL: func.func @stored
// CHECK: arith.constant dense<[-128, -1, 0, 127]> : tensor<4xi8>
// CHECK: quant.scast %{{.*}} : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: qdot.dequantize
func.func @stored() -> tensor<4xf32> {
  %c = arith.constant dense<[0, 127, 128, 255]> : tensor<4xi8>
  %q = quant.scast %c : tensor<4xi8> to tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  %r = quant.dcast %q : tensor<4x!quant.uniform<u8:f32, 0.5:128>> to tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// expected-error @+1 {{has the quantized type 'tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>' in its signature; run strip-func-quant-types first}}
func.func @signature(%q: tensor<4x!quant.uniform<i8:f32, 0.5>>) {
  return
}

// -----

func.func @unranked(%x: tensor<*xf32>) {
  // expected-error @+1 {{expected a ranked tensor, got 'tensor<*x!quant.uniform<i8:f32, 5.000000e-01>>'}}
  %q = quant.qcast %x : tensor<*xf32> to tensor<*x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// Upstream accepts a zero point that the storage type does not have.
func.func @zero_point(%x: tensor<4xf32>) {
  // expected-error @+1 {{zero point 300 of channel 0 is outside of [0, 255]}}
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.5:300>>
  return
}

// -----

func.func @sub_channel(%x: tensor<2x2xf32>) {
  // expected-error @+1 {{has unsigned sub-channel storage '!quant.uniform<u8:f32:{0:1, 1:1}}}
  %q = quant.qcast %x : tensor<2x2xf32> to tensor<2x2x!quant.uniform<u8:f32:{0:1, 1:1}, {{0.5:0, 0.5:0}, {0.5:0, 0.5:0}}>>
  return
}

// -----

func.func @stored_argument(%c: tensor<4xi8>) {
  // expected-error @+1 {{has unsigned storage '!quant.uniform<u8:f32, 5.000000e-01>' on no constant}}
  %q = quant.scast %c : tensor<4xi8> to tensor<4x!quant.uniform<u8:f32, 0.5>>
  return
}
