// RUN: qdot-opt %s --split-input-file --qdot-integerize-ops --mlir-print-local-scope --remarks-filter='qdot.*' --verify-diagnostics | FileCheck %s

// A sum with a quantized constant, and a maximum with one of floats: the constant
// is bytes, here those of the result's type.
!x = !quant.uniform<i8:f32, 0.5:3>
!z = !quant.uniform<i8:f32, 0.25:-7>
// CHECK-LABEL: func.func @pairs
// CHECK: %[[C:.*]] = arith.constant dense<{{\[\[}}1, 2], [3, 4]]> : tensor<2x2xi8>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[C]] : tensor<2x2xi8>, tensor<2x2xi8>) outs(%{{.*}} : tensor<2x2xi32>)
// CHECK: arith.muli
// CHECK: arith.muli
// CHECK: %[[M:.*]] = arith.constant dense<{{\[\[}}5, 2], [3, 4]]> : tensor<2x2xi8>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[M]] : tensor<2x2xi8>, tensor<2x2xi8>) outs(%{{.*}} : tensor<2x2xi8>)
// CHECK: arith.maxsi
func.func @pairs(%q: tensor<2x2x!x>) -> (tensor<2x2x!x>, tensor<2x2x!x>) {
  %x = qdot.dequantize %q : tensor<2x2x!x> -> tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %c = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %cq = quant.scast %c : tensor<2x2xi8> to tensor<2x2x!z>
  %cd = qdot.dequantize %cq : tensor<2x2x!z> -> tensor<2x2xf32>
  %0 = linalg.add ins(%x, %cd : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m = arith.constant dense<[[1.0, -0.5], [0.0, 0.5]]> : tensor<2x2xf32>
  %1 = linalg.max ins(%x, %m : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q0 = qdot.quantize %0 : tensor<2x2xf32> -> tensor<2x2x!x>
  %q1 = qdot.quantize %1 : tensor<2x2xf32> -> tensor<2x2x!x>
  return %q0, %q1 : tensor<2x2x!x>, tensor<2x2x!x>
}

// -----

// A value that is broadcast by index 0, plus constants.
!x = !quant.uniform<i8:f32, 0.5:3>
// CHECK-LABEL: func.func @broadcast
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, 0)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME: ins(%{{.*}} : tensor<2x1xi8>, tensor<3xi32>, tensor<3xi32>)
func.func @broadcast(%q: tensor<2x1x!x>) -> tensor<2x3x!x> {
  %x = qdot.dequantize %q : tensor<2x1x!x> -> tensor<2x1xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %c : tensor<2x1xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  %yq = qdot.quantize %y : tensor<2x3xf32> -> tensor<2x3x!x>
  return %yq : tensor<2x3x!x>
}

// -----

// An average that counts no padding: rule E4 with a multiplier per position, 1/2
// at the edges and 1/3 in the middle.
!x = !quant.uniform<i8:f32, 0.5:3>
// CHECK-LABEL: func.func @border
// CHECK-DAG: arith.constant dense<[1073741824, 1431655765, 1073741824]> : tensor<3xi32>
// CHECK-DAG: arith.constant dense<[31, 32, 31]> : tensor<3xi8>
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>]
// CHECK: qdot.requantize
func.func @border(%q: tensor<5x!x>) -> tensor<3x!x> {
  %x = qdot.dequantize %q : tensor<5x!x> -> tensor<5xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %w = tensor.empty() : tensor<3xf32>
  %s = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i + j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<5xf32>, tensor<3xf32>) outs(%f : tensor<3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<3xf32>
  %c = arith.constant dense<[2.0, 3.0, 2.0]> : tensor<3xf32>
  %y = linalg.div ins(%s, %c : tensor<3xf32>, tensor<3xf32>) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %yq = qdot.quantize %y : tensor<3xf32> -> tensor<3x!x>
  return %yq : tensor<3x!x>
}

// -----

// The logarithm of a softmax, and a mixture of elements at computed positions.
!x = !quant.uniform<i8:f32, 0.5:3>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
// CHECK-LABEL: func.func @islands
func.func @islands(%q: tensor<2x4x!x>) -> (tensor<2x4x!x>, tensor<2x4x!x>) {
  %x = qdot.dequantize %q : tensor<2x4x!x> -> tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<2x4xf32>
  %r = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{Reason=softmax}}
  %p = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  // expected-remark @below {{Reason=softmax}}
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<2x4xf32>) outs(%f : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  // expected-remark @below {{Reason=softmax}}
  %l = linalg.log ins(%s : tensor<2xf32>) outs(%r : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{Reason=softmax}}
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %l : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %yq = qdot.quantize %y : tensor<2x4xf32> -> tensor<2x4x!x>
  // expected-remark @below {{Reason=interpolation, Remark="elements at computed positions are mixed"}}
  %z = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<2x4xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %n = arith.divui %j, %c1 : index
    %0 = tensor.extract %x[%i, %n] : tensor<2x4xf32>
    %1 = tensor.extract %x[%i, %j] : tensor<2x4xf32>
    %2 = arith.addf %0, %1 : f32
    %3 = arith.mulf %2, %half : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  %zq = qdot.quantize %z : tensor<2x4xf32> -> tensor<2x4x!x>
  return %yq, %zq : tensor<2x4x!x>, tensor<2x4x!x>
}
