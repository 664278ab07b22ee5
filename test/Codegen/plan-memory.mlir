// RUN: qdot-opt %s --qdot-plan-memory --remarks-filter='qdot.*' --verify-diagnostics --split-input-file | FileCheck %s
// RUN: qdot-opt %s --qdot-plan-memory=max-stack=0 --split-input-file | FileCheck %s --check-prefix=HEAP

// %a and %c share their bytes.
// CHECK-LABEL: func.func @f(
// CHECK: %[[ARENA:.*]] = memref.alloca() {alignment = 64 : i64} : memref<320xi8>
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK: %[[A:.*]] = memref.view %[[ARENA]][%[[C0]]][] : memref<320xi8> to memref<100xi8>
// CHECK: memref.copy %{{.*}}, %[[A]] : memref<100xi8> to memref<100xi8>
// CHECK: %[[C128:.*]] = arith.constant 128 : index
// CHECK: %[[B:.*]] = memref.view %[[ARENA]][%[[C128]]][] : memref<320xi8> to memref<100xi8>
// CHECK: memref.copy %[[A]], %[[B]] : memref<100xi8> to memref<100xi8>
// CHECK: %[[C0_0:.*]] = arith.constant 0 : index
// CHECK: %[[C:.*]] = memref.view %[[ARENA]][%[[C0_0]]][] : memref<320xi8> to memref<100xi8>
// CHECK: memref.copy %[[B]], %[[C]] : memref<100xi8> to memref<100xi8>
// CHECK: memref.copy %[[C]], %{{.*}} : memref<100xi8> to memref<100xi8>
// CHECK-NOT: dealloc
// HEAP-LABEL: func.func @f(
// HEAP: %[[ARENA:.*]] = memref.alloc() {alignment = 64 : i64} : memref<320xi8>
// HEAP: memref.dealloc %[[ARENA]]
// HEAP-NEXT: return
// expected-remark @below {{Function=f | Arena=256, Buffers=3, Bytes=300, Peak=256}}
func.func @f(%x: memref<100xi8>, %y: memref<100xi8>) {
  %a = memref.alloc() : memref<100xi8>
  memref.copy %x, %a : memref<100xi8> to memref<100xi8>
  %b = memref.alloc() : memref<100xi8>
  memref.copy %a, %b : memref<100xi8> to memref<100xi8>
  memref.dealloc %a : memref<100xi8>
  %c = memref.alloc() : memref<100xi8>
  memref.copy %b, %c : memref<100xi8> to memref<100xi8>
  memref.dealloc %b : memref<100xi8>
  memref.copy %c, %y : memref<100xi8> to memref<100xi8>
  memref.dealloc %c : memref<100xi8>
  return
}

// -----

// An entry point computes in memory that the caller brings, of any alignment;
// the plain one brings it itself.
// CHECK-LABEL: func.func @qdot_main_in_workspace(
// CHECK-SAME: %{{.*}}: memref<f32> {llvm.noalias}, %{{.*}}: memref<f32> {llvm.noalias}, %[[W:.*]]: memref<i8> {llvm.noalias}) -> i32 attributes {llvm.bareptr, passthrough = ["noinline"]} {
// CHECK: %[[BYTES:.*]] = memref.reinterpret_cast %[[W]] to offset: [0], sizes: [192], strides: [1] : memref<i8> to memref<192xi8>
// CHECK: %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %[[W]]
// CHECK: %[[NEGATIVE:.*]] = arith.subi %{{.*}}, %[[ADDRESS]]
// CHECK: %[[SHIFT:.*]] = arith.andi %[[NEGATIVE]], %c63
// CHECK: %[[VIEW:.*]] = memref.view %[[BYTES]][%[[SHIFT]]][] : memref<192xi8> to memref<128xi8>
// CHECK: %[[ARENA:.*]] = memref.assume_alignment %[[VIEW]], 64
// CHECK: memref.view %[[ARENA]]{{.*}} to memref<4xf32>
// CHECK: func.func @qdot_main(%[[X:.*]]: memref<f32> {llvm.noalias}, %[[Y:.*]]: memref<f32> {llvm.noalias}) -> i32
// CHECK-SAME: attributes {llvm.bareptr, qdot.signature = (tensor<4xf32>) -> tensor<4xf32>, qdot.workspace = 192 : i64} {
// CHECK: %[[STACK:.*]] = memref.alloca() {alignment = 64 : i64} : memref<192xi8>
// CHECK: %[[P:.*]] = memref.reinterpret_cast %[[STACK]] to offset: [0], sizes: [], strides: [] : memref<192xi8> to memref<i8>
// CHECK: %[[STATUS:.*]] = call @qdot_main_in_workspace(%[[X]], %[[Y]], %[[P]])
// CHECK: return %[[STATUS]]
// CHECK: func.func @qdot_main_workspace_size() -> i64
// CHECK: arith.constant 192 : i64
// HEAP-LABEL: func.func @qdot_main(
// HEAP: %[[BYTES:.*]] = memref.alloc() : memref<192xi8>
// HEAP: %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %[[BYTES]]
// HEAP: %[[NULL:.*]] = arith.cmpi eq, %[[ADDRESS]], %c0
// HEAP: %[[STATUS:.*]] = scf.if %[[NULL]] -> (i32) {
// HEAP: %[[THREE:.*]] = arith.constant 3 : i32
// HEAP: scf.yield %[[THREE]]
// HEAP: call @qdot_main_in_workspace
// HEAP: memref.dealloc %[[BYTES]]
// HEAP: return %[[STATUS]]
// expected-remark @below {{Function=qdot_main | Arena=64, Buffers=1, Bytes=16, Peak=64}}
func.func @qdot_main(%x: memref<f32> {llvm.noalias}, %y: memref<f32> {llvm.noalias}) -> i32 attributes {llvm.bareptr, qdot.signature = (tensor<4xf32>) -> tensor<4xf32>} {
  %xm = memref.reinterpret_cast %x to offset: [0], sizes: [4], strides: [1] : memref<f32> to memref<4xf32>
  %ym = memref.reinterpret_cast %y to offset: [0], sizes: [4], strides: [1] : memref<f32> to memref<4xf32>
  %a = memref.alloc() {alignment = 64 : i64} : memref<4xf32>
  linalg.exp ins(%xm : memref<4xf32>) outs(%a : memref<4xf32>)
  linalg.abs ins(%a : memref<4xf32>) outs(%ym : memref<4xf32>)
  memref.dealloc %a : memref<4xf32>
  %zero = arith.constant 0 : i32
  return %zero : i32
}

// -----

// An entry point without buffers has the same three functions.
// CHECK-LABEL: func.func @qdot_copy_in_workspace(
// CHECK-NOT: memref.view
// CHECK: func.func @qdot_copy(
// CHECK-SAME: qdot.workspace = 0 : i64
// CHECK: func.func @qdot_copy_workspace_size
// expected-remark @below {{Arena=0, Buffers=0, Bytes=0, Peak=0}}
func.func @qdot_copy(%x: memref<f32>, %y: memref<f32>) -> i32 attributes {llvm.bareptr, qdot.signature = (tensor<f32>) -> tensor<f32>} {
  memref.copy %x, %y : memref<f32> to memref<f32>
  %zero = arith.constant 0 : i32
  return %zero : i32
}

// -----

// Uses follow views: %a lives until its subview is read, though it is freed
// late, and so does not meet %c.
// CHECK-LABEL: func.func @views
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: memref.view %{{.*}}[%[[C0]]][] : memref<192xi8> to memref<8x8xi8>
// CHECK-DAG: memref.view %{{.*}} : memref<192xi8> to memref<64xi8>
// CHECK-DAG: memref.view %{{.*}} : memref<192xi8> to memref<60xi8>
// expected-remark @below {{Arena=128, Buffers=3}}
func.func @views(%x: memref<64xi8>, %y: memref<60xi8>) {
  %a = memref.alloc() : memref<8x8xi8>
  %flat = memref.collapse_shape %a [[0, 1]] : memref<8x8xi8> into memref<64xi8>
  %part = memref.subview %flat[0] [60] [1] : memref<64xi8> to memref<60xi8>
  linalg.copy ins(%x : memref<64xi8>) outs(%flat : memref<64xi8>)
  %b = memref.alloc() : memref<64xi8>
  %part2 = memref.subview %b[0] [60] [1] : memref<64xi8> to memref<60xi8>
  linalg.copy ins(%part : memref<60xi8>) outs(%part2 : memref<60xi8>)
  %c = memref.alloc() : memref<60xi8>
  linalg.copy ins(%part2 : memref<60xi8>) outs(%c : memref<60xi8>)
  memref.copy %c, %y : memref<60xi8> to memref<60xi8>
  memref.dealloc %a : memref<8x8xi8>
  memref.dealloc %b : memref<64xi8>
  memref.dealloc %c : memref<60xi8>
  return
}

// -----

// A buffer of a sequential loop has the loop's place and time; its view stands
// before the loop.
// CHECK-LABEL: func.func @nested
// CHECK: memref.view %{{.*}} : memref<192xi8> to memref<64xi8>
// CHECK: %[[T:.*]] = memref.view %{{.*}} : memref<192xi8> to memref<32xi8>
// CHECK: scf.for
// CHECK-NOT: alloc
// CHECK: memref.store %{{.*}}, %[[T]]
// expected-remark @below {{Arena=128, Buffers=2, Bytes=96, Peak=128}}
func.func @nested(%x: memref<64xi8>, %i: index) -> i8 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  scf.for %k = %c0 to %i step %c1 {
    %t = memref.alloc() : memref<32xi8>
    %v = memref.load %a[%k] : memref<64xi8>
    memref.store %v, %t[%c0] : memref<32xi8>
    %w = memref.load %t[%c0] : memref<32xi8>
    memref.store %w, %a[%k] : memref<64xi8>
    memref.dealloc %t : memref<32xi8>
  }
  %r = memref.load %a[%c0] : memref<64xi8>
  memref.dealloc %a : memref<64xi8>
  return %r : i8
}

// -----

// A result that may be either buffer keeps both alive.
// expected-remark @below {{Arena=192, Buffers=3}}
func.func @choice(%x: memref<64xi8>, %which: i1) {
  %a = memref.alloc() : memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  memref.copy %x, %b : memref<64xi8> to memref<64xi8>
  %r = scf.if %which -> (memref<64xi8>) {
    scf.yield %a : memref<64xi8>
  } else {
    scf.yield %b : memref<64xi8>
  }
  %c = memref.alloc() : memref<64xi8>
  memref.copy %x, %c : memref<64xi8> to memref<64xi8>
  memref.copy %r, %x : memref<64xi8> to memref<64xi8>
  memref.copy %c, %x : memref<64xi8> to memref<64xi8>
  memref.dealloc %a : memref<64xi8>
  memref.dealloc %b : memref<64xi8>
  memref.dealloc %c : memref<64xi8>
  return
}

// -----

// What stays an allocation, and why.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-1: memref.view
// CHECK-NOT: memref.view
func.func private @use(memref<*xi8>)
// expected-remark @below {{Arena=64, Buffers=1, Bytes=2}}
func.func @stays(%n: index, %which: i1) -> (memref<4xi8>, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-remark @below {{Reason=dynamic-size, Remark="memory is allocated when the function runs"}}
  %a = memref.alloc(%n) : memref<?xi8>
  memref.dealloc %a : memref<?xi8>
  // expected-remark @below {{Reason=layout}}
  %b = memref.alloc() : memref<4x4xi8, strided<[8, 1]>>
  memref.dealloc %b : memref<4x4xi8, strided<[8, 1]>>
  // expected-remark @below {{Reason=alignment}}
  %c = memref.alloc() {alignment = 4096 : i64} : memref<4xi8>
  memref.dealloc %c : memref<4xi8>
  // expected-remark @below {{Reason=size}}
  %d = memref.alloc() : memref<4611686018427387904x16xi8>
  memref.dealloc %d : memref<4611686018427387904x16xi8>
  // expected-remark @below {{Reason=escapes}}
  %e = memref.alloc() : memref<4xi8>
  // expected-remark @below {{Reason=escapes}}
  %f = memref.alloc() : memref<4xi8>
  %p = memref.extract_aligned_pointer_as_index %f : memref<4xi8> -> index
  memref.dealloc %f : memref<4xi8>
  // expected-remark @below {{Reason=conditional-dealloc}}
  %g = memref.alloc() : memref<4xi8>
  scf.if %which {
    memref.dealloc %g : memref<4xi8>
  }
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    // expected-remark @below {{Reason=control-flow}}
    %h = memref.alloc() : memref<4xi8>
    %v = memref.load %h[%c0] : memref<4xi8>
    memref.store %v, %e[%i] : memref<4xi8>
    memref.dealloc %h : memref<4xi8>
  }
  // expected-remark @+3 {{Reason=loop-carried}}
  %init = memref.alloc() : memref<2xi8>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%m = %init) -> memref<2xi8> {
    %j = memref.alloc() : memref<2xi8>
    memref.copy %m, %j : memref<2xi8> to memref<2xi8>
    scf.yield %j : memref<2xi8>
  }
  return %e, %p : memref<4xi8>, index
}

// -----

// LLVM steps over i48 by eight bytes.
// CHECK-LABEL: func.func @wide(
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<192xi8>
// expected-remark @below {{Function=wide | Arena=128, Buffers=1, Bytes=128, Peak=128}}
func.func @wide(%x: memref<16xi48>, %y: memref<16xi48>) {
  %a = memref.alloc() : memref<16xi48>
  memref.copy %x, %a : memref<16xi48> to memref<16xi48>
  memref.copy %a, %y : memref<16xi48> to memref<16xi48>
  memref.dealloc %a : memref<16xi48>
  return
}
