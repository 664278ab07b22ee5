// RUN: qdot-opt %s --qdot-outline-parallel --split-input-file --verify-diagnostics | FileCheck %s
// RUN: qdot-opt %s --qdot-outline-parallel --qdot-outline-parallel --split-input-file --verify-diagnostics | FileCheck %s

// The example of Passes.td.
// CHECK: func.func private @f_range(%[[X:.*]]: i8, %[[Y:.*]]: memref<64xi8> {llvm.align = 64 : i64, llvm.noalias}, %[[BEGIN:.*]]: index, %[[END:.*]]: index) attributes {llvm.bareptr, llvm.linkage = #llvm.linkage<internal>} {
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-NEXT: scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]] step %[[ONE]] {
// CHECK-NEXT: memref.store %[[X]], %[[Y]][%[[I]]] : memref<64xi8>
// CHECK-NEXT: }
// CHECK-NEXT: return
// CHECK: func.func @f(%[[X:.*]]: i8, %[[Y:.*]]: memref<64xi8>
// CHECK: call @f_range(%[[X]], %[[Y]], %c0, %c64) {qdot.grain = 4 : i64} : (i8, memref<64xi8>, index, index) -> ()
// CHECK-NEXT: return
func.func @f(%x: i8, %y: memref<64xi8> {llvm.align = 64 : i64, llvm.noalias}) {
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  qdot.parallel %begin to %end of %c64 grain 4 {
    scf.for %i = %begin to %end step %c1 {
      memref.store %x, %y[%i] : memref<64xi8>
    }
  }
  return
}

// -----

// Constants and views are made again in the function; a memref without a bare
// pointer comes in parts; an allocation is nobody else's memory.
// CHECK: func.func private @g_range(
// CHECK-SAME: %[[ARENA:[^ ]*]]: memref<i8> {llvm.noalias}, %[[BASE:[^ ]*]]: memref<i8> {llvm.noalias}, %[[OFFSET:[^ ]*]]: index, %[[ROWS:[^ ]*]]: index, %{{[^ ]*}}: index, %[[STRIDE:[^ ]*]]: index, %{{[^ ]*}}: index, %[[BEGIN:[^ ]*]]: index, %[[END:[^ ]*]]: index)
// CHECK-DAG: %[[D:.*]] = memref.reinterpret_cast %[[BASE]] to offset: [0], sizes: [%[[ROWS]], 8], strides: [8, 1] : memref<i8> to memref<?x8xi8>
// CHECK-DAG: %[[A:.*]] = memref.reinterpret_cast %[[ARENA]] to offset: [0], sizes: [64], strides: [1]
// CHECK-DAG: %[[W:.*]] = memref.get_global @w
// CHECK: memref.load %[[W]]
// CHECK: memref.load %[[A]]
// CHECK: memref.store %{{.*}}, %[[D]]
// CHECK-LABEL: func.func @g(
// CHECK: memref.extract_strided_metadata
// CHECK: call @g_range({{.*}}) {qdot.grain = 1 : i64}
memref.global "private" constant @w : memref<8xi8> = dense<3>
func.func @g(%arena: memref<i8> {llvm.noalias}, %rows: index) {
  %c0 = arith.constant 0 : index
  %w = memref.get_global @w : memref<8xi8>
  %a = memref.reinterpret_cast %arena to offset: [0], sizes: [64], strides: [1] : memref<i8> to memref<64xi8>
  %d = memref.alloc(%rows) : memref<?x8xi8>
  qdot.parallel %begin to %end of %rows grain 1 {
    %v = memref.load %w[%c0] : memref<8xi8>
    %u = memref.load %a[%begin] : memref<64xi8>
    %s = arith.addi %u, %v : i8
    memref.store %s, %d[%begin, %c0] : memref<?x8xi8>
  }
  memref.dealloc %d : memref<?x8xi8>
  return
}

// -----

// Several in one function, one within a loop and within another.
// CHECK: func.func private @h_range(
// CHECK: func.func private @h_range_0(
// CHECK: call @h_range(
// CHECK-LABEL: func.func @h(
// CHECK: scf.for
// CHECK: call @h_range_0(
func.func @h(%y: memref<64xindex>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    qdot.parallel %b to %e of %n grain 1 {
      qdot.parallel %bb to %ee of %n grain 1 {
        memref.store %i, %y[%bb] : memref<64xindex>
      }
    }
  }
  return
}

// -----

// An argument without a promise gets none.
// CHECK: func.func private @k_range(%{{.*}}: memref<64xi8>, %{{.*}}: memref<64xi8>, %{{.*}}: index, %{{.*}}: index)
func.func @k(%x: memref<64xi8>, %y: memref<64xi8>, %n: index) {
  qdot.parallel %b to %e of %n grain 1 {
    %v = memref.load %x[%b] : memref<64xi8>
    memref.store %v, %y[%b] : memref<64xi8>
  }
  return
}

// -----

%n = arith.constant 4 : index
// expected-error @below {{'qdot.parallel' op is not in a function}}
qdot.parallel %b to %e of %n grain 1 {
}
