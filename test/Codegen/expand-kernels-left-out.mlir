// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

// What kernels leave out: factors that are 0 in a block of columns, and rows
// of zeros.

memref.global "private" constant @scale : memref<16xf32> = dense<2.0>
memref.global "private" constant @offset : memref<16xf32> = dense<3.0>
memref.global "private" constant @fine : memref<16xf32> = dense<[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]>
memref.global "private" constant @dense : memref<16xf32> = dense<[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]>

// One of four blocks has a factor: the others go the way without.
// CHECK-LABEL: func.func @rare
// CHECK: scf.for
// CHECK: %[[FINE:.*]] = vector.load {{.*}} vector<4xf32>
// CHECK: %[[BITS:.*]] = vector.bitcast %[[FINE]] : vector<4xf32> to vector<4xi32>
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[BITS]]
// CHECK: %[[IS:.*]] = arith.cmpi ne, %[[ANY]]
// CHECK: scf.if %[[IS]] {
// CHECK: math.fma
// CHECK: math.fma
// CHECK: vector.store
// CHECK: } else {
// CHECK: math.fma
// CHECK-NOT: math.fma
// CHECK: vector.store
// CHECK: return
func.func @rare(%x: memref<1x4xi8>, %w: memref<64xi8>, %y: memref<1x16xf32>) {
  %scale = memref.get_global @scale : memref<16xf32>
  %offset = memref.get_global @offset : memref<16xf32>
  %fine = memref.get_global @fine : memref<16xf32>
  qdot.contract ins(%x, %w, %scale, %offset, %fine : memref<1x4xi8>, memref<64xi8>, memref<16xf32>, memref<16xf32>, memref<16xf32>) outs(%y : memref<1x16xf32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed, qdot.ordered_extras = array<i64: 0, 1, 2>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 1, 16, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: f32, %o: f32, %e: f32):
    %0 = arith.sitofp %acc : i32 to f32
    %1 = math.fma %0, %e, %o : f32
    %2 = math.fma %0, %c, %1 : f32
    qdot.yield %2 : f32
  }
  return
}

// Three of four blocks have one: a branch would not pay.
// CHECK-LABEL: func.func @often
// CHECK-NOT: scf.if
// CHECK: math.fma
// CHECK: math.fma
// CHECK: return
func.func @often(%x: memref<1x4xi8>, %w: memref<64xi8>, %y: memref<1x16xf32>) {
  %scale = memref.get_global @scale : memref<16xf32>
  %offset = memref.get_global @offset : memref<16xf32>
  %fine = memref.get_global @dense : memref<16xf32>
  qdot.contract ins(%x, %w, %scale, %offset, %fine : memref<1x4xi8>, memref<64xi8>, memref<16xf32>, memref<16xf32>, memref<16xf32>) outs(%y : memref<1x16xf32>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed, qdot.ordered_extras = array<i64: 0, 1, 2>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 1, 16, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: f32, %o: f32, %e: f32):
    %0 = arith.sitofp %acc : i32 to f32
    %1 = math.fma %0, %e, %o : f32
    %2 = math.fma %0, %c, %1 : f32
    qdot.yield %2 : f32
  }
  return
}

// Of 40 rows in each window, those before index 1 and from 9 on are zeros: with
// steps of 2 rows, result row y begins with max(1 - 2 y, 0).
// CHECK-LABEL: func.func @border
// CHECK: scf.for %[[Y:.*]] =
// CHECK: %[[STEP:.*]] = arith.muli %[[Y]], %c2
// CHECK: %[[LOW:.*]] = arith.subi %c1{{[_0-9]*}}, %[[STEP]]
// CHECK: %[[LOW0:.*]] = arith.maxsi %[[LOW]], %c0
// CHECK: %[[FIRST:.*]] = arith.minsi %[[LOW0]], %c40
// CHECK: %[[HIGH:.*]] = arith.subi %c9, %[[STEP]]
// CHECK: %[[HIGH0:.*]] = arith.maxsi %[[HIGH]], %c0
// CHECK: %[[END:.*]] = arith.minsi %[[HIGH0]], %c40
// CHECK: scf.for {{.*}} = %[[FIRST]] to %[[END]]
func.func @border(%x: memref<46x3x16xi8>, %w: memref<2560xi8>, %y: memref<3x3x4xi32>) {
  qdot.contract ins(%x, %w : memref<46x3x16xi8>, memref<2560xi8>) outs(%y : memref<3x3x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 3 vectors 1 lanes 4 unroll 1>, packed, qdot.lhs_border = array<i64: 1, 37, 0, 0, 0, 0>,
                  indexing_maps = [affine_map<(y, x, f, i, c) -> (2 * y + i, x, c)>, affine_map<(y, x, f, i, c) -> (i, c, f)>, affine_map<(y, x, f, i, c) -> (y, x, f)>],
                  loop_sizes = array<i64: 3, 3, 4, 40, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
