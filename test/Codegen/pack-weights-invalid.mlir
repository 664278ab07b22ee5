// Kernels set by hand that do not fit.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-pack-weights
// RUN: not qdot-opt %s --split-input-file --qdot-pack-weights=target=x86-sse2 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'x86-sse2'; expected one of x86-avx2, x86-avxvnni, x86-avxvnniint8, x86-avx512vnni

memref.global "private" constant @w : memref<4x4xi8> = sparse<[[0, 1]], [2]>
func.func @sparse(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  // expected-error @+1 {{has weights that cannot be read}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

// expected-error @+1 {{dense_resource 'missing' has no data}}
memref.global "private" constant @w : memref<4x4xi8> = dense_resource<missing>
func.func @missing(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  // expected-error @+1 {{has weights that cannot be read}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @w : memref<4x4xi8> = dense<1>
func.func @kind(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  // expected-error @+1 {{cannot use #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>: the schedule does not fit the contraction}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @w : memref<3x4xi8> = dense<1>
func.func @not_depthwise(%x: memref<6x4xi8>, %y: memref<4x4xi32>) {
  %w = memref.get_global @w : memref<3x4xi8>
  // expected-error @+1 {{cannot use #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>: the schedule does not fit the contraction}}
  qdot.contract ins(%x, %w : memref<6x4xi8>, memref<3x4xi8>) outs(%y : memref<4x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(y, c, i) -> (y + i, c)>, affine_map<(y, c, i) -> (i, c)>, affine_map<(y, c, i) -> (y, c)>], loop_sizes = array<i64: 4, 4, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @w : memref<4x4xi8> = dense<1>
func.func @strides(%x: memref<2x4xi8, strided<[?, ?]>>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  // expected-error @+1 {{cannot use #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>: an operand has no known strides}}
  qdot.contract ins(%x, %w : memref<2x4xi8, strided<[?, ?]>>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @tensors(%x: tensor<2x4xi8>, %y: tensor<2x4xi32>) -> tensor<2x4xi32> {
  %w = arith.constant dense<1> : tensor<4x4xi8>
  // expected-error @+1 {{'qdot.contract' op is still on tensors; bufferize first}}
  %r = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x4xi8>) outs(%y : tensor<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}

// -----

memref.global "private" constant @w7 : memref<7x4xi8> = dense<1>
func.func @short_run(%x: memref<2x7xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w7 : memref<7x4xi8>
  // expected-error @+1 {{cannot use #qdot.kernel<matrix rows 2 vectors 1 lanes 4 unroll 1 load 16>: runs of 7 bytes, and it takes 8}}
  qdot.contract ins(%x, %w : memref<2x7xi8>, memref<7x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<matrix rows 2 vectors 1 lanes 4 unroll 1 load 16>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 7>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
