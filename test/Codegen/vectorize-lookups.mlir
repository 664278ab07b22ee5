// RUN: qdot-opt %s --qdot-vectorize-lookups --canonicalize --cse --mlir-print-local-scope | FileCheck %s

#id = affine_map<(i) -> (i)>
#id2 = affine_map<(i, j) -> (i, j)>
#t2 = affine_map<(i, j) -> (j, i)>

// The example of Passes.td.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[X:.*]]: memref<40xi8>, %[[Y:.*]]: memref<40xi8>, %[[T:.*]]: memref<256xi8>)
// CHECK: scf.for %[[I:.*]] = %c0 to %c32 step %c16 {
// CHECK-NEXT: %[[V:.*]] = vector.load %[[X]][%[[I]]] : memref<40xi8>, vector<16xi8>
// CHECK-NEXT: %[[R:.*]] = qdot.lookup_bytes %[[V]] in %[[T]] : vector<16xi8>, memref<256xi8>
// CHECK-NEXT: vector.store %[[R]], %[[Y]][%[[I]]] : memref<40xi8>, vector<16xi8>
// CHECK: scf.for %[[J:.*]] = %c32 to %c40 step %c1 {
// CHECK-NEXT: %[[B:.*]] = memref.load %[[X]][%[[J]]] : memref<40xi8>
// CHECK-NEXT: %[[K:.*]] = arith.index_castui %[[B]] : i8 to index
// CHECK-NEXT: %[[E:.*]] = memref.load %[[T]][%[[K]]] : memref<256xi8>
// CHECK-NEXT: memref.store %[[E]], %[[Y]][%[[J]]] : memref<40xi8>
// CHECK-NOT: linalg.generic
func.func @example(%x: memref<40xi8>, %y: memref<40xi8>, %table: memref<256xi8>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<40xi8>) outs(%y : memref<40xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.index_castui %in : i8 to index
    %1 = memref.load %table[%0] : memref<256xi8>
    linalg.yield %1 : i8
  }
  return
}

// Entry 0 belongs to -128; all dimensions are one.
// CHECK-LABEL: func.func @signed(
// CHECK: memref.collapse_shape %{{.*}} {{\[\[}}0, 1]] : memref<?x5xi8> into memref<?xi8>
// CHECK: scf.for
// CHECK: %[[V:.*]] = vector.load
// CHECK: %[[F:.*]] = arith.xori %[[V]], %{{.*}} : vector<16xi8>
// CHECK: qdot.lookup_bytes %[[F]]
// CHECK: scf.for
// CHECK: arith.index_cast %{{.*}} : i8 to index
// CHECK: arith.addi %{{.*}}, %c128
// CHECK-NOT: linalg.generic
func.func @signed(%x: memref<?x5xi8>, %y: memref<?x5xi8>, %table: memref<256xi8>) {
  %c128 = arith.constant 128 : index
  linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x5xi8>) outs(%y : memref<?x5xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.index_cast %in : i8 to index
    %1 = arith.addi %0, %c128 : index
    %2 = memref.load %table[%1] : memref<256xi8>
    linalg.yield %2 : i8
  }
  return
}

// Strides, another order, more than a lookup, another table: stays.
// CHECK-LABEL: func.func @others(
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: qdot.lookup_bytes
func.func @others(%x: memref<8x8xi8>, %s: memref<8x8xi8, strided<[16, 1]>>, %y: memref<8x8xi8>, %table: memref<256xi8>, %small: memref<16xi8>) {
  %c1 = arith.constant 1 : i8
  linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]} ins(%s : memref<8x8xi8, strided<[16, 1]>>) outs(%y : memref<8x8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.index_castui %in : i8 to index
    %1 = memref.load %table[%0] : memref<256xi8>
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#t2, #id2], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xi8>) outs(%y : memref<8x8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.index_castui %in : i8 to index
    %1 = memref.load %table[%0] : memref<256xi8>
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xi8>) outs(%y : memref<8x8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.addi %in, %c1 : i8
    %1 = arith.index_castui %0 : i8 to index
    %2 = memref.load %table[%1] : memref<256xi8>
    linalg.yield %2 : i8
  }
  linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]} ins(%x : memref<8x8xi8>) outs(%y : memref<8x8xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.index_castui %in : i8 to index
    %1 = memref.load %small[%0] : memref<16xi8>
    linalg.yield %1 : i8
  }
  return
}
