// RUN: qdot-opt %s --qdot-choose-kernels=target=aarch64-dotprod --mlir-print-local-scope | FileCheck %s --check-prefixes=CHECK,DOT
// RUN: qdot-opt %s --qdot-choose-kernels=target=aarch64-i8mm --mlir-print-local-scope | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: qdot-opt %s --qdot-choose-kernels=target=aarch64-sve --mlir-print-local-scope | FileCheck %s --check-prefixes=CHECK,SVE

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#x = affine_map<(h, w, n, i, j) -> (h + i, w + j, n)>
#w = affine_map<(h, w, n, i, j) -> (i, j, n)>
#y = affine_map<(h, w, n, i, j) -> (h, w, n)>
memref.global "private" constant @w512 : memref<512x512xi8> = dense<1>
memref.global "private" constant @w7 : memref<7x64xi8> = dense<1>
memref.global "private" constant @wd : memref<3x3x32xi8> = dense<1>

// Signed activations as they are.
// CHECK-LABEL: func.func @dense(
// DOT: kernel = #qdot.kernel<dot rows 7 vectors 3 lanes 4 unroll 8 load 16>
// I8MM: kernel = #qdot.kernel<matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>
// SVE: kernel = #qdot.kernel<scalable_matrix rows 10 vectors 2 lanes 4 unroll 4 load 16>
func.func @dense(%x: memref<512x512xi8>, %y: memref<512x512xi32>) {
  %w = memref.get_global @w512 : memref<512x512xi8>
  qdot.contract ins(%x, %w : memref<512x512xi8>, memref<512x512xi8>) outs(%y : memref<512x512xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 512, 512, 512>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// One row: sdot on all of them, with enough accumulators.
// CHECK-LABEL: func.func @row(
// DOT: kernel = #qdot.kernel<dot rows 1 vectors {{8|9|10|11|12|16}} lanes 4 unroll {{8|16}} load 16>
// I8MM: kernel = #qdot.kernel<dot rows 1 vectors {{8|9|10|11|12|16}} lanes 4 unroll {{8|16}} load 16>
// SVE: kernel = #qdot.kernel<scalable_dot rows 1 vectors {{8|9|10|11|12|16}} lanes 4 unroll {{8|16}} load 16>
func.func @row(%x: memref<1x512xi8>, %y: memref<1x512xi32>) {
  %w = memref.get_global @w512 : memref<512x512xi8>
  qdot.contract ins(%x, %w : memref<1x512xi8>, memref<512x512xi8>) outs(%y : memref<1x512xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 512, 512>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Seven bytes are no unit of eight: sdot. No usmmla has the unsigned operand second: sdot.
// CHECK-LABEL: func.func @short(
// DOT: kernel = #qdot.kernel<dot
// I8MM: kernel = #qdot.kernel<dot
// SVE: kernel = #qdot.kernel<scalable_dot
// CHECK: loop_sizes = array<i64: 64, 64, 7>
// DOT: kernel = #qdot.kernel<dot
// I8MM: kernel = #qdot.kernel<dot
// SVE: kernel = #qdot.kernel<scalable_dot
// CHECK: loop_sizes = array<i64: 512, 512, 512>
func.func @short(%x: memref<64x7xi8>, %y: memref<64x64xi32>, %x2: memref<512x512xi8>, %y2: memref<512x512xi32>) {
  %w = memref.get_global @w7 : memref<7x64xi8>
  qdot.contract ins(%x, %w : memref<64x7xi8>, memref<7x64xi8>) outs(%y : memref<64x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 64, 64, 7>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %w2 = memref.get_global @w512 : memref<512x512xi8>
  qdot.contract ins(%x2, %w2 : memref<512x512xi8>, memref<512x512xi8>) outs(%y2 : memref<512x512xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 512, 512, 512>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign unsigned>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// CHECK-LABEL: func.func @depthwise(
// CHECK: kernel = #qdot.kernel<depthwise rows 3 vectors 4 lanes 4 unroll {{[0-9]+}} load 16>
func.func @depthwise(%x: memref<18x18x32xi8>, %y: memref<16x16x32xi32>) {
  %w = memref.get_global @wd : memref<3x3x32xi8>
  qdot.contract ins(%x, %w : memref<18x18x32xi8>, memref<3x3x32xi8>) outs(%y : memref<16x16x32xi32>)
      attributes {indexing_maps = [#x, #w, #y], loop_sizes = array<i64: 16, 16, 32, 3, 3>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// 14 columns are tiles of 8 and 6 rows within the loop over the taps' rows: five
// steps at a time on SVE. 16 are two of 8, and take six.
// CHECK-LABEL: func.func @mixed(
// SVE: kernel = #qdot.kernel<scalable_matrix rows 8 vectors 2 lanes 4 unroll 5 load 16>
// SVE: kernel = #qdot.kernel<scalable_matrix rows 8 vectors 2 lanes 4 unroll 6 load 16>
memref.global "private" constant @w3 : memref<3x3x64x64xi8> = dense<1>
func.func @mixed(%x: memref<16x16x64xi8>, %y: memref<14x14x64xi32>, %x2: memref<18x18x64xi8>, %y2: memref<16x16x64xi32>) {
  %w = memref.get_global @w3 : memref<3x3x64x64xi8>
  qdot.contract ins(%x, %w : memref<16x16x64xi8>, memref<3x3x64x64xi8>) outs(%y : memref<14x14x64xi32>)
      attributes {indexing_maps = [affine_map<(h, w, n, i, j, k) -> (h + i, w + j, k)>, affine_map<(h, w, n, i, j, k) -> (i, j, k, n)>, affine_map<(h, w, n, i, j, k) -> (h, w, n)>], loop_sizes = array<i64: 14, 14, 64, 3, 3, 64>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%x2, %w : memref<18x18x64xi8>, memref<3x3x64x64xi8>) outs(%y2 : memref<16x16x64xi32>)
      attributes {indexing_maps = [affine_map<(h, w, n, i, j, k) -> (h + i, w + j, k)>, affine_map<(h, w, n, i, j, k) -> (i, j, k, n)>, affine_map<(h, w, n, i, j, k) -> (h, w, n)>], loop_sizes = array<i64: 16, 16, 64, 3, 3, 64>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// Nine rows of two vectors have products enough for steps of 16 bytes; tiles of
// seven take 32 at a time where rows are far apart.
// CHECK-LABEL: func.func @steps(
// DOT: kernel = #qdot.kernel<dot rows 9 vectors 2 lanes 4 unroll 4 load 16>
// DOT: kernel = #qdot.kernel<dot rows 7 vectors 3 lanes 4 unroll 8 load 16>
memref.global "private" constant @w64 : memref<576x64xi8> = dense<1>
memref.global "private" constant @w96 : memref<576x96xi8> = dense<1>
func.func @steps(%x: memref<3136x576xi8>, %y: memref<3136x64xi32>, %x2: memref<98x576xi8>, %y2: memref<98x96xi32>) {
  %w = memref.get_global @w64 : memref<576x64xi8>
  qdot.contract ins(%x, %w : memref<3136x576xi8>, memref<576x64xi8>) outs(%y : memref<3136x64xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 3136, 64, 576>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  %w2 = memref.get_global @w96 : memref<576x96xi8>
  qdot.contract ins(%x2, %w2 : memref<98x576xi8>, memref<576x96xi8>) outs(%y2 : memref<98x96xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 98, 96, 576>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
