// RUN: split-file %s %t
// RUN: qdot-opt %t/example.mlir --qdot-integerize-ops --cse | FileCheck %t/example.mlir
// RUN: qdot-opt %t/example.mlir --qdot-integerize-ops --qdot-integerize-ops --cse | FileCheck %t/example.mlir
// RUN: qdot-opt %t/example.mlir --qdot-integerize-ops --canonicalize --cse | FileCheck %t/canonical.txt
// RUN: qdot-opt %t/contracts.mlir --qdot-integerize-ops=numerics=tosa-single | FileCheck %t/contracts.mlir --check-prefixes=CHECK,SINGLE
// RUN: qdot-opt %t/contracts.mlir --qdot-integerize-ops=numerics=tosa-double | FileCheck %t/contracts.mlir --check-prefixes=CHECK,DOUBLE
// RUN: qdot-opt %t/contracts.mlir --qdot-integerize-ops=numerics=f32 | FileCheck %t/contracts.mlir --check-prefixes=CHECK,FLOAT
// RUN: not qdot-opt %t/example.mlir --qdot-integerize-ops=numerics=f16 2>&1 | FileCheck %t/option.txt

// The other files of this folder hold what becomes of each kind of operation.

//--- option.txt
CHECK: error: expected numerics=tosa-single, tosa-double or f32, got 'f16'

//--- example.mlir
// CHECK: #map = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>) -> tensor<4xf32>
// CHECK: %[[XQ:.*]] = qdot.quantize %[[X]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK: %[[XI:.*]] = quant.scast %[[XQ]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> to tensor<4xi8>
// CHECK: %[[E0:.*]] = tensor.empty() : tensor<4xi32>
// CHECK: %[[P:.*]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[XI]], %[[XI]] : tensor<4xi8>, tensor<4xi8>) outs(%[[E0]] : tensor<4xi32>) {
// CHECK-NEXT: ^bb0(%[[A:[a-z0-9_]+]]: i8, %[[B:[a-z0-9_]+]]: i8, %[[O:[a-z0-9_]+]]: i32):
// CHECK-NEXT: %[[AX:.*]] = arith.extsi %[[A]] : i8 to i32
// CHECK-NEXT: %[[BX:.*]] = arith.extsi %[[B]] : i8 to i32
// CHECK-NEXT: %[[M:.*]] = arith.muli %[[AX]], %[[BX]] : i32
// CHECK-NEXT: linalg.yield %[[M]] : i32
// CHECK-NEXT: } -> tensor<4xi32>
// CHECK: %[[E1:.*]] = tensor.empty() : tensor<4xi8>
// CHECK: %[[FACTOR:.*]] = arith.constant 1073741824 : i32
// CHECK: %[[SHIFT:.*]] = arith.constant 30 : i8
// CHECK: %[[YI:.*]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[P]] : tensor<4xi32>) outs(%[[E1]] : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 2.500000e-01>>} {
// CHECK-NEXT: ^bb0(%[[C:[a-z0-9_]+]]: i32, %[[R:[a-z0-9_]+]]: i8):
// CHECK-NEXT: %[[Q:.*]] = qdot.requantize %[[C]], %[[FACTOR]], %[[SHIFT]] zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// CHECK-NEXT: linalg.yield %[[Q]] : i8
// CHECK-NEXT: } -> tensor<4xi8>
// CHECK: %[[YQ:.*]] = quant.scast %[[YI]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 2.500000e-01>>
// CHECK: %[[YD:.*]] = qdot.dequantize %[[YQ]] : tensor<4x!quant.uniform<i8:f32, 2.500000e-01>> -> tensor<4xf32>
// CHECK: return %[[YD]] : tensor<4xf32>
func.func @main(%x: tensor<4xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  %xd = qdot.dequantize %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
  %y = linalg.mul ins(%xd, %xd : tensor<4xf32>, tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.25>>
  %yd = qdot.dequantize %yq : tensor<4x!quant.uniform<i8:f32, 0.25>> -> tensor<4xf32>
  return %yd : tensor<4xf32>
}

//--- canonical.txt
Canonicalization undoes nothing.
CHECK-LABEL: func.func @main
CHECK: qdot.quantize
CHECK: arith.muli
CHECK: qdot.requantize
CHECK: qdot.dequantize

//--- contracts.mlir
!x = !quant.uniform<i8:f32, 0.3:3>
!y = !quant.uniform<i8:f32, 0.7:-5>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25}>

// 0.3 * 0.5 / 0.7 of f32 scales, in f64, is 1840700374 * 2^-33; f32 has 0x3E5B6DB7
// and 0x3DDB6DB7. (Scales are written as f64 here, as a parser reads them.)
// CHECK-LABEL: func.func @per_channel
// SINGLE: arith.constant dense<1840700374> : tensor<2xi32>
// SINGLE: arith.constant dense<[33, 34]> : tensor<2xi8>
// SINGLE: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(-5) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
// DOUBLE: arith.constant dense<1840700374> : tensor<2xi32>
// DOUBLE: arith.constant dense<[33, 34]> : tensor<2xi8>
// DOUBLE: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(-5) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
// FLOAT-NOT: tensor<2xi8>
// FLOAT: arith.constant dense<[0.214285731, 0.107142866]> : tensor<2xf32>
// f32 multipliers make no float island.
// FLOAT-NOT: qdot.island
// FLOAT: qdot.requantize %{{.*}}, %{{.*}} zero_point(-5) clamp(-128, 127) contract f32 : i32, f32 -> i8
func.func @per_channel(%xq: tensor<1x2x!x>) -> tensor<1x2x!y> {
  %x = qdot.dequantize %xq : tensor<1x2x!x> -> tensor<1x2xf32>
  %wi = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %wq = quant.scast %wi : tensor<2x2xi8> to tensor<2x2x!w>
  %w = qdot.dequantize %wq : tensor<2x2x!w> -> tensor<2x2xf32>
  %i = arith.constant dense<0.0> : tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %yq = qdot.quantize %y : tensor<1x2xf32> -> tensor<1x2x!y>
  return %yq : tensor<1x2x!y>
}

// Another type for the same value is one requantization; an equal one nothing.
// CHECK-LABEL: func.func @another_type
// CHECK: %[[XI:.*]] = quant.scast %{{.*}} to tensor<4xi8>
// CHECK: %[[C:.*]] = linalg.generic
// CHECK-SAME: ins(%[[XI]] : tensor<4xi8>)
// CHECK: %[[Q:.*]] = arith.extsi
// CHECK: %[[Z:.*]] = arith.constant 3 : i32
// CHECK: arith.subi %[[Q]], %[[Z]] : i32
// SINGLE: arith.constant 1840700374 : i32
// SINGLE: arith.constant 32 : i8
// DOUBLE: arith.constant 1840700374 : i32
// DOUBLE: arith.constant 32 : i8
// FLOAT: arith.constant 0.428571463 : f32
// CHECK: %[[R:.*]] = linalg.generic
// CHECK-SAME: ins(%[[C]] : tensor<4xi32>)
// CHECK: qdot.requantize %{{.*}} zero_point(-5) clamp(-128, 127)
// CHECK: %[[RQ:.*]] = quant.scast %[[R]]
// CHECK: %[[SAME:.*]] = quant.scast %[[XI2:.*]] : tensor<4xi8>
// CHECK: return %[[RQ]], %[[SAME]]
func.func @another_type(%xq: tensor<4x!x>) -> (tensor<4x!y>, tensor<4x!x>) {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %yq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!y>
  %same = qdot.quantize %x : tensor<4xf32> -> tensor<4x!x>
  return %yq, %same : tensor<4x!y>, tensor<4x!x>
}

// Several functions, several results, one layer quantized twice.
// CHECK-LABEL: func.func @two_types
// CHECK-COUNT-2: arith.muli
// CHECK-NOT: linalg.mul
// CHECK: return
func.func @two_types(%xq: tensor<4x!x>) -> (tensor<4x!y>, tensor<4x!x>) {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %m : tensor<4xf32> -> tensor<4x!y>
  %zq = qdot.quantize %m : tensor<4xf32> -> tensor<4x!x>
  return %yq, %zq : tensor<4x!y>, tensor<4x!x>
}
