// RUN: qdot-opt %s --qdot-lower-ops --split-input-file --verify-diagnostics --mlir-print-local-scope | FileCheck %s
// RUN: qdot-opt %s --qdot-lower-ops=fuse-multiply-add --split-input-file --verify-diagnostics --mlir-print-local-scope | FileCheck %s --check-prefix=FUSE

// CHECK-LABEL: func.func @lookup(
// CHECK-SAME: %[[X:.*]]: i8, %[[T:.*]]: tensor<256xi8>) -> i8 {
// CHECK-NEXT: %[[I:.*]] = arith.index_cast %[[X]] : i8 to index
// CHECK-NEXT: %[[C:.*]] = arith.constant 128 : index
// CHECK-NEXT: %[[J:.*]] = arith.addi %[[I]], %[[C]] : index
// CHECK-NEXT: %[[Y:.*]] = tensor.extract %[[T]][%[[J]]] : tensor<256xi8>
// CHECK-NEXT: return %[[Y]] : i8
func.func @lookup(%x: i8, %table: tensor<256xi8>) -> i8 {
  %y = qdot.lookup %x in %table : tensor<256xi8>
  return %y : i8
}

// -----

// Rule R2: ((acc * m) + (1 << (s - 1))) >> s in i64, plus zero point, clamped.
// CHECK-LABEL: func.func @single(
// CHECK-SAME: %[[A:.*]]: i32, %[[M:.*]]: i32, %[[S:.*]]: i8) -> i8 {
// CHECK-NEXT: %[[AX:.*]] = arith.extsi %[[A]] : i32 to i64
// CHECK-NEXT: %[[SX:.*]] = arith.extsi %[[S]] : i8 to i64
// CHECK-NEXT: %[[MX:.*]] = arith.extsi %[[M]] : i32 to i64
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[AX]], %[[MX]] : i64
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK-NEXT: %[[B:.*]] = arith.subi %[[SX]], %[[ONE]] : i64
// CHECK-NEXT: %[[R:.*]] = arith.shli %[[ONE]], %[[B]] : i64
// CHECK-NEXT: %[[Q:.*]] = arith.addi %[[P]], %[[R]] : i64
// CHECK-NEXT: %[[V:.*]] = arith.shrsi %[[Q]], %[[SX]] : i64
// CHECK-NEXT: %[[Z:.*]] = arith.constant -3 : i64
// CHECK-NEXT: %[[W:.*]] = arith.addi %[[V]], %[[Z]] : i64
// CHECK-NEXT: %[[LO:.*]] = arith.constant -100 : i64
// CHECK-NEXT: %[[L:.*]] = arith.maxsi %[[W]], %[[LO]] : i64
// CHECK-NEXT: %[[HI:.*]] = arith.constant 90 : i64
// CHECK-NEXT: %[[H:.*]] = arith.minsi %[[L]], %[[HI]] : i64
// CHECK-NEXT: %[[Y:.*]] = arith.trunci %[[H]] : i64 to i8
// CHECK-NEXT: return %[[Y]] : i8
func.func @single(%acc: i32, %m: i32, %s: i8) -> i8 {
  %y = qdot.requantize %acc, %m, %s zero_point(-3) clamp(-100, 90) contract tosa_single : i32, i32 -> i8
  return %y : i8
}

// -----

// Rule R3 adds 2^30, with the sign of the accumulator, when the shift is > 31.
// CHECK-LABEL: func.func @double(
// CHECK-SAME: %[[A:.*]]: i32, %[[M:.*]]: i32, %[[S:.*]]: i8) -> i16 {
// CHECK: %[[P:.*]] = arith.muli
// CHECK: %[[R:.*]] = arith.shli
// CHECK: %[[ZERO:.*]] = arith.constant 0 : i64
// CHECK: %[[POSITIVE:.*]] = arith.cmpi sge, %{{.*}}, %[[ZERO]] : i64
// CHECK-DAG: %[[UP:.*]] = arith.constant 1073741824 : i64
// CHECK-DAG: %[[DOWN:.*]] = arith.constant -1073741824 : i64
// CHECK: %[[N:.*]] = arith.select %[[POSITIVE]], %[[UP]], %[[DOWN]] : i64
// CHECK: %[[LIMIT:.*]] = arith.constant 31 : i64
// CHECK: %[[LONG:.*]] = arith.cmpi sgt, %{{.*}}, %[[LIMIT]] : i64
// CHECK: %[[N2:.*]] = arith.select %[[LONG]], %[[N]], %[[ZERO]] : i64
// CHECK: %[[R2:.*]] = arith.addi %[[R]], %[[N2]] : i64
// CHECK: arith.addi %[[P]], %[[R2]] : i64
// CHECK: arith.trunci %{{.*}} : i64 to i16
func.func @double(%acc: i32, %m: i32, %s: i8) -> i16 {
  %y = qdot.requantize %acc, %m, %s zero_point(0) clamp(-32768, 32767) contract tosa_double : i32, i32 -> i16
  return %y : i16
}

// -----

// Rule R5: clamped to [-128 - 5, 127 - 5] in float, so the conversion is safe.
// CHECK-LABEL: func.func @float(
// CHECK-NEXT: %[[F:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[F]], %{{.*}} : f32
// CHECK-NEXT: %[[LO:.*]] = arith.constant -1.330000e+02 : f32
// CHECK-NEXT: %[[L:.*]] = arith.maximumf %[[P]], %[[LO]] : f32
// CHECK-NEXT: %[[HI:.*]] = arith.constant 1.220000e+02 : f32
// CHECK-NEXT: %[[H:.*]] = arith.minimumf %[[L]], %[[HI]] : f32
// CHECK-NEXT: %[[R:.*]] = math.roundeven %[[H]] : f32
// CHECK-NEXT: %[[I:.*]] = arith.fptosi %[[R]] : f32 to i32
// CHECK-NEXT: %[[Z:.*]] = arith.constant 5 : i32
// CHECK-NEXT: %[[Q:.*]] = arith.addi %[[I]], %[[Z]] : i32
// CHECK-NEXT: arith.trunci %[[Q]] : i32 to i8
func.func @float(%acc: i32, %m: f32) -> i8 {
  %y = qdot.requantize %acc, %m zero_point(5) clamp(-128, 127) contract f32 : i32, f32 -> i8
  return %y : i8
}

// -----

// The bounds of i32 are no floats: they round to -2^31 and 2^31, which i64 holds.
// CHECK-LABEL: func.func @float_wide(
// CHECK: arith.fptosi %{{.*}} : f32 to i64
// CHECK: %[[LO:.*]] = arith.constant -2147483648 : i64
// CHECK: arith.maxsi %{{.*}}, %[[LO]] : i64
// CHECK: %[[HI:.*]] = arith.constant 2147483647 : i64
// CHECK: arith.minsi %{{.*}}, %[[HI]] : i64
// CHECK: arith.trunci %{{.*}} : i64 to i32
func.func @float_wide(%acc: i32, %m: f32) -> i32 {
  %y = qdot.requantize %acc, %m zero_point(0) clamp(-2147483648, 2147483647) contract f32 : i32, f32 -> i32
  return %y : i32
}

// -----

// Rules Q6 and Q8. A storage value stands in for the quantized one.
!x = !quant.uniform<i8:f32, 0.5:3>
// CHECK-LABEL: func.func @convert(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xi8>) {
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x4xi8>
// CHECK: %[[Q:.*]] = linalg.generic
// CHECK-SAME: ins(%[[X]] : tensor<?x4xf32>) outs(%[[E]] : tensor<?x4xi8>)
// CHECK-NEXT: ^bb0(%[[V:[a-z0-9_]+]]: f32, %{{.*}}: i8):
// CHECK-DAG: %[[S:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-DAG: %[[Z:.*]] = arith.constant 3 : i32
// CHECK: %[[D:.*]] = arith.divf %[[V]], %[[S]] : f32
// CHECK: %[[R:.*]] = math.roundeven %[[D]] : f32
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[R]], %[[R]] : f32
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: arith.select %[[NAN]], %[[ZERO]], %[[R]] : f32
// CHECK: %[[LOW:.*]] = arith.constant -128 : i32
// CHECK: arith.subi %[[LOW]], %[[Z]] : i32
// CHECK: arith.maximumf {{.*}} fastmath<nnan,nsz> : f32
// CHECK: %[[HIGH:.*]] = arith.constant 127 : i32
// CHECK: arith.subi %[[HIGH]], %[[Z]] : i32
// CHECK: arith.minimumf {{.*}} fastmath<nnan,nsz> : f32
// CHECK: %[[I:.*]] = arith.fptosi %{{.*}} : f32 to i32
// CHECK: %[[W:.*]] = arith.addi %[[I]], %[[Z]] : i32
// CHECK: arith.trunci %[[W]] : i32 to i8
// CHECK: %[[F:.*]] = linalg.generic
// CHECK-SAME: ins(%[[Q]] : tensor<?x4xi8>)
// CHECK: arith.extsi %{{.*}} : i8 to i32
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: return %[[F]], %[[Q]]
func.func @convert(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xi8>) {
  %q = qdot.quantize %x : tensor<?x4xf32> -> tensor<?x4x!x>
  %r = qdot.dequantize %q : tensor<?x4x!x> -> tensor<?x4xf32>
  %i = quant.scast %q : tensor<?x4x!x> to tensor<?x4xi8>
  return %r, %i : tensor<?x4xf32>, tensor<?x4xi8>
}

// -----

// With fused multiply-adds, scales are factors where that is proved: 0.5 by its
// exact reciprocal, 0.1 by two floats. Without, and per channel, they divide.
!half = !quant.uniform<i8:f32, 0.5:3>
!tenth = !quant.uniform<i8:f32, 0.1:-5>
!c = !quant.uniform<i8:f32:1, {0.1:3, 0.2:-7}>
// CHECK-LABEL: func.func @factors(
// CHECK-COUNT-3: arith.divf
// FUSE-LABEL: func.func @factors(
// FUSE: %[[TWO:.*]] = arith.constant 2.000000e+00 : f32
// FUSE: %[[P:.*]] = arith.mulf %{{.*}}, %[[TWO]] : f32
// FUSE: math.roundeven %[[P]]
// FUSE: %[[HIGH:.*]] = arith.constant 9.99999904 : f32
// FUSE: %[[LOW:.*]] = arith.constant 8.04662704E-7 : f32
// FUSE: %[[REST:.*]] = arith.mulf %[[X:.*]], %[[LOW]] : f32
// FUSE: %[[Q:.*]] = math.fma %[[X]], %[[HIGH]], %[[REST]] : f32
// FUSE: math.roundeven %[[Q]]
// FUSE: arith.divf
func.func @factors(%x: tensor<4x2xf32>) -> (tensor<4x2xi8>, tensor<4x2xi8>, tensor<4x2xi8>) {
  %a = qdot.quantize %x : tensor<4x2xf32> -> tensor<4x2x!half>
  %ai = quant.scast %a : tensor<4x2x!half> to tensor<4x2xi8>
  %b = qdot.quantize %x : tensor<4x2xf32> -> tensor<4x2x!tenth>
  %bi = quant.scast %b : tensor<4x2x!tenth> to tensor<4x2xi8>
  %c = qdot.quantize %x : tensor<4x2xf32> -> tensor<4x2x!c>
  %ci = quant.scast %c : tensor<4x2x!c> to tensor<4x2xi8>
  return %ai, %bi, %ci : tensor<4x2xi8>, tensor<4x2xi8>, tensor<4x2xi8>
}

// -----

// Scales per channel are operands; unsigned storage is extended with zeros;
// i32 storage is clamped in i64.
!c = !quant.uniform<i8:f32:1, {0.5:3, 0.25:-7}>
!u = !quant.uniform<u8:f32, 0.5:128>
!w = !quant.uniform<i32:f32, 0.5>
// CHECK-LABEL: func.func @types(
// CHECK: %[[S:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: %[[Z:.*]] = arith.constant dense<[3, -7]> : tensor<2xi32>
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME: ins(%{{.*}}, %[[S]], %[[Z]] : tensor<4x2xf32>, tensor<2xf32>, tensor<2xi32>)
// CHECK: linalg.generic
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: linalg.generic
// CHECK: arith.fptosi %{{.*}} : f32 to i64
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: arith.trunci %{{.*}} : i64 to i32
func.func @types(%x: tensor<4x2xf32>, %i: tensor<4x2xi8>) -> (tensor<4x2xi8>, tensor<4x2xf32>, tensor<4x2xi32>) {
  %c = qdot.quantize %x : tensor<4x2xf32> -> tensor<4x2x!c>
  %ci = quant.scast %c : tensor<4x2x!c> to tensor<4x2xi8>
  %u = quant.scast %i : tensor<4x2xi8> to tensor<4x2x!u>
  %uf = qdot.dequantize %u : tensor<4x2x!u> -> tensor<4x2xf32>
  %w = qdot.quantize %x : tensor<4x2xf32> -> tensor<4x2x!w>
  %wi = quant.scast %w : tensor<4x2x!w> to tensor<4x2xi32>
  return %ci, %uf, %wi : tensor<4x2xi8>, tensor<4x2xf32>, tensor<4x2xi32>
}

// -----

// Constants are computed: 1.3 and -0.9 on 0.25 are 5 and -4 (-3.6), clamped
// to 5 and -4, back 1.25 and -1.0. What says what integers stand for is gone.
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
// CHECK-LABEL: func.func @constant(
// CHECK-NOT: qdot
// CHECK: arith.constant dense<[1.250000e+00, -1.000000e+00]> : tensor<2xf32>
// CHECK-NOT: quantized
// CHECK: return
func.func @constant(%i: tensor<2xi8>) -> (tensor<2xf32>, tensor<2xi8>) {
  %c = arith.constant dense<[1.3, -0.9]> : tensor<2xf32>
  %q = qdot.quantize %c : tensor<2xf32> -> tensor<2x!w>
  %r = qdot.dequantize %q : tensor<2x!w> -> tensor<2xf32>
  %t = tensor.cast %i {qdot.quantized = #qdot.quantized<!w>} : tensor<2xi8> to tensor<2xi8>
  return %r, %t : tensor<2xf32>, tensor<2xi8>
}

// -----

// expected-error @below {{'func.func' op has the quantized type 'tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>' in its signature}}
func.func @signature(%q: tensor<4x!quant.uniform<i8:f32, 0.5>>) {
  return
}

// -----

!x = !quant.uniform<i8:f32, 0.5>
func.func @other_op(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %q = qdot.quantize %x : tensor<2x2xf32> -> tensor<2x2x!x>
  // expected-error @below {{'tensor.collapse_shape' op has no lowering for the quantized type 'tensor<2x2x!quant.uniform<i8:f32, 5.000000e-01>>'}}
  %c = tensor.collapse_shape %q [[0, 1]] : tensor<2x2x!x> into tensor<4x!x>
  %r = qdot.dequantize %c : tensor<4x!x> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Blocks in another order than they are reached.
!x = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: func.func @blocks(
// CHECK-NOT: !quant.uniform
// CHECK: return
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb2
^bb1:
  %r = qdot.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  return %r : tensor<4xf32>
^bb2:
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!x>
  cf.br ^bb1
}
