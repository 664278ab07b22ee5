// RUN: qdot-opt %s --qdot-integerize-ops --remarks-filter='qdot.*' --verify-diagnostics | FileCheck %s
// Odd but valid: every function is an error or an island with a remark, never
// a crash, and never a wrong integer form.
!x = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// The storage of an argument has no defining operation.
// CHECK-LABEL: func.func @storage_argument
// CHECK-SAME: (%[[A:.*]]: tensor<4xi8>)
// CHECK: %[[Q:.*]] = quant.scast %[[A]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK: return %[[Q]]
func.func @storage_argument(%a: tensor<4xi8>) -> tensor<4x!x> {
  %q = quant.scast %a : tensor<4xi8> to tensor<4x!x>
  %r = qdot.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  %s = qdot.quantize %r : tensor<4xf32> -> tensor<4x!x>
  return %s : tensor<4x!x>
}

// `o + a * a` is no product of the two operands.
// CHECK-LABEL: func.func @square
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "unsupported-body"
func.func @square(%aq: tensor<4x4x!x>, %bq: tensor<4x4x!x>) -> tensor<4x!x> {
  %a = qdot.dequantize %aq : tensor<4x4x!x> -> tensor<4x4xf32>
  %b = qdot.dequantize %bq : tensor<4x4x!x> -> tensor<4x4xf32>
  %f = arith.constant dense<0.0> : tensor<4xf32>
  // expected-remark @below {{Reason=unsupported-body}}
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %1 = arith.mulf %p, %p : f32
    %2 = arith.addf %o, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<4xf32>
  %sq = qdot.quantize %s : tensor<4xf32> -> tensor<4x!x>
  return %sq : tensor<4x!x>
}

// The constant is read through a window: its sums depend on the position, so
// the zero point of the other operand cannot be folded.
// CHECK-LABEL: func.func @constant_image
// CHECK: linalg.conv_1d_nwc_wcf {qdot.island = "unsupported-maps"}
func.func @constant_image(%fq: tensor<2x1x1x!x>) -> tensor<1x3x1x!x> {
  %fd = qdot.dequantize %fq : tensor<2x1x1x!x> -> tensor<2x1x1xf32>
  %c = arith.constant dense<[[[1.0], [2.0], [3.0], [4.0]]]> : tensor<1x4x1xf32>
  %cq = qdot.quantize %c : tensor<1x4x1xf32> -> tensor<1x4x1x!w>
  %cd = qdot.dequantize %cq : tensor<1x4x1x!w> -> tensor<1x4x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x3x1xf32>
  // expected-remark @below {{Reason=unsupported-maps}}
  %s = linalg.conv_1d_nwc_wcf ins(%cd, %fd : tensor<1x4x1xf32>, tensor<2x1x1xf32>) outs(%i : tensor<1x3x1xf32>) -> tensor<1x3x1xf32>
  %sq = qdot.quantize %s : tensor<1x3x1xf32> -> tensor<1x3x1x!x>
  return %sq : tensor<1x3x1x!x>
}

// Only the diagonal of the weight is read.
// CHECK-LABEL: func.func @diagonal
// CHECK: qdot.island = "unsupported-maps"
func.func @diagonal(%aq: tensor<2x!x>) -> tensor<!x> {
  %a = qdot.dequantize %aq : tensor<2x!x> -> tensor<2xf32>
  %c = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %cq = qdot.quantize %c : tensor<2x2xf32> -> tensor<2x2x!w>
  %cd = qdot.dequantize %cq : tensor<2x2x!w> -> tensor<2x2xf32>
  %i = arith.constant dense<0.0> : tensor<f32>
  // expected-remark @below {{Reason=unsupported-maps}}
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i, i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]} ins(%a, %cd : tensor<2xf32>, tensor<2x2xf32>) outs(%i : tensor<f32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %1 = arith.mulf %p, %q : f32
    %2 = arith.addf %o, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<f32>
  %sq = qdot.quantize %s : tensor<f32> -> tensor<!x>
  return %sq : tensor<!x>
}

// CHECK-LABEL: func.func @dynamic_channels
// CHECK: linalg.matmul {qdot.island = "dynamic-channels"}
func.func @dynamic_channels(%xq: tensor<1x4x!x>, %n: index) -> tensor<1x?x!x> {
  %x = qdot.dequantize %xq : tensor<1x4x!x> -> tensor<1x4xf32>
  %c = arith.constant dense<1.0> : tensor<4x3xf32>
  %cq = qdot.quantize %c : tensor<4x3xf32> -> tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 1.0}>>
  %cd = qdot.dequantize %cq : tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 1.0}>> -> tensor<4x3xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<1x?xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x?xf32>) -> tensor<1x?xf32>
  // expected-remark @below {{Reason=dynamic-channels}}
  %s = linalg.matmul ins(%x, %cd : tensor<1x4xf32>, tensor<4x3xf32>) outs(%i : tensor<1x?xf32>) -> tensor<1x?xf32>
  %sq = qdot.quantize %s : tensor<1x?xf32> -> tensor<1x?x!x>
  return %sq : tensor<1x?x!x>
}

// CHECK-LABEL: func.func @no_channels
// CHECK: linalg.matmul {qdot.island = "zero-size"}
func.func @no_channels(%xq: tensor<1x4x!x>) -> tensor<1x0x!x> {
  %x = qdot.dequantize %xq : tensor<1x4x!x> -> tensor<1x4xf32>
  %c = arith.constant dense<1.0> : tensor<4x0xf32>
  %cq = qdot.quantize %c : tensor<4x0xf32> -> tensor<4x0x!w>
  %cd = qdot.dequantize %cq : tensor<4x0x!w> -> tensor<4x0xf32>
  %i = arith.constant dense<0.0> : tensor<1x0xf32>
  // expected-remark @below {{Reason=zero-size}}
  %s = linalg.matmul ins(%x, %cd : tensor<1x4xf32>, tensor<4x0xf32>) outs(%i : tensor<1x0xf32>) -> tensor<1x0xf32>
  %sq = qdot.quantize %s : tensor<1x0xf32> -> tensor<1x0x!x>
  return %sq : tensor<1x0x!x>
}

// CHECK-LABEL: func.func @no_terms
// CHECK: linalg.matmul {qdot.island = "zero-size"}
func.func @no_terms(%xq: tensor<1x0x!x>) -> tensor<1x3x!x> {
  %x = qdot.dequantize %xq : tensor<1x0x!x> -> tensor<1x0xf32>
  %c = arith.constant dense<1.0> : tensor<0x3xf32>
  %cq = qdot.quantize %c : tensor<0x3xf32> -> tensor<0x3x!w>
  %cd = qdot.dequantize %cq : tensor<0x3x!w> -> tensor<0x3xf32>
  %i = arith.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  // expected-remark @below {{Reason=zero-size}}
  %s = linalg.matmul ins(%x, %cd : tensor<1x0xf32>, tensor<0x3xf32>) outs(%i : tensor<1x3xf32>) -> tensor<1x3xf32>
  %sq = qdot.quantize %s : tensor<1x3xf32> -> tensor<1x3x!x>
  return %sq : tensor<1x3x!x>
}

// A ReLU that also transposes is not merged into its producer.
// CHECK-LABEL: func.func @transposing_relu
// CHECK: linalg.matmul {qdot.island = "not-quantized"}
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "not-quantized"
func.func @transposing_relu(%xq: tensor<4x4x!x>) -> tensor<4x4x!x> {
  %x = qdot.dequantize %xq : tensor<4x4x!x> -> tensor<4x4xf32>
  %z = arith.constant 0.0 : f32
  %i = arith.constant dense<0.0> : tensor<4x4xf32>
  // expected-remark @below {{Reason=not-quantized}}
  %s = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  // expected-remark @below {{Reason=not-quantized}}
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %1 = arith.maximumf %p, %z : f32
    linalg.yield %1 : f32
  } -> tensor<4x4xf32>
  %sq = qdot.quantize %r : tensor<4x4xf32> -> tensor<4x4x!x>
  return %sq : tensor<4x4x!x>
}

// A scalar operand that nothing reads.
// CHECK-LABEL: func.func @scalar_unread
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<4xi8>, f32)
// CHECK-SAME: qdot.quantized
func.func @scalar_unread(%xq: tensor<4x!x>, %c: f32) -> tensor<4x!x> {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %c : tensor<4xf32>, f32) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %d: f32, %o: f32):
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %sq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!x>
  return %sq : tensor<4x!x>
}

// CHECK-LABEL: func.func @scalar_copied
// CHECK: qdot.island = "constant"
// CHECK: qdot.island = "unsupported-body"
func.func @scalar_copied(%xq: tensor<4x!x>, %c: f32) -> (tensor<4x!x>, tensor<4x!x>) {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=constant}}
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %c : tensor<4xf32>, f32) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %d: f32, %o: f32):
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %rq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!x>
  // expected-remark @below {{Reason=unsupported-body}}
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %x, %c : tensor<4xf32>, tensor<4xf32>, f32) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %q: f32, %d: f32, %o: f32):
    %0 = arith.maximumf %p, %d : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %sq = qdot.quantize %s : tensor<4xf32> -> tensor<4x!x>
  return %rq, %sq : tensor<4x!x>, tensor<4x!x>
}

// Nothing but constants.
// CHECK-LABEL: func.func @constants
// CHECK: linalg.reduce
// CHECK-SAME: qdot.island = "constant"
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "constant"
func.func @constants(%xq: tensor<2x!x>) -> (tensor<!x>, tensor<2x!x>) {
  %x = qdot.dequantize %xq : tensor<2x!x> -> tensor<2xf32>
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %z = arith.constant dense<0.0> : tensor<f32>
  // expected-remark @below {{Reason=constant}}
  %s = linalg.reduce ins(%c : tensor<2xf32>) outs(%z : tensor<f32>) dimensions = [0]
    (%p: f32, %o: f32) {
      %0 = arith.addf %p, %o : f32
      linalg.yield %0 : f32
    }
  %sq = qdot.quantize %s : tensor<f32> -> tensor<!x>
  %e = tensor.empty() : tensor<2xf32>
  // expected-remark @below {{Reason=constant}}
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %c : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = math.exp %q : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %rq = qdot.quantize %r : tensor<2xf32> -> tensor<2x!x>
  return %sq, %rq : tensor<!x>, tensor<2x!x>
}

// CHECK-LABEL: func.func @unranked
// CHECK: tensor.cast %{{.*}} {qdot.island = "unsupported-result"} : tensor<*xf32> to tensor<4xf32>
// CHECK: tensor.cast %{{.*}} {qdot.island = "unsupported-result"} : tensor<4xf32> to tensor<*xf32>
func.func @unranked(%x: tensor<*xf32>, %yq: tensor<4x!x>) -> (tensor<4x!x>, tensor<*xf32>) {
  // expected-remark @below {{Reason=unsupported-result}}
  %r = tensor.cast %x : tensor<*xf32> to tensor<4xf32>
  %q = qdot.quantize %r : tensor<4xf32> -> tensor<4x!x>
  %y = qdot.dequantize %yq : tensor<4x!x> -> tensor<4xf32>
  // expected-remark @below {{Reason=unsupported-result}}
  %u = tensor.cast %y : tensor<4xf32> to tensor<*xf32>
  return %q, %u : tensor<4x!x>, tensor<*xf32>
}

// CHECK-LABEL: func.func @other_floats
// CHECK: linalg.add {qdot.island = "unsupported-result"}
// CHECK: tensor.pad
// CHECK: {qdot.island = "unsupported-result"} : tensor<4xf16> to tensor<6xf16>
// CHECK: linalg.matmul {qdot.island = "unsupported-result"}
func.func @other_floats(%x: tensor<4xf64>, %h: tensor<4xf16>, %xq: tensor<2x2x!x>) -> (tensor<4xf64>, tensor<6xf16>, tensor<2x2xf64>) {
  // expected-remark @below {{Reason=unsupported-result}}
  %a = linalg.add ins(%x, %x : tensor<4xf64>, tensor<4xf64>) outs(%x : tensor<4xf64>) -> tensor<4xf64>
  %z = arith.constant 0.0 : f16
  // expected-remark @below {{Reason=unsupported-result}}
  %p = tensor.pad %h low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %z : f16
  } : tensor<4xf16> to tensor<6xf16>
  %m = qdot.dequantize %xq : tensor<2x2x!x> -> tensor<2x2xf32>
  %i = arith.constant dense<0.0> : tensor<2x2xf64>
  // expected-remark @below {{Reason=unsupported-result}}
  %d = linalg.matmul ins(%m, %m : tensor<2x2xf32>, tensor<2x2xf32>) outs(%i : tensor<2x2xf64>) -> tensor<2x2xf64>
  return %a, %p, %d : tensor<4xf64>, tensor<6xf16>, tensor<2x2xf64>
}

!i4 = !quant.uniform<i4:f32, 0.5:3>
// Storage of 4 bits and unsigned storage have no requantization; moves of
// equal types do not need one.
// CHECK-LABEL: func.func @narrow_storage
// CHECK: linalg.add {qdot.island = "unsupported-storage"}
// CHECK: tensor.collapse_shape %{{.*}} : tensor<2x2xi4> into tensor<4xi4>
// CHECK: qdot.quantize %{{.*}} -> tensor<4x!quant.uniform<i4:f32, 2.500000e-01>>
func.func @narrow_storage(%xq: tensor<2x2x!i4>) -> (tensor<2x2x!i4>, tensor<4x!i4>, tensor<4x!quant.uniform<i4:f32, 0.25>>) {
  %x = qdot.dequantize %xq : tensor<2x2x!i4> -> tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  // expected-remark @below {{Reason=unsupported-storage}}
  %s = linalg.add ins(%x, %x : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %sq = qdot.quantize %s : tensor<2x2xf32> -> tensor<2x2x!i4>
  %c = tensor.collapse_shape %x [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  %cq = qdot.quantize %c : tensor<4xf32> -> tensor<4x!i4>
  %cd = qdot.dequantize %cq : tensor<4x!i4> -> tensor<4xf32>
  %other = qdot.quantize %cd : tensor<4xf32> -> tensor<4x!quant.uniform<i4:f32, 0.25>>
  return %sq, %cq, %other : tensor<2x2x!i4>, tensor<4x!i4>, tensor<4x!quant.uniform<i4:f32, 0.25>>
}

!u8 = !quant.uniform<u8:f32, 0.5:128>
// CHECK-LABEL: func.func @unsigned_storage
// CHECK: linalg.add {qdot.island = "unsupported-storage"}
// CHECK: linalg.add {qdot.island = "not-quantized"}
func.func @unsigned_storage(%xq: tensor<4x!u8>) -> (tensor<4x!u8>, tensor<4x!x>) {
  %x = qdot.dequantize %xq : tensor<4x!u8> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=unsupported-storage}}
  %s = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %sq = qdot.quantize %s : tensor<4xf32> -> tensor<4x!u8>
  // expected-remark @below {{Reason=not-quantized}}
  %t = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %tq = qdot.quantize %t : tensor<4xf32> -> tensor<4x!x>
  return %sq, %tq : tensor<4x!u8>, tensor<4x!x>
}

!i16 = !quant.uniform<i16:f32, 0.001953125:-32768>
// A weight of 16 bits, zero point subtracted, needs 32: 32767 + 32768 = 65535.
// CHECK-LABEL: func.func @wide_weight
// CHECK: arith.constant dense<65535> : tensor<1x1xi32>
// CHECK: #qdot.accumulator<-8585085 to 8322945>
func.func @wide_weight(%xq: tensor<1x1x!x>) -> tensor<1x1x!x> {
  %x = qdot.dequantize %xq : tensor<1x1x!x> -> tensor<1x1xf32>
  %wi = arith.constant dense<32767> : tensor<1x1xi16>
  %wq = quant.scast %wi : tensor<1x1xi16> to tensor<1x1x!i16>
  %w = qdot.dequantize %wq : tensor<1x1x!i16> -> tensor<1x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %s = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  %sq = qdot.quantize %s : tensor<1x1xf32> -> tensor<1x1x!x>
  return %sq : tensor<1x1x!x>
}

// Two results, one body.
// CHECK-LABEL: func.func @two_results
// CHECK: linalg.generic
// CHECK-SAME: qdot.island = "unsupported-result"
func.func @two_results(%xq: tensor<4x!x>) -> (tensor<4x!x>, tensor<4x!x>) {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=unsupported-result}}
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e, %e : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32, %q: f32):
    %0 = arith.negf %p : f32
    linalg.yield %p, %0 : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  %q0 = qdot.quantize %r#0 : tensor<4xf32> -> tensor<4x!x>
  %q1 = qdot.quantize %r#1 : tensor<4xf32> -> tensor<4x!x>
  return %q0, %q1 : tensor<4x!x>, tensor<4x!x>
}

// Several blocks: each block is integerized, values that cross stay quantized.
// CHECK-LABEL: func.func @blocks
// CHECK: linalg.generic
// CHECK: arith.muli
// CHECK: cf.br
// CHECK: ^bb1(%{{.*}}: tensor<4xf32>):
// CHECK: quant.scast
func.func @blocks(%xq: tensor<4x!x>) -> tensor<4x!x> {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %mq = qdot.quantize %m : tensor<4xf32> -> tensor<4x!x>
  %md = qdot.dequantize %mq : tensor<4x!x> -> tensor<4xf32>
  cf.br ^bb1(%md : tensor<4xf32>)
^bb1(%a: tensor<4xf32>):
  %aq = qdot.quantize %a : tensor<4xf32> -> tensor<4x!x>
  %ad = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %n = linalg.mul ins(%ad, %ad : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %nq = qdot.quantize %n : tensor<4xf32> -> tensor<4x!x>
  return %nq : tensor<4x!x>
}

// Control flow is an island; what is in its regions stays as it is.
// CHECK-LABEL: func.func @control_flow
// CHECK: scf.if
// CHECK: linalg.mul ins
// CHECK: {qdot.island = "unsupported-op"}
func.func @control_flow(%xq: tensor<4x!x>, %c: i1) -> tensor<4x!x> {
  %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  // expected-remark @below {{Reason=unsupported-op}}
  %r = scf.if %c -> tensor<4xf32> {
    %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %m : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  %rq = qdot.quantize %r : tensor<4xf32> -> tensor<4x!x>
  return %rq : tensor<4x!x>
}

// CHECK-LABEL: func.func private @no_body
func.func private @no_body(tensor<4xf32>) -> tensor<4xf32>

// CHECK: func.func @nested
// CHECK: linalg.mul ins
module @inner {
  func.func @nested(%xq: tensor<4x!x>) -> tensor<4x!x> {
    %x = qdot.dequantize %xq : tensor<4x!x> -> tensor<4xf32>
    %e = tensor.empty() : tensor<4xf32>
    %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %mq = qdot.quantize %m : tensor<4xf32> -> tensor<4x!x>
    return %mq : tensor<4x!x>
  }
}
