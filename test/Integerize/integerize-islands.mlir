// RUN: qdot-opt %s --qdot-integerize-ops --remarks-filter='qdot.*' --verify-diagnostics | FileCheck %s
// RUN: qdot-opt %s --qdot-integerize-ops --remarks-filter='qdot.*' --remark-format=yaml --remarks-output-file=%t.yaml -o %t.mlir
// RUN: FileCheck %s --check-prefix=YAML --input-file=%t.yaml
// What stays in float is marked, explained, and connected by quantization.

!x = !quant.uniform<i8:f32, 0.5:3>
!p = !quant.uniform<i8:f32, 0.00390625:-128>

// YAML: --- !Missed
// YAML-NEXT: Pass: {{.*}}qdot
// YAML: Name: Integerize
// YAML: Function: four_generics
// YAML: Reason: softmax

// CHECK-LABEL: func.func @four_generics
// CHECK: %[[X:.*]] = qdot.dequantize
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "softmax"
// CHECK: arith.maximumf
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "softmax"
// CHECK: math.exp
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "softmax"
// CHECK: arith.addf
// CHECK: %[[Y:.*]] = linalg.generic
// CHECK-SAME: qdot.island = "softmax"
// CHECK: arith.divf
// CHECK: qdot.quantize %[[Y]]
func.func @four_generics(%xq: tensor<?x4x!x>, %n: index) -> tensor<?x4x!p> {
  %x = qdot.dequantize %xq : tensor<?x4x!x> -> tensor<?x4xf32>
  %lowest = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty(%n) : tensor<?xf32>
  %e2 = tensor.empty(%n) : tensor<?x4xf32>
  %i1 = linalg.fill ins(%lowest : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %i2 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  // expected-remark @below {{Reason=softmax}}
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<?x4xf32>) outs(%i1 : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  // expected-remark @below {{Reason=softmax}}
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %m : tensor<?x4xf32>, tensor<?xf32>) outs(%e2 : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x4xf32>
  // expected-remark @below {{Reason=softmax}}
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%d : tensor<?x4xf32>) outs(%i2 : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  // expected-remark @below {{Reason=softmax}}
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%d, %s : tensor<?x4xf32>, tensor<?xf32>) outs(%e2 : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  %yq = qdot.quantize %y : tensor<?x4xf32> -> tensor<?x4x!p>
  return %yq : tensor<?x4x!p>
}

// CHECK-LABEL: func.func @named
// CHECK: linalg.softmax {qdot.island = "softmax"}
func.func @named(%xq: tensor<2x4x!x>) -> tensor<2x4x!p> {
  %x = qdot.dequantize %xq : tensor<2x4x!x> -> tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  // expected-remark @below {{Function=named | Op=linalg.softmax, Reason=softmax, Remark="softmax is computed in float"}}
  %y = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %yq = qdot.quantize %y : tensor<2x4xf32> -> tensor<2x4x!p>
  return %yq : tensor<2x4x!p>
}

// TOSA's form: reductions with a unit dimension, subtraction, exponential,
// reciprocal, product.
// CHECK-LABEL: func.func @tosa
// CHECK-COUNT-8: qdot.island = "softmax"
// CHECK-NOT: qdot.island
// CHECK: return
func.func @tosa(%xq: tensor<1x4x!x>) -> tensor<1x4x!p> {
  %x = qdot.dequantize %xq : tensor<1x4x!x> -> tensor<1x4xf32>
  %lowest = arith.constant -3.40282347E+38 : f32
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e1 = tensor.empty() : tensor<1xf32>
  %e11 = tensor.empty() : tensor<1x1xf32>
  %e2 = tensor.empty() : tensor<1x4xf32>
  %i1 = linalg.fill ins(%lowest : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  // expected-remark @below {{Reason=softmax}}
  %m = linalg.reduce ins(%x : tensor<1x4xf32>) outs(%i1 : tensor<1xf32>) dimensions = [1]
    (%a: f32, %o: f32) {
      %0 = arith.maximumf %a, %o : f32
      linalg.yield %0 : f32
    }
  // expected-remark @below {{Reason=softmax}}
  %mx = tensor.expand_shape %m [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
  // expected-remark @below {{Reason=softmax}}
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %mx : tensor<1x4xf32>, tensor<1x1xf32>) outs(%e2 : tensor<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<1x4xf32>
  // expected-remark @below {{Reason=softmax}}
  %x2 = linalg.exp ins(%d : tensor<1x4xf32>) outs(%e2 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %i2 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  // expected-remark @below {{Reason=softmax}}
  %s = linalg.reduce ins(%x2 : tensor<1x4xf32>) outs(%i2 : tensor<1xf32>) dimensions = [1]
    (%a: f32, %o: f32) {
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
    }
  // expected-remark @below {{Reason=softmax}}
  %sx = tensor.expand_shape %s [[0, 1]] output_shape [1, 1] : tensor<1xf32> into tensor<1x1xf32>
  // expected-remark @below {{Reason=softmax}}
  %r = linalg.reciprocal ins(%sx : tensor<1x1xf32>) outs(%e11 : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{Reason=softmax}}
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x2, %r : tensor<1x4xf32>, tensor<1x1xf32>) outs(%e2 : tensor<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<1x4xf32>
  %yq = qdot.quantize %y : tensor<1x4xf32> -> tensor<1x4x!p>
  return %yq : tensor<1x4x!p>
}

// A clamp that is merged into a kept layer is kept with it.
// CHECK-LABEL: func.func @keep_float
// CHECK: linalg.mul {qdot.island = "keep-float", qdot.keep_float}
func.func @keep_float(%xq: tensor<4x!x>) -> tensor<4x!x> {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=keep-float, Remark="kept in float by request"}}
  %y = linalg.mul {qdot.keep_float} ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!x>
  return %yq : tensor<4x!x>
}

// CHECK-LABEL: func.func @not_quantized
// CHECK: linalg.mul {qdot.island = "not-quantized"}
func.func @not_quantized(%xq: tensor<4x!x>) -> tensor<4xf32> {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=not-quantized, Remark="the result has no quantized type"}}
  %y = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// The longest sum of unknown products of 8 bits: 33025 * 255 * 255 fits, one
// more term does not (rule A2).
!lo = !quant.uniform<i8:f32, 0.5:-128>
// CHECK-LABEL: func.func @longest
// CHECK: #qdot.accumulator<0 to 2147450625>
// CHECK: linalg.matmul {qdot.island = "accumulator-overflow"}
func.func @longest(%aq: tensor<1x33025x!lo>, %bq: tensor<33025x1x!lo>, %cq: tensor<1x33026x!lo>, %dq: tensor<33026x1x!lo>) -> (tensor<1x1x!x>, tensor<1x1x!x>) {
  %a = qdot.dequantize %aq : tensor<1x33025x!lo> -> tensor<1x33025xf32>
  %b = qdot.dequantize %bq : tensor<33025x1x!lo> -> tensor<33025x1xf32>
  %c = qdot.dequantize %cq : tensor<1x33026x!lo> -> tensor<1x33026xf32>
  %d = qdot.dequantize %dq : tensor<33026x1x!lo> -> tensor<33026x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%a, %b : tensor<1x33025xf32>, tensor<33025x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  %yq = qdot.quantize %y : tensor<1x1xf32> -> tensor<1x1x!x>
  // expected-remark @below {{Reason=accumulator-overflow, Remark="no proof that the i32 accumulator cannot overflow for every input"}}
  %z = linalg.matmul ins(%c, %d : tensor<1x33026xf32>, tensor<33026x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  %zq = qdot.quantize %z : tensor<1x1xf32> -> tensor<1x1x!x>
  return %yq, %zq : tensor<1x1x!x>, tensor<1x1x!x>
}

// Known weights: 132104 * 127 * 128 fits, one more term does not.
!w = !quant.uniform<i8<-127:127>:f32, 0.5>
!z = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: func.func @longest_weight
// CHECK: #qdot.accumulator<-2147482624 to 2130705416>
// CHECK: linalg.matmul {qdot.island = "accumulator-overflow"}
func.func @longest_weight(%aq: tensor<1x132104x!z>, %bq: tensor<1x132105x!z>) -> (tensor<1x1x!x>, tensor<1x1x!x>) {
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %w0 = arith.constant dense<127> : tensor<132104x1xi8>
  %w1 = quant.scast %w0 : tensor<132104x1xi8> to tensor<132104x1x!w>
  %w = qdot.dequantize %w1 : tensor<132104x1x!w> -> tensor<132104x1xf32>
  %v0 = arith.constant dense<127> : tensor<132105x1xi8>
  %v1 = quant.scast %v0 : tensor<132105x1xi8> to tensor<132105x1x!w>
  %v = qdot.dequantize %v1 : tensor<132105x1x!w> -> tensor<132105x1xf32>
  %a = qdot.dequantize %aq : tensor<1x132104x!z> -> tensor<1x132104xf32>
  %b = qdot.dequantize %bq : tensor<1x132105x!z> -> tensor<1x132105xf32>
  %y = linalg.matmul ins(%a, %w : tensor<1x132104xf32>, tensor<132104x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  %yq = qdot.quantize %y : tensor<1x1xf32> -> tensor<1x1x!x>
  // expected-remark @below {{Reason=accumulator-overflow}}
  %z = linalg.matmul ins(%b, %v : tensor<1x132105xf32>, tensor<132105x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  %zq = qdot.quantize %z : tensor<1x1xf32> -> tensor<1x1x!x>
  return %yq, %zq : tensor<1x1x!x>, tensor<1x1x!x>
}

// CHECK-LABEL: func.func @dynamic_reduction
// CHECK: linalg.matmul {qdot.island = "dynamic-reduction"}
// CHECK: linalg.reduce
// CHECK-SAME: qdot.island = "dynamic-reduction"
func.func @dynamic_reduction(%aq: tensor<2x?x!x>, %bq: tensor<?x2x!x>) -> (tensor<2x2x!x>, tensor<2x!x>) {
  %a = qdot.dequantize %aq : tensor<2x?x!x> -> tensor<2x?xf32>
  %b = qdot.dequantize %bq : tensor<?x2x!x> -> tensor<?x2xf32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %j = arith.constant dense<0.0> : tensor<2xf32>
  // expected-remark @below {{Reason=dynamic-reduction, Remark="a reduction size is not known at compile time"}}
  %y = linalg.matmul ins(%a, %b : tensor<2x?xf32>, tensor<?x2xf32>) outs(%i : tensor<2x2xf32>) -> tensor<2x2xf32>
  %yq = qdot.quantize %y : tensor<2x2xf32> -> tensor<2x2x!x>
  // expected-remark @below {{Reason=dynamic-reduction, Remark="the window is not known at compile time"}}
  %s = linalg.reduce ins(%a : tensor<2x?xf32>) outs(%j : tensor<2xf32>) dimensions = [1]
    (%p: f32, %o: f32) {
      %0 = arith.addf %p, %o : f32
      linalg.yield %0 : f32
    }
  %sq = qdot.quantize %s : tensor<2xf32> -> tensor<2x!x>
  return %yq, %sq : tensor<2x2x!x>, tensor<2x!x>
}

// CHECK-LABEL: func.func @refused
// CHECK: linalg.matmul {qdot.island = "accumulates-into-value"}
// CHECK: linalg.matmul {qdot.island = "weight-scales"}
// CHECK: linalg.mul {qdot.island = "per-axis-activation"}
// CHECK: linalg.add {qdot.island = "accumulator-overflow"}
// CHECK: tensor.pad
// CHECK: {qdot.island = "unsupported-pad"}
func.func @refused(%aq: tensor<2x2x!x>, %i: tensor<2x2xf32>, %hq: tensor<2x2x!quant.uniform<i8:f32, 1.0e30>>, %v: f32)
    -> (tensor<2x2x!x>, tensor<2x2x!x>, tensor<2x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>, tensor<2x2x!x>, tensor<3x2x!x>) {
  %a = qdot.dequantize %aq : tensor<2x2x!x> -> tensor<2x2xf32>
  // expected-remark @below {{Reason=accumulates-into-value}}
  %0 = linalg.matmul ins(%a, %a : tensor<2x2xf32>, tensor<2x2xf32>) outs(%i : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q0 = qdot.quantize %0 : tensor<2x2xf32> -> tensor<2x2x!x>
  %c = arith.constant dense<1.0> : tensor<2x2xf32>
  %cq = qdot.quantize %c : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>
  %w = qdot.dequantize %cq : tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>> -> tensor<2x2xf32>
  %z = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @below {{Reason=weight-scales}}
  %1 = linalg.matmul ins(%a, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%z : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q1 = qdot.quantize %1 : tensor<2x2xf32> -> tensor<2x2x!x>
  // expected-remark @below {{Reason=per-axis-activation}}
  %2 = linalg.mul ins(%a, %a : tensor<2x2xf32>, tensor<2x2xf32>) outs(%z : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q2 = qdot.quantize %2 : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  %h = qdot.dequantize %hq : tensor<2x2x!quant.uniform<i8:f32, 1.0e30>> -> tensor<2x2xf32>
  // expected-remark @below {{Reason=accumulator-overflow, Remark="the operands' scales are too large for the result's"}}
  %3 = linalg.add ins(%h, %a : tensor<2x2xf32>, tensor<2x2xf32>) outs(%z : tensor<2x2xf32>) -> tensor<2x2xf32>
  %q3 = qdot.quantize %3 : tensor<2x2xf32> -> tensor<2x2x!x>
  // expected-remark @below {{Reason=unsupported-pad}}
  %4 = tensor.pad %a low[1, 0] high[0, 0] {
  ^bb0(%p: index, %q: index):
    tensor.yield %v : f32
  } : tensor<2x2xf32> to tensor<3x2xf32>
  %q4 = qdot.quantize %4 : tensor<3x2xf32> -> tensor<3x2x!x>
  return %q0, %q1, %q2, %q3, %q4 : tensor<2x2x!x>, tensor<2x2x!x>, tensor<2x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>, tensor<2x2x!x>, tensor<3x2x!x>
}
