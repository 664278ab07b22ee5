// RUN: qdot-opt %s --qdot-vectorize-reductions=target=x86-avx2 | FileCheck %s
// RUN: not qdot-opt %s --qdot-vectorize-reductions=target=z80 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown target 'z80'; expected one of

#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>

// The example of Passes.td.
// CHECK-LABEL: func.func @maxima
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[FIRST:.*]] = vector.load %{{.*}}[%[[I]], %{{.*}}] : memref<4x64xf32>, vector<8xf32>
// CHECK: %[[ALL:.*]] = scf.for {{.*}} iter_args(%[[M:.*]] = %[[FIRST]])
// CHECK: %[[NEXT:.*]] = vector.load
// CHECK: arith.maximumf %[[NEXT]], %[[M]] : vector<8xf32>
// CHECK: %[[ONE:.*]] = vector.reduction <maximumf>, %[[ALL]] : vector<8xf32> into f32
// CHECK: %[[OLD:.*]] = memref.load
// CHECK: arith.maximumf %[[ONE]], %[[OLD]] : f32
// CHECK: memref.store
func.func @maxima(%x: memref<4x64xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  }
  return
}

// Bytes are extended; 19 = 2 * 8 + 3, and no element counts twice in a sum.
// CHECK-LABEL: func.func @sums
// CHECK: arith.extui %{{.*}} : vector<8xi8> to vector<8xi32>
// CHECK: vector.reduction <add>
// CHECK-COUNT-3: arith.extui %{{.*}} : i8 to i32
// CHECK-NOT: arith.extui
// CHECK: memref.store
func.func @sums(%x: memref<4x19xi8>, %y: memref<4xi32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x19xi8>) outs(%y : memref<4xi32>) {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.addi %o, %0 : i32
    linalg.yield %1 : i32
  }
  return
}

// Float sums of fewer rows than a vector has lanes stay, short rows, rows of
// unknown length and those that are not contiguous.
// CHECK-LABEL: func.func @stay
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: vector
func.func @stay(%x: memref<4x64xf32>, %y: memref<4xf32>, %short: memref<4x7xf32>, %open: memref<4x?xf32>, %t: memref<64x4xf32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%short : memref<4x7xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%open : memref<4x?xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #i], iterator_types = ["parallel", "reduction"]} ins(%t : memref<64x4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  }
  return
}

// Eight sums at a time, each in its order: the columns of transposed squares.
// 24 shuffles for 64 elements; the last vector begins at 9 - 8 and repeats all
// but one column. One number per row from another input.
// CHECK-LABEL: func.func @float_sums
// CHECK: %[[MEAN:.*]] = vector.load %{{.*}} : memref<16xf32>, vector<8xf32>
// CHECK: %[[INIT:.*]] = vector.load %{{.*}} : memref<16xf32>, vector<8xf32>
// CHECK: scf.for {{.*}} iter_args(%[[S:.*]] = %[[INIT]])
// CHECK-COUNT-8: vector.load %{{.*}} : memref<16x9xf32>, vector<8xf32>
// CHECK-COUNT-24: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK: %[[D:.*]] = arith.subf %{{.*}}, %[[MEAN]] : vector<8xf32>
// CHECK: %[[Q:.*]] = arith.mulf %[[D]], %[[D]] : vector<8xf32>
// CHECK: arith.addf %[[S]], %[[Q]] : vector<8xf32>
// CHECK-COUNT-7: arith.addf
// CHECK: scf.yield
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: arith.addf
// CHECK: vector.store
func.func @float_sums(%x: memref<16x9xf32>, %mean: memref<16xf32>, %y: memref<16xf32>) {
  linalg.generic {indexing_maps = [#ij, #i, #i], iterator_types = ["parallel", "reduction"]} ins(%x, %mean : memref<16x9xf32>, memref<16xf32>) outs(%y : memref<16xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %0 = arith.subf %a, %m : f32
    %1 = arith.mulf %0, %0 : f32
    %2 = arith.addf %o, %1 : f32
    linalg.yield %2 : f32
  }
  return
}

// Ten rows: a block of eight by selections, two by themselves. A block with NaN
// is done again; one with a zero reads its signs.
// CHECK-LABEL: func.func @blocks
// CHECK: scf.for
// CHECK: %[[BIG:.*]] = arith.cmpf ogt, %[[A:.*]], %[[B:.*]] : vector<8xf32>
// CHECK: arith.select %[[BIG]], %[[A]], %[[B]]
// CHECK: %[[NAN:.*]] = arith.cmpf uno
// CHECK: %[[RARE:.*]] = vector.reduction <or>, %[[NAN]]
// CHECK: scf.if %[[RARE]]
// CHECK: vector.reduction <maximumf>
// CHECK: } else {
// CHECK: %[[ZERO:.*]] = arith.cmpf oeq
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[ZERO]]
// CHECK: %[[R:.*]] = scf.if %[[ANY]]
// CHECK: arith.andi
// CHECK: arith.select %[[ZERO]]
// CHECK: vector.store %[[R]]
// CHECK: scf.for
// CHECK: vector.reduction <maximumf>
func.func @blocks(%x: memref<10x16xf32>, %y: memref<10xf32>) {
  linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%x : memref<10x16xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  }
  return
}
