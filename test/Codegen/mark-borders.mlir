// RUN: qdot-opt %s --qdot-mark-borders --mlir-print-local-scope | FileCheck %s
// RUN: qdot-opt %s --qdot-mark-borders | qdot-opt | FileCheck %s

#x = affine_map<(y, f, i, c) -> (y + i, c)>
#w = affine_map<(y, f, i, c) -> (i, c, f)>
#y = affine_map<(y, f, i, c) -> (y, f)>

// The example of KernelPasses.td.
// CHECK-LABEL: func.func @example
// CHECK: qdot.contract
// CHECK-SAME: qdot.lhs_border = array<i64: 1, 1, 0, 0>
func.func @example(%x: tensor<5x8xi8>, %w: tensor<3x8x4xi8>) -> tensor<5x4xi32> {
  %zero = arith.constant 0 : i8
  %p = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : i8
  } : tensor<5x8xi8> to tensor<7x8xi8>
  %e = tensor.empty() : tensor<5x4xi32>
  %r = qdot.contract ins(%p, %w : tensor<7x8xi8>, tensor<3x8x4xi8>) outs(%e : tensor<5x4xi32>)
      attributes {indexing_maps = [#x, #w, #y], loop_sizes = array<i64: 5, 4, 3, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x4xi32>
  return %r : tensor<5x4xi32>
}

// A cast hides nothing; an amount that is not known counts as none.
// CHECK-LABEL: func.func @dynamic
// CHECK: qdot.contract
// CHECK-SAME: qdot.lhs_border = array<i64: 0, 2, 0, 0>
func.func @dynamic(%x: tensor<?x8xi8>, %w: tensor<3x8x4xi8>, %n: index) -> tensor<5x4xi32> {
  %zero = arith.constant 0 : i8
  %p = tensor.pad %x low[%n, 0] high[2, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : i8
  } : tensor<?x8xi8> to tensor<?x8xi8>
  %c = tensor.cast %p : tensor<?x8xi8> to tensor<7x8xi8>
  %e = tensor.empty() : tensor<5x4xi32>
  %r = qdot.contract ins(%c, %w : tensor<7x8xi8>, tensor<3x8x4xi8>) outs(%e : tensor<5x4xi32>)
      attributes {indexing_maps = [#x, #w, #y], loop_sizes = array<i64: 5, 4, 3, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x4xi32>
  return %r : tensor<5x4xi32>
}

// Products with another value count.
// CHECK-LABEL: func.func @other_value
// CHECK-NOT: qdot.lhs_border
// CHECK: return
func.func @other_value(%x: tensor<5x8xi8>, %w: tensor<3x8x4xi8>) -> tensor<5x4xi32> {
  %five = arith.constant 5 : i8
  %p = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %five : i8
  } : tensor<5x8xi8> to tensor<7x8xi8>
  %e = tensor.empty() : tensor<5x4xi32>
  %r = qdot.contract ins(%p, %w : tensor<7x8xi8>, tensor<3x8x4xi8>) outs(%e : tensor<5x4xi32>)
      attributes {indexing_maps = [#x, #w, #y], loop_sizes = array<i64: 5, 4, 3, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x4xi32>
  return %r : tensor<5x4xi32>
}
