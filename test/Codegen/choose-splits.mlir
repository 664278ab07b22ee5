// RUN: qdot-opt %s --qdot-choose-splits | FileCheck %s
// RUN: qdot-opt %s --qdot-choose-splits --qdot-choose-splits | FileCheck %s
// RUN: qdot-opt %s --qdot-choose-splits=min-work=300000 | FileCheck %s --check-prefix=OWN

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of Passes.td, and one that is too small for two parts.
// CHECK-LABEL: func.func @example(
// CHECK: linalg.fill {qdot.min_work = 131072 : i64} ins(%{{.*}} : i8) outs(%{{.*}} : memref<512x512xi8>)
// CHECK: linalg.fill ins(%{{.*}} : i8) outs(%{{.*}} : memref<512x511xi8>)
// OWN-LABEL: func.func @example(
// OWN-NOT: qdot.min_work
func.func @example(%c: i8, %y: memref<512x512xi8>, %z: memref<512x511xi8>) {
  linalg.fill ins(%c : i8) outs(%y : memref<512x512xi8>)
  linalg.fill ins(%c : i8) outs(%z : memref<512x511xi8>)
  return
}

// Operations of the body count: 2 * 131072. What is dynamic is decided when it
// runs; what is there stays; tensors are left alone.
// CHECK-LABEL: func.func @bodies(
// CHECK: linalg.generic {{{.*}}} ins(%{{.*}} : memref<131072xi32>) outs(%{{.*}} : memref<131072xi32>) attrs = {qdot.min_work = 131072 : i64}
// CHECK: linalg.fill {qdot.min_work = 131072 : i64} {{.*}} memref<?xi8>
// CHECK: linalg.fill {qdot.min_work = 7 : i64}
// CHECK: linalg.fill ins({{.*}} tensor<512x512xi8>
// OWN-LABEL: func.func @bodies(
// OWN: linalg.fill {qdot.min_work = 300000 : i64} {{.*}} memref<?xi8>
// OWN: linalg.fill {qdot.min_work = 7 : i64}
#id = affine_map<(i) -> (i)>
func.func @bodies(%x: memref<131072xi32>, %y: memref<131072xi32>, %d: memref<?xi8>, %c: i8, %t: tensor<512x512xi8>) -> tensor<512x512xi8> {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<131072xi32>) outs(%y : memref<131072xi32>) {
  ^bb0(%a: i32, %o: i32):
    %0 = arith.addi %a, %a : i32
    %1 = arith.muli %0, %a : i32
    linalg.yield %1 : i32
  }
  linalg.fill ins(%c : i8) outs(%d : memref<?xi8>)
  linalg.fill {qdot.min_work = 7 : i64} ins(%c : i8) outs(%d : memref<?xi8>)
  %r = linalg.fill ins(%c : i8) outs(%t : tensor<512x512xi8>) -> tensor<512x512xi8>
  return %r : tensor<512x512xi8>
}

// Products of a kernel are cheaper than those of loops; depthwise ones are
// between the two.
// CHECK-LABEL: func.func @contracts(
// CHECK: kernel = #qdot.kernel<dot rows 8 vectors 1 lanes 8 unroll 1>
// CHECK-SAME: qdot.min_work = 1048576 : i64
// CHECK: kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 8 unroll 1>
// CHECK-SAME: qdot.min_work = 262144 : i64
// CHECK: loop_sizes = array<i64: 128, 128, 128>
// CHECK-SAME: qdot.min_work = 131072 : i64
func.func @contracts(%x: memref<128x128xi8>, %w: memref<16384xi8>, %v: memref<128x128xi8>, %y: memref<128x128xi32>) {
  qdot.contract ins(%x, %w : memref<128x128xi8>, memref<16384xi8>) outs(%y : memref<128x128xi32>)
      attributes {kernel = #qdot.kernel<dot rows 8 vectors 1 lanes 8 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 128, 128, 128>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%x, %w : memref<128x128xi8>, memref<16384xi8>) outs(%y : memref<128x128xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 8 unroll 1>, packed,
                  indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 128, 128, 128>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  qdot.contract ins(%x, %v : memref<128x128xi8>, memref<128x128xi8>) outs(%y : memref<128x128xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 128, 128, 128>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
