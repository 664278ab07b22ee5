// RUN: qdot-opt %s --qdot-split-loops | FileCheck %s

// The example of Passes.td: 13 rows of 8 are the first multiple that reaches
// 100.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[C:.*]]: i8, %[[Y:.*]]: memref<64x8xi8>)
// CHECK: qdot.parallel %[[BEGIN:.*]] to %[[END:.*]] of %c64 grain 13 {
// CHECK: %[[LENGTH:.*]] = arith.subi %[[END]], %[[BEGIN]] : index
// CHECK: %[[PART:.*]] = memref.subview %[[Y]][%[[BEGIN]], 0] [%[[LENGTH]], 8] [1, 1] : memref<64x8xi8> to memref<?x8xi8, strided<[8, 1], offset: ?>>
// CHECK: linalg.fill ins(%[[C]] : i8) outs(%[[PART]] : memref<?x8xi8, strided<[8, 1], offset: ?>>)
// CHECK-NEXT: }
func.func @example(%c: i8, %y: memref<64x8xi8>) {
  linalg.fill {qdot.min_work = 100 : i64} ins(%c : i8) outs(%y : memref<64x8xi8>)
  return
}

// A loop of one position cannot be split, the next one can; indices of the body
// move with the range.
// CHECK-LABEL: func.func @inner(
// CHECK: qdot.parallel %[[BEGIN:.*]] to %{{.*}} of %c64 grain 2 {
// CHECK: memref.subview %{{.*}}[0, %[[BEGIN]]] [1, %{{.*}}] [1, 1]
// CHECK: %[[INDEX:.*]] = linalg.index 1 : index
// CHECK: affine.apply {{.*}}(%[[BEGIN]]){{\[}}%[[INDEX]]{{\]}}
#one = affine_map<(i, j) -> (i, j)>
func.func @inner(%y: memref<1x64xindex>) {
  linalg.generic {indexing_maps = [#one], iterator_types = ["parallel", "parallel"]}
      outs(%y : memref<1x64xindex>) attrs = {qdot.min_work = 2 : i64} {
  ^bb0(%o: index):
    %0 = linalg.index 1 : index
    linalg.yield %0 : index
  }
  return
}

// Windows overlap: the input of a range reaches beyond it.
// CHECK-LABEL: func.func @window(
// CHECK: qdot.parallel %{{.*}} to %{{.*}} of %c10 grain 1 {
// CHECK: memref.subview %{{.*}} : memref<12xi32> to memref<?xi32, strided<[1], offset: ?>>
// CHECK: memref.subview %{{.*}} : memref<10xi32> to memref<?xi32, strided<[1], offset: ?>>
func.func @window(%x: memref<12xi32>, %w: memref<3xi32>, %y: memref<10xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : memref<12xi32>, memref<3xi32>) outs(%y : memref<10xi32>) attrs = {qdot.min_work = 3 : i64} {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %0 = arith.addi %o, %a : i32
    linalg.yield %0 : i32
  }
  return
}

// Dynamic sizes: decided when it runs. A reduction alone stays whole, so does
// what is too small, without the attribute.
// CHECK-LABEL: func.func @others(
// CHECK: %[[ROWS:.*]] = memref.dim
// CHECK: qdot.parallel %{{.*}} to %{{.*}} of %[[ROWS]] grain 2 {
// CHECK: }
// CHECK: linalg.generic
// CHECK-NOT: qdot.min_work
// CHECK: linalg.fill ins(%{{.*}} : i8) outs(%{{.*}} : memref<4xi8>)
func.func @others(%c: i8, %d: memref<?x50xi8>, %x: memref<100xi32>, %s: memref<i32>, %small: memref<4xi8>) {
  linalg.fill {qdot.min_work = 100 : i64} ins(%c : i8) outs(%d : memref<?x50xi8>)
  linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<100xi32>) outs(%s : memref<i32>) attrs = {qdot.min_work = 2 : i64} {
  ^bb0(%a: i32, %o: i32):
    %0 = arith.addi %o, %a : i32
    linalg.yield %0 : i32
  }
  linalg.fill {qdot.min_work = 3 : i64} ins(%c : i8) outs(%small : memref<4xi8>)
  return
}
