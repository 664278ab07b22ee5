// RUN: qdot-opt %s --qdot-outline-layers --split-input-file | FileCheck %s
// RUN: qdot-opt %s --qdot-outline-layers --qdot-outline-layers --split-input-file | FileCheck %s

// CHECK: func.func private @f_layer0(%[[A:.*]]: memref<100xi8> {llvm.align = 64 : i64, llvm.noalias}, %[[B:.*]]: memref<100xi8> {llvm.align = 64 : i64, llvm.noalias}) attributes {llvm.bareptr, llvm.linkage = #llvm.linkage<internal>} {
// CHECK-NEXT: linalg.copy ins(%[[A]] : memref<100xi8>) outs(%[[B]] : memref<100xi8>)
// CHECK-NEXT: return
// CHECK: func.func @f(
// CHECK: %[[A:.*]] = memref.view %{{.*}}[%c0][] : memref<320xi8> to memref<100xi8>
// CHECK: %[[B:.*]] = memref.view %{{.*}}[%c128][] : memref<320xi8> to memref<100xi8>
// CHECK-NEXT: call @f_layer0(%[[A]], %[[B]]) : (memref<100xi8>, memref<100xi8>) -> ()
// CHECK-NEXT: return
func.func @f(%arena: memref<320xi8>) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
  %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
  linalg.copy ins(%a : memref<100xi8>) outs(%b : memref<100xi8>)
  return
}

// -----

// Views, constants and globals are repeated in the layer; a buffer used twice
// is one argument; so is a pointer from outside, whose alignment is unknown,
// and a scalar.
memref.global "private" constant @w : memref<8xi8> = dense<3>
// CHECK: func.func private @g_layer0(
// CHECK-SAME: %[[A:[^ ]*]]: memref<2x8xi8> {llvm.align = 64 : i64, llvm.noalias}, %[[X:[^ ]*]]: memref<i8> {llvm.noalias}, %[[N:[^ ]*]]: index, %[[B:[^ ]*]]: memref<8xi8> {llvm.align = 64 : i64, llvm.noalias}, %[[S:[^ ]*]]: i8)
// CHECK-DAG: %[[ROW0:.*]] = memref.subview %[[A]][0, 0] [1, 8] [1, 1]
// CHECK-DAG: %[[ROW1:.*]] = memref.subview %[[A]][1, 0] [1, 8] [1, 1]
// CHECK-DAG: %[[W:.*]] = memref.get_global @w
// CHECK-DAG: %[[DYNAMIC:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [%[[N]]]
// CHECK: linalg.generic {{.*}} ins(%[[ROW0]], %[[W]], %[[DYNAMIC]] : {{.*}}) outs(%[[ROW1]], %[[B]] : {{.*}})
// CHECK: arith.addi %{{.*}}, %[[S]] : i8
// CHECK-LABEL: func.func @g_in_workspace(
// CHECK: call @g_layer0(
#id = affine_map<(i) -> (i)>
func.func @g_in_workspace(%arena: memref<320xi8>, %x: memref<i8>, %n: index, %s: i8) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %w = memref.get_global @w : memref<8xi8>
  %a = memref.view %arena[%c0][] : memref<320xi8> to memref<2x8xi8>
  %row0 = memref.subview %a[0, 0] [1, 8] [1, 1] : memref<2x8xi8> to memref<8xi8, strided<[1]>>
  %row1 = memref.subview %a[1, 0] [1, 8] [1, 1] : memref<2x8xi8> to memref<8xi8, strided<[1], offset: 8>>
  %b = memref.view %arena[%c128][] : memref<320xi8> to memref<8xi8>
  %xm = memref.reinterpret_cast %x to offset: [0], sizes: [%n], strides: [1] : memref<i8> to memref<?xi8>
  linalg.generic {indexing_maps = [#id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%row0, %w, %xm : memref<8xi8, strided<[1]>>, memref<8xi8>, memref<?xi8>) outs(%row1, %b : memref<8xi8, strided<[1], offset: 8>>, memref<8xi8>) {
  ^bb0(%p: i8, %q: i8, %r: i8, %o: i8, %o2: i8):
    %t = arith.addi %p, %s : i8
    linalg.yield %t, %q : i8, i8
  }
  return
}

// -----

// One buffer has nothing to be confused with; a copy is a memcpy; a dynamic
// buffer has no bare pointer.
// CHECK-NOT: _layer
func.func @h(%arena: memref<320xi8>, %x: memref<100xi8>, %d: memref<?xi8>) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
  %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
  linalg.copy ins(%a : memref<100xi8>) outs(%x : memref<100xi8>)
  memref.copy %a, %b : memref<100xi8> to memref<100xi8>
  scf.parallel (%i) = (%c0) to (%c128) step (%c128) {
    %v = memref.load %a[%i] : memref<100xi8>
    memref.store %v, %b[%i] : memref<100xi8>
    memref.store %v, %d[%i] : memref<?xi8>
  }
  return
}

// -----

// Operations that pass a value on are one layer, with what is computed between
// them; the next one begins where only memory remains.
// CHECK: func.func private @k_layer0(
// CHECK-SAME: %[[A:[^ ]*]]: memref<100xi8> {{{.*}}}, %[[B:[^ ]*]]: memref<100xi8> {{{.*}}})
// CHECK: %[[V:.*]] = vector.load %[[A]]
// CHECK: %[[W:.*]] = arith.extsi %[[V]]
// CHECK: %[[R:.*]] = scf.for
// CHECK: %[[T:.*]] = arith.trunci %[[R]]
// CHECK: vector.store %[[T]], %[[B]]
// CHECK: func.func private @k_layer1(
// CHECK: linalg.copy
// CHECK-LABEL: func.func @k(
// CHECK: call @k_layer0(
// CHECK-NOT: arith.trunci
// CHECK: call @k_layer1(
func.func @k(%arena: memref<320xi8>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
  %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
  %v = vector.load %a[%c0] : memref<100xi8>, vector<16xi8>
  %w = arith.extsi %v : vector<16xi8> to vector<16xi32>
  %r = scf.for %i = %c0 to %c128 step %c1 iter_args(%s = %w) -> (vector<16xi32>) {
    %t = arith.addi %s, %w : vector<16xi32>
    scf.yield %t : vector<16xi32>
  }
  %t = arith.trunci %r : vector<16xi32> to vector<16xi8>
  vector.store %t, %b[%c0] : memref<100xi8>, vector<16xi8>
  linalg.copy ins(%b : memref<100xi8>) outs(%a : memref<100xi8>)
  return
}

// -----

// Buffers that overlap are not promised to be apart; calls stay.
// CHECK-NOT: _layer
func.func private @callee(memref<100xi8>, memref<100xi8>)
func.func @overlap(%arena: memref<320xi8>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c192 = arith.constant 192 : index
  %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
  %b = memref.view %arena[%c64][] : memref<320xi8> to memref<100xi8>
  %c = memref.view %arena[%c192][] : memref<320xi8> to memref<100xi8>
  linalg.copy ins(%a : memref<100xi8>) outs(%b : memref<100xi8>)
  call @callee(%a, %c) : (memref<100xi8>, memref<100xi8>) -> ()
  return
}
