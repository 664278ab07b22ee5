// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-order-channels --mlir-print-local-scope | FileCheck %s

#xi = affine_map<(n, f, y, x, c, i, j) -> (n, c, y + i, x + j)>
#wi = affine_map<(n, f, y, x, c, i, j) -> (f, c, i, j)>
#yi = affine_map<(n, f, y, x, c, i, j) -> (n, f, y, x)>

// The example of Passes.td.
// CHECK-LABEL: func.func @example
// CHECK-SAME: %[[X:.*]]: tensor<1x8x5x5xi8>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[X]] : tensor<1x8x5x5xi8>) outs(%{{.*}} : tensor<1x5x5x8xi8>) permutation = [0, 2, 3, 1]
// CHECK: %[[C:.*]] = qdot.contract ins(%[[T]], %{{.*}} : tensor<1x5x5x8xi8>, tensor<16x8x3x3xi8>) outs(%{{.*}} : tensor<1x3x3x16xi32>)
// CHECK-SAME: indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d2 + d5, d3 + d6, d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d2, d3, d1)>]
// CHECK: %[[Y:.*]] = linalg.transpose ins(%[[C]] : tensor<1x3x3x16xi32>) outs(%{{.*}} : tensor<1x16x3x3xi32>) permutation = [0, 3, 1, 2]
// CHECK: return %[[Y]]
func.func @example(%x: tensor<1x8x5x5xi8>) -> tensor<1x16x3x3xi32> {
  %w = arith.constant dense<1> : tensor<16x8x3x3xi8>
  %e = tensor.empty() : tensor<1x16x3x3xi32>
  // expected-remark @+1 {{Channel=1, Column=1, Remark="channels are moved to the last dimension for a kernel"}}
  %y = qdot.contract ins(%x, %w : tensor<1x8x5x5xi8>, tensor<16x8x3x3xi8>) outs(%e : tensor<1x16x3x3xi32>)
      attributes {indexing_maps = [#xi, #wi, #yi], loop_sizes = array<i64: 1, 16, 3, 3, 8, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<1x16x3x3xi32>
  return %y : tensor<1x16x3x3xi32>
}

// Between two of them lie a maximum and a pad: both are computed in the new
// order, and nothing is permuted. The residual is read in the new order, too.
// CHECK-LABEL: func.func @chain
// CHECK: linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[A:.*]] = qdot.contract {{.*}} outs(%{{.*}} : tensor<?x3x3x8xi8>)
// CHECK-NOT: linalg.transpose
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[A]] : tensor<?x3x3x8xi8>)
// CHECK: %[[P:.*]] = tensor.pad %[[M]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK: qdot.contract ins(%[[P]], %{{.*}}, %[[A]] : tensor<?x5x5x8xi8>, tensor<8x8x3x3xi8>, tensor<?x3x3x8xi8>)
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 1, 2]
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @chain(%x: tensor<?x8x5x5xi8>) -> tensor<?x8x3x3xi8> {
  %c0 = arith.constant 0 : index
  %five = arith.constant 5 : i8
  %w = arith.constant dense<1> : tensor<8x8x3x3xi8>
  %n = tensor.dim %x, %c0 : tensor<?x8x5x5xi8>
  %e = tensor.empty(%n) : tensor<?x8x3x3xi8>
  // expected-remark @+1 {{channels are moved}}
  %a = qdot.contract ins(%x, %w : tensor<?x8x5x5xi8>, tensor<8x8x3x3xi8>) outs(%e : tensor<?x8x3x3xi8>)
      attributes {indexing_maps = [#xi, #wi, #yi], loop_sizes = array<i64: -9223372036854775808, 8, 3, 3, 8, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    qdot.yield %0 : i8
  } -> tensor<?x8x3x3xi8>
  %m = linalg.generic {indexing_maps = [affine_map<(n, c, y, x) -> (n, c, y, x)>, affine_map<(n, c, y, x) -> (n, c, y, x)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a : tensor<?x8x3x3xi8>) outs(%e : tensor<?x8x3x3xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.maxui %in, %five : i8
    linalg.yield %0 : i8
  } -> tensor<?x8x3x3xi8>
  %p = tensor.pad %m low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    %inner = arith.constant 5 : i8
    tensor.yield %inner : i8
  } : tensor<?x8x3x3xi8> to tensor<?x8x5x5xi8>
  // expected-remark @+1 {{channels are moved}}
  %b = qdot.contract ins(%p, %w, %a : tensor<?x8x5x5xi8>, tensor<8x8x3x3xi8>, tensor<?x8x3x3xi8>) outs(%e : tensor<?x8x3x3xi8>)
      attributes {indexing_maps = [#xi, #wi, #yi, #yi], loop_sizes = array<i64: -9223372036854775808, 8, 3, 3, 8, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %r: i8):
    %0 = arith.trunci %acc : i32 to i8
    %1 = arith.maxui %0, %r : i8
    qdot.yield %1 : i8
  } -> tensor<?x8x3x3xi8>
  return %b : tensor<?x8x3x3xi8>
}

// Two results per channel: all channels at once, one result after the other.
// CHECK-LABEL: func.func @multiplier
// CHECK-NOT: linalg.transpose
// CHECK: %[[C:.*]] = qdot.contract {{.*}} outs(%{{.*}} : tensor<1x3x3x2x24xi32>)
// CHECK: linalg.transpose ins(%[[C]] : tensor<1x3x3x2x24xi32>) outs(%{{.*}} : tensor<1x3x3x24x2xi32>) permutation = [0, 1, 2, 4, 3]
func.func @multiplier(%x: tensor<1x5x5x24xi8>) -> tensor<1x3x3x24x2xi32> {
  %w = arith.constant dense<1> : tensor<3x3x24x2xi8>
  %e = tensor.empty() : tensor<1x3x3x24x2xi32>
  // expected-remark @+1 {{Channel=3, Column=3}}
  %y = qdot.contract ins(%x, %w : tensor<1x5x5x24xi8>, tensor<3x3x24x2xi8>) outs(%e : tensor<1x3x3x24x2xi32>)
      attributes {indexing_maps = [affine_map<(n, y, x, c, m, i, j) -> (n, y + i, x + j, c)>, affine_map<(n, y, x, c, m, i, j) -> (i, j, c, m)>, affine_map<(n, y, x, c, m, i, j) -> (n, y, x, c, m)>],
                  loop_sizes = array<i64: 1, 3, 3, 24, 2, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<1x3x3x24x2xi32>
  return %y : tensor<1x3x3x24x2xi32>
}

// A reduction along the rows of the left side.
// CHECK-LABEL: func.func @columns
// CHECK: linalg.transpose {{.*}} outs(%{{.*}} : tensor<6x64xi8>) permutation = [1, 0]
// CHECK: qdot.contract
// CHECK-NOT: linalg.transpose
func.func @columns(%x: tensor<64x6xi8>) -> tensor<6x8xi32> {
  %w = arith.constant dense<1> : tensor<64x8xi8>
  %e = tensor.empty() : tensor<6x8xi32>
  // expected-remark @+1 {{Channel=0, Column=1}}
  %y = qdot.contract ins(%x, %w : tensor<64x6xi8>, tensor<64x8xi8>) outs(%e : tensor<6x8xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 6, 8, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<6x8xi32>
  return %y : tensor<6x8xi32>
}

// NHWC, three channels and kernels set by hand stay as they are.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: linalg.transpose
// CHECK: return
func.func @stay(%x: tensor<1x5x5x3xi8>, %k: tensor<64x6xi8>) -> (tensor<1x3x3x16xi32>, tensor<6x8xi32>) {
  %w = arith.constant dense<1> : tensor<3x3x3x16xi8>
  %e = tensor.empty() : tensor<1x3x3x16xi32>
  %y = qdot.contract ins(%x, %w : tensor<1x5x5x3xi8>, tensor<3x3x3x16xi8>) outs(%e : tensor<1x3x3x16xi32>)
      attributes {indexing_maps = [affine_map<(n, y, x, f, c, i, j) -> (n, y + i, x + j, c)>, affine_map<(n, y, x, f, c, i, j) -> (i, j, c, f)>, affine_map<(n, y, x, f, c, i, j) -> (n, y, x, f)>],
                  loop_sizes = array<i64: 1, 3, 3, 16, 3, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<1x3x3x16xi32>
  %wk = arith.constant dense<1> : tensor<64x8xi8>
  %ek = tensor.empty() : tensor<6x8xi32>
  %yk = qdot.contract ins(%k, %wk : tensor<64x6xi8>, tensor<64x8xi8>) outs(%ek : tensor<6x8xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 6, 8, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<6x8xi32>
  return %y, %yk : tensor<1x3x3x16xi32>, tensor<6x8xi32>
}

// Two branches, joined: slices, the concatenation and the maximum behind it are
// computed once, in the order of their two readers; who returns the joined value
// gets the old order. What no contraction reads follows its operands. A slice of
// a value in the old order is taken first, and permuted then.
// CHECK-LABEL: func.func @branches
// CHECK: %[[E:.*]] = arith.constant dense<3> : tensor<1x3x3x16xi8>
// CHECK: %[[S:.*]] = tensor.extract_slice %{{.*}}[0, 1, 0, 0] [1, 8, 5, 5] [1, 1, 1, 1]
// CHECK: %[[X:.*]] = linalg.transpose ins(%[[S]] {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[A:.*]] = qdot.contract ins(%[[X]],
// CHECK-NOT: linalg.transpose
// CHECK: %[[I:.*]] = tensor.insert_slice %[[A]] into %[[E]][0, 0, 0, 0] [1, 3, 3, 8]
// CHECK: %[[J:.*]] = tensor.insert_slice %[[A]] into %[[I]][0, 0, 0, 8] [1, 3, 3, 8]
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[J]] : tensor<1x3x3x16xi8>) {{.*}} permutation = [0, 3, 1, 2]
// CHECK-NOT: linalg.transpose
// CHECK: %[[B:.*]] = qdot.contract ins(%[[J]],
// CHECK-NOT: linalg.transpose
// CHECK: %[[C:.*]] = qdot.contract ins(%[[J]],
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[B]], %[[C]] : tensor<1x3x3x8xi8>, tensor<1x3x3x8xi8>)
// CHECK: %[[H:.*]] = tensor.extract_slice %[[M]][0, 0, 0, 4] [1, 3, 3, 4] [1, 1, 1, 1]
// CHECK: %[[L:.*]] = linalg.transpose ins(%[[H]] :
// CHECK-NOT: linalg.transpose
// CHECK: return %[[T]], %[[L]]
func.func @branches(%x: tensor<1x9x5x5xi8>) -> (tensor<1x16x3x3xi8>, tensor<1x4x3x3xi8>) {
  %w = arith.constant dense<1> : tensor<8x8x3x3xi8>
  %v = arith.constant dense<1> : tensor<8x16x1x1xi8>
  %three = arith.constant dense<3> : tensor<1x16x3x3xi8>
  %e = tensor.empty() : tensor<1x8x3x3xi8>
  %s = tensor.extract_slice %x[0, 1, 0, 0] [1, 8, 5, 5] [1, 1, 1, 1] : tensor<1x9x5x5xi8> to tensor<1x8x5x5xi8>
  // expected-remark @+1 {{channels are moved}}
  %a = qdot.contract ins(%s, %w : tensor<1x8x5x5xi8>, tensor<8x8x3x3xi8>) outs(%e : tensor<1x8x3x3xi8>)
      attributes {indexing_maps = [#xi, #wi, #yi], loop_sizes = array<i64: 1, 8, 3, 3, 8, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    qdot.yield %0 : i8
  } -> tensor<1x8x3x3xi8>
  %i = tensor.insert_slice %a into %three[0, 0, 0, 0] [1, 8, 3, 3] [1, 1, 1, 1] : tensor<1x8x3x3xi8> into tensor<1x16x3x3xi8>
  %j = tensor.insert_slice %a into %i[0, 8, 0, 0] [1, 8, 3, 3] [1, 1, 1, 1] : tensor<1x8x3x3xi8> into tensor<1x16x3x3xi8>
  // expected-remark @+1 {{channels are moved}}
  %b = qdot.contract ins(%j, %v : tensor<1x16x3x3xi8>, tensor<8x16x1x1xi8>) outs(%e : tensor<1x8x3x3xi8>)
      attributes {indexing_maps = [#xi, #wi, #yi], loop_sizes = array<i64: 1, 8, 3, 3, 16, 1, 1>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    qdot.yield %0 : i8
  } -> tensor<1x8x3x3xi8>
  // expected-remark @+1 {{channels are moved}}
  %c = qdot.contract ins(%j, %v : tensor<1x16x3x3xi8>, tensor<8x16x1x1xi8>) outs(%e : tensor<1x8x3x3xi8>)
      attributes {indexing_maps = [#xi, #wi, #yi], loop_sizes = array<i64: 1, 8, 3, 3, 16, 1, 1>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    qdot.yield %0 : i8
  } -> tensor<1x8x3x3xi8>
  %m = linalg.generic {indexing_maps = [affine_map<(n, c, y, x) -> (n, c, y, x)>, affine_map<(n, c, y, x) -> (n, c, y, x)>, affine_map<(n, c, y, x) -> (n, c, y, x)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%b, %c : tensor<1x8x3x3xi8>, tensor<1x8x3x3xi8>) outs(%e : tensor<1x8x3x3xi8>) {
  ^bb0(%p: i8, %q: i8, %out: i8):
    %0 = arith.maxui %p, %q : i8
    linalg.yield %0 : i8
  } -> tensor<1x8x3x3xi8>
  %h = tensor.extract_slice %m[0, 4, 0, 0] [1, 4, 3, 3] [1, 1, 1, 1] : tensor<1x8x3x3xi8> to tensor<1x4x3x3xi8>
  return %j, %h : tensor<1x16x3x3xi8>, tensor<1x4x3x3xi8>
}
