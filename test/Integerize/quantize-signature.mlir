// RUN: qdot-opt %s --qdot-quantize-signature --remarks-filter='qdot.*' --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01>>}) -> (tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01>>}) {
// CHECK-NEXT: return %[[X]] : tensor<4xi8>
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  %xd = qdot.dequantize %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
  return %xd : tensor<4xf32>
}

// -----

// Several arguments and results, some of which stay; the site of an argument is
// kept; one value returned twice; integers around the casts.
!x = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25>
// CHECK-LABEL: func.func @several(
// CHECK-SAME: %[[A:[a-z0-9_]+]]: tensor<?x4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>, <"several/input_0#0123456789abcdef">>}
// CHECK-SAME: %[[B:[a-z0-9_]+]]: tensor<?x4xf32>, %{{.*}}: tensor<3xi64>, %{{.*}}: f32)
// CHECK-SAME: -> (tensor<?x4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 2.500000e-01>>}, tensor<?x4xf32>, tensor<?x4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 2.500000e-01>>}, tensor<3xi64>) {
// CHECK-NEXT: %[[Y:.*]] = linalg.add ins(%[[A]], %[[A]] : tensor<?x4xi8>, tensor<?x4xi8>)
// CHECK-NEXT: return %[[Y]], %[[B]], %[[Y]], %{{.*}} : tensor<?x4xi8>, tensor<?x4xf32>, tensor<?x4xi8>, tensor<3xi64>
// expected-remark @below {{Function=several | Op=func.func, Reason=float-argument, Remark="argument 1 is read in float"}}
// expected-remark @below {{Function=several | Op=func.func, Reason=float-argument, Remark="argument 3 is read in float"}}
// expected-remark @below {{Function=several | Op=func.func, Reason=float-result, Remark="result 1 is made in float"}}
func.func @several(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>, %i: tensor<3xi64>, %f: f32) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<3xi64>) {
  %aq = qdot.quantize %a {site = #qdot.site<"several/input_0#0123456789abcdef">} : tensor<?x4xf32> -> tensor<?x4x!x>
  %ai = quant.scast %aq : tensor<?x4x!x> to tensor<?x4xi8>
  %yi = linalg.add ins(%ai, %ai : tensor<?x4xi8>, tensor<?x4xi8>) outs(%ai : tensor<?x4xi8>) -> tensor<?x4xi8>
  %yq = quant.scast %yi : tensor<?x4xi8> to tensor<?x4x!y>
  %y = qdot.dequantize %yq : tensor<?x4x!y> -> tensor<?x4xf32>
  return %y, %b, %y, %i : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<3xi64>
}

// -----

// An argument that is read in float as well, and a result that others read.
!x = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: func.func @shared(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>) -> (tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01>>}, tensor<4xf32>) {
// CHECK: %[[AQ:.*]] = qdot.quantize %[[A]]
// CHECK: %[[AD:.*]] = qdot.dequantize %[[AQ]]
// CHECK: %[[S:.*]] = arith.addf %[[A]], %[[AD]]
// CHECK: %[[AI:.*]] = quant.scast %[[AQ]]
// CHECK: return %[[AI]], %[[S]]
// expected-remark @below {{Reason=float-argument}}
// expected-remark @below {{Reason=float-result, Remark="result 1 is made in float"}}
func.func @shared(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %aq = qdot.quantize %a : tensor<4xf32> -> tensor<4x!x>
  %ad = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %s = arith.addf %a, %ad : tensor<4xf32>
  return %ad, %s : tensor<4xf32>, tensor<4xf32>
}

// -----

!x = !quant.uniform<i8:f32, 0.5>
// expected-error @below {{'func.func' op is called, so its signature cannot change}}
func.func @callee(%x: tensor<4xf32>) -> tensor<4xf32> {
  %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!x>
  %xd = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  return %xd : tensor<4xf32>
}
func.func @caller(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Functions without a body may be called; several blocks are left alone.
!x = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME: %{{.*}}: tensor<4xf32>, %{{.*}}: i1) -> tensor<4xf32>
func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>
// expected-remark @below {{Reason=several-blocks, Remark="the function has more than one block"}}
func.func @blocks(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!x>
  %xd = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  %y = call @elsewhere(%xd) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
^bb2:
  return %xd : tensor<4xf32>
}

// -----

// Reading the size of an argument does not read it in float.
!x = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: func.func @size(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xi8> {{.*}}) -> (tensor<?x4xi8> {{.*}}, index) {
// CHECK: %[[D:.*]] = tensor.dim %[[X]], %{{.*}} : tensor<?x4xi8>
// CHECK: return %[[X]], %[[D]]
func.func @size(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, index) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4xf32>
  %xq = qdot.quantize %x : tensor<?x4xf32> -> tensor<?x4x!x>
  %xd = qdot.dequantize %xq : tensor<?x4x!x> -> tensor<?x4xf32>
  return %xd, %d : tensor<?x4xf32>, index
}
