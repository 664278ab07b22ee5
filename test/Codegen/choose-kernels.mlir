// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-choose-kernels=target=x86-avx512vnni | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: qdot-opt %s --qdot-choose-kernels=target=x86-avxvnni | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: not qdot-opt %s --qdot-choose-kernels=target=x86-sse2 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'x86-sse2'; expected one of
// UNKNOWN-SAME: x86-avx2, x86-avxvnni, x86-avxvnniint8, x86-avx512vnni

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
memref.global "private" constant @w64 : memref<64x64xi8> = dense<1>
memref.global "private" constant @w5 : memref<7x5xi8> = dense<1>
memref.global "private" constant @w1 : memref<8x1xi8> = dense<1>
memref.global "private" constant @wlong : memref<4096x4xi8> = dense<1>
memref.global "private" constant @wb : memref<3x16x8xi8> = dense<1>
memref.global "private" constant @wc : memref<3x3x3x24xi8> = dense<1>
memref.global "private" constant @wg : memref<2x3x3x8x16xi8> = dense<1>
memref.global "private" constant @wd : memref<3x3x40xi8> = dense<1>
memref.global "private" constant @wd8 : memref<3x3x8xi8> = dense<1>
memref.global "private" @mutable : memref<64x64xi8> = dense<1>
memref.global "private" constant @external : memref<64x64xi8>
memref.global @uninitialized : memref<64x64xi8> = uninitialized

// The example of Passes.td.
// CHECK-LABEL: func.func @example
// AVX512: kernel = #qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1 chains 10>
// VNNI: kernel = #qdot.kernel<dot rows 6 vectors 2 lanes 8 unroll 2 chains 10>
func.func @example(%x: memref<6x64xi8>, %y: memref<6x64xi32>) {
  %w = memref.get_global @w64 : memref<64x64xi8>
  qdot.contract ins(%x, %w : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// A tile never has more rows than the result; many rows in a dynamic batch.
// CHECK-LABEL: func.func @batches
// AVX512: kernel = #qdot.kernel<dot rows 1 vectors 4 lanes 16 unroll 4 chains 10>
// VNNI: kernel = #qdot.kernel<dot rows 1 vectors 8 lanes 8 unroll 3 chains 10>
// CHECK: loop_sizes = array<i64: 1,
// AVX512: kernel = #qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1 chains 10>
// VNNI: kernel = #qdot.kernel<dot rows 6 vectors 2 lanes 8 unroll 2 chains 10>
// CHECK: loop_sizes = array<i64: -9223372036854775808,
func.func @batches(%x: memref<1x64xi8>, %y: memref<1x64xi32>, %xd: memref<?x64xi8>, %yd: memref<?x64xi32>) {
  %w = memref.get_global @w64 : memref<64x64xi8>
  qdot.contract ins(%x, %w : memref<1x64xi8>, memref<64x64xi8>) outs(%y : memref<1x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%xd, %w : memref<?x64xi8>, memref<64x64xi8>) outs(%yd : memref<?x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: -9223372036854775808, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Few channels take a shorter vector: 5 need 8 lanes, 1 needs 4. A short
// reduction that is not contiguous is gathered.
// CHECK-LABEL: func.func @narrow
// CHECK: kernel = #qdot.kernel<dot rows 6 vectors 1 lanes 8 unroll 4 chains 10>
// CHECK: kernel = #qdot.kernel<dot rows 6 vectors 1 lanes 4 unroll 4 chains 10>
// CHECK: kernel = #qdot.kernel<dot rows 6 vectors 1 lanes 8 unroll 4 chains 10>
func.func @narrow(%x: memref<6x7xi8>, %y: memref<6x5xi32>, %x1: memref<6x8xi8>, %y1: memref<6x1xi32>, %xt: memref<7x6xi8>) {
  %w = memref.get_global @w5 : memref<7x5xi8>
  qdot.contract ins(%x, %w : memref<6x7xi8>, memref<7x5xi8>) outs(%y : memref<6x5xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 5, 7>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %w1 = memref.get_global @w1 : memref<8x1xi8>
  qdot.contract ins(%x1, %w1 : memref<6x8xi8>, memref<8x1xi8>) outs(%y1 : memref<6x1xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 1, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%xt, %w : memref<7x6xi8>, memref<7x5xi8>) outs(%y : memref<6x5xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, #kn, #mn], loop_sizes = array<i64: 6, 5, 7>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Weights per batch, a strided and dilated convolution, a grouped one: dot.
// A depthwise one interleaves taps, with up to four outputs side by side.
// CHECK-LABEL: func.func @structures
// CHECK: kernel = #qdot.kernel<dot rows 5 vectors 1 lanes 8
// CHECK-SAME: loop_sizes = array<i64: 3, 5, 8, 16>
// CHECK: kernel = #qdot.kernel<dot rows
// CHECK-SAME: loop_sizes = array<i64: 1, 4, 5, 24, 3, 3, 3>
// CHECK: kernel = #qdot.kernel<dot rows
// CHECK-SAME: loop_sizes = array<i64: 1, 7, 7, 2, 16, 3, 3, 8>
// AVX512: kernel = #qdot.kernel<depthwise rows {{[2-4]}} vectors 4 lanes 16 unroll 1>
// VNNI: kernel = #qdot.kernel<depthwise rows {{[2-4]}} vectors 4 lanes 8 unroll 1>
// CHECK: kernel = #qdot.kernel<depthwise rows 1 vectors 4 lanes 4 unroll 2>
func.func @structures(%b: memref<3x5x16xi8>, %yb: memref<3x5x8xi32>, %c: memref<1x12x13x3xi8>, %yc: memref<1x4x5x24xi32>,
                      %g: memref<1x9x9x2x8xi8>, %yg: memref<1x7x7x2x16xi32>, %d: memref<1x9x9x40xi8>, %yd: memref<1x7x7x40xi32>,
                      %e: memref<1x3x3x8xi8>, %ye: memref<1x1x1x8xi32>) {
  %wb = memref.get_global @wb : memref<3x16x8xi8>
  qdot.contract ins(%b, %wb : memref<3x5x16xi8>, memref<3x16x8xi8>) outs(%yb : memref<3x5x8xi32>)
      attributes {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                  loop_sizes = array<i64: 3, 5, 8, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %wc = memref.get_global @wc : memref<3x3x3x24xi8>
  qdot.contract ins(%c, %wc : memref<1x12x13x3xi8>, memref<3x3x3x24xi8>) outs(%yc : memref<1x4x5x24xi32>)
      attributes {indexing_maps = [affine_map<(b, y, x, f, i, j, c) -> (b, y * 2 + i * 2, x * 2 + j * 2, c)>, affine_map<(b, y, x, f, i, j, c) -> (i, j, c, f)>, affine_map<(b, y, x, f, i, j, c) -> (b, y, x, f)>],
                  loop_sizes = array<i64: 1, 4, 5, 24, 3, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %wg = memref.get_global @wg : memref<2x3x3x8x16xi8>
  qdot.contract ins(%g, %wg : memref<1x9x9x2x8xi8>, memref<2x3x3x8x16xi8>) outs(%yg : memref<1x7x7x2x16xi32>)
      attributes {indexing_maps = [affine_map<(b, y, x, g, f, i, j, c) -> (b, y + i, x + j, g, c)>, affine_map<(b, y, x, g, f, i, j, c) -> (g, i, j, c, f)>, affine_map<(b, y, x, g, f, i, j, c) -> (b, y, x, g, f)>],
                  loop_sizes = array<i64: 1, 7, 7, 2, 16, 3, 3, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %wd = memref.get_global @wd : memref<3x3x40xi8>
  qdot.contract ins(%d, %wd : memref<1x9x9x40xi8>, memref<3x3x40xi8>) outs(%yd : memref<1x7x7x40xi32>)
      attributes {indexing_maps = [affine_map<(b, y, x, c, i, j) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, c, i, j) -> (i, j, c)>, affine_map<(b, y, x, c, i, j) -> (b, y, x, c)>],
                  loop_sizes = array<i64: 1, 7, 7, 40, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %we = memref.get_global @wd8 : memref<3x3x8xi8>
  qdot.contract ins(%e, %we : memref<1x3x3x8xi8>, memref<3x3x8xi8>) outs(%ye : memref<1x1x1x8xi32>)
      attributes {indexing_maps = [affine_map<(b, y, x, c, i, j) -> (b, y + i, x + j, c)>, affine_map<(b, y, x, c, i, j) -> (i, j, c)>, affine_map<(b, y, x, c, i, j) -> (b, y, x, c)>],
                  loop_sizes = array<i64: 1, 1, 1, 8, 3, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// A kernel that is there already stays; tensors are left for bufferization.
// CHECK-LABEL: func.func @kept
// CHECK: kernel = #qdot.kernel<dot rows 3 vectors 1 lanes 4 unroll 2>
// CHECK-NOT: kernel
// CHECK: return
func.func @kept(%x: memref<6x64xi8>, %y: memref<6x64xi32>, %xt: tensor<6x64xi8>, %wt: tensor<64x64xi8>, %yt: tensor<6x64xi32>) -> tensor<6x64xi32> {
  %w = memref.get_global @w64 : memref<64x64xi8>
  qdot.contract ins(%x, %w : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>,
                  kernel = #qdot.kernel<dot rows 3 vectors 1 lanes 4 unroll 2>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %r = qdot.contract ins(%xt, %wt : tensor<6x64xi8>, tensor<64x64xi8>) outs(%yt : tensor<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<6x64xi32>
  return %r : tensor<6x64xi32>
}

// No kernel, each for its reason.
// CHECK-LABEL: func.func @declined
// CHECK-NOT: kernel
// CHECK: return
func.func @declined(%x: memref<6x64xi8>, %w: memref<64x64xi8>, %y: memref<6x64xi32>, %loose: memref<6x64xi8, strided<[64, ?]>>,
                    %yt: memref<64x6xi32>, %long: memref<4096x6xi8>, %y4: memref<6x4xi32>, %wide: memref<6x64xi32, strided<[128, 2]>>,
                    %d: memref<8x4x9xi8>, %wd: memref<8x3xi8>, %yd: memref<4x7x8xi32>, %dyn: memref<64x?xi8>, %ydyn: memref<?xi32>,
                    %v: memref<64xi8>, %vk: memref<?xi8>, %wk: memref<?x64xi8>, %y1: memref<64xi32>, %empty: memref<0xi8>, %we: memref<0x64xi8>,
                    %wloose: memref<64x64xi8, strided<[?, 1]>>, %x3: memref<3x64xi8>, %y3: memref<3x64xi32>,
                    %mask: memref<6x64xi1>, %dw: memref<6x8xi8>, %wdw: memref<3x8xi8>, %ydw: memref<4x8xi32>) {
  %c = memref.get_global @w64 : memref<64x64xi8>
  // expected-remark @below {{Op=qdot.contract, Reason=no-kernel, Remark="the weights are unsigned and no constant"}}
  qdot.contract ins(%x, %w : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign unsigned>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the weights have no known strides"}}
  qdot.contract ins(%x, %wloose : memref<6x64xi8>, memref<64x64xi8, strided<[?, 1]>>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="too few rows to pay for packing the weights"}}
  qdot.contract ins(%x3, %w : memref<3x64xi8>, memref<64x64xi8>) outs(%y3 : memref<3x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 3, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the weights are no constant"}}
  qdot.contract ins(%dw, %wdw : memref<6x8xi8>, memref<3x8xi8>) outs(%ydw : memref<4x8xi32>)
      attributes {indexing_maps = [affine_map<(y, c, i) -> (y + i, c)>, affine_map<(y, c, i) -> (i, c)>, affine_map<(y, c, i) -> (y, c)>], loop_sizes = array<i64: 4, 8, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the activation is signed"}}
  qdot.contract ins(%x, %c : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="an operand has no known strides"}}
  qdot.contract ins(%loose, %c : memref<6x64xi8, strided<[64, ?]>>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="elements of an operand are no whole bytes in vectors"}}
  qdot.contract ins(%x, %c, %mask : memref<6x64xi8>, memref<64x64xi8>, memref<6x64xi1>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %is: i1):
    %r = arith.select %is, %acc, %acc : i32
    qdot.yield %r : i32
  }
  // expected-remark @below {{Remark="the contiguous dimension of the result is no channel"}}
  qdot.contract ins(%x, %c : memref<6x64xi8>, memref<64x64xi8>) outs(%yt : memref<64x6xi32>)
      attributes {indexing_maps = [#mk, #kn, affine_map<(m, n, k) -> (n, m)>], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the contiguous dimension of the result is no channel"}}
  qdot.contract ins(%x, %c : memref<6x64xi8>, memref<64x64xi8>) outs(%wide : memref<6x64xi32, strided<[128, 2]>>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %wl = memref.get_global @wlong : memref<4096x4xi8>
  // expected-remark @below {{Remark="the reduction is not contiguous"}}
  qdot.contract ins(%long, %wl : memref<4096x6xi8>, memref<4096x4xi8>) outs(%y4 : memref<6x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, #kn, #mn], loop_sizes = array<i64: 6, 4, 4096>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the channels of the activation are not contiguous"}}
  qdot.contract ins(%d, %wd : memref<8x4x9xi8>, memref<8x3xi8>) outs(%yd : memref<4x7x8xi32>)
      attributes {indexing_maps = [affine_map<(y, x, c, j) -> (c, y, x + j)>, affine_map<(y, x, c, j) -> (c, j)>, affine_map<(y, x, c, j) -> (y, x, c)>],
                  loop_sizes = array<i64: 4, 7, 8, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="the number of channels is dynamic"}}
  qdot.contract ins(%v, %dyn : memref<64xi8>, memref<64x?xi8>) outs(%ydyn : memref<?xi32>)
      attributes {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (k, n)>, affine_map<(n, k) -> (n)>], loop_sizes = array<i64: -9223372036854775808, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="a reduction has a dynamic size"}}
  qdot.contract ins(%vk, %wk : memref<?xi8>, memref<?x64xi8>) outs(%y1 : memref<64xi32>)
      attributes {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (k, n)>, affine_map<(n, k) -> (n)>], loop_sizes = array<i64: 64, -9223372036854775808>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="a reduction is empty"}}
  qdot.contract ins(%empty, %we : memref<0xi8>, memref<0x64xi8>) outs(%y1 : memref<64xi32>)
      attributes {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (k, n)>, affine_map<(n, k) -> (n)>], loop_sizes = array<i64: 64, 0>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  // expected-remark @below {{Remark="a reduction does not read both operands"}}
  qdot.contract ins(%x, %c : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, 0)>, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Weights that may change, or whose data is elsewhere, are packed at run time;
// so are those of a batch of any size.
// CHECK-LABEL: func.func @globals
// CHECK-COUNT-4: kernel = #qdot.kernel<dot rows
// CHECK: return
func.func @globals(%x: memref<6x64xi8>, %y: memref<6x64xi32>, %xb: memref<?x9x8xi8>, %wb: memref<?x8x4xi8>, %yb: memref<?x9x4xi32>) {
  %mutable = memref.get_global @mutable : memref<64x64xi8>
  qdot.contract ins(%x, %mutable : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %external = memref.get_global @external : memref<64x64xi8>
  qdot.contract ins(%x, %external : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %uninitialized = memref.get_global @uninitialized : memref<64x64xi8>
  qdot.contract ins(%x, %uninitialized : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 6, 64, 64>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%xb, %wb : memref<?x9x8xi8>, memref<?x8x4xi8>) outs(%yb : memref<?x9x4xi32>)
      attributes {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                  loop_sizes = array<i64: -9223372036854775808, 9, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
