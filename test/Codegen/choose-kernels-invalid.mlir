// A kernel written by hand is one that the target has.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-choose-kernels=target=x86-avx2
// RUN: qdot-opt %s --split-input-file --qdot-choose-kernels=target=aarch64-sve -o /dev/null

func.func @matrix(%x: memref<4x24xi8>, %w: memref<24x20xi8>, %e: memref<4x20xi32>) {
  // expected-error @+1 {{'qdot.contract' op cannot use #qdot.kernel<matrix rows 4 vectors 4 lanes 4 unroll 1>: x86-avx2 has no kernels of this kind}}
  qdot.contract ins(%x, %w : memref<4x24xi8>, memref<24x20xi8>) outs(%e : memref<4x20xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 4, 20, 24>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>,
                  kernel = #qdot.kernel<matrix rows 4 vectors 4 lanes 4 unroll 1>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @scalable(%x: memref<4x24xi8>, %w: memref<24x20xi8>, %e: memref<4x20xi32>) {
  // expected-error @+1 {{x86-avx2 has no kernels of this kind}}
  qdot.contract ins(%x, %w : memref<4x24xi8>, memref<24x20xi8>) outs(%e : memref<4x20xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 4, 20, 24>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>,
                  kernel = #qdot.kernel<scalable_dot rows 4 vectors 4 lanes 4 unroll 1>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
