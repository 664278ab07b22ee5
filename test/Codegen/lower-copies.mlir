// RUN: qdot-opt %s --qdot-lower-copies | FileCheck %s

// The example of Passes.td: rows of 16 bytes are copied as blocks.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[A:.*]]: memref<4x4xf32>, %[[B:.*]]: memref<4x4xf32, strided<[8, 1]>>) {
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: %[[ROWS:.*]] = memref.dim %[[A]], %{{.*}} : memref<4x4xf32>
// CHECK-NEXT: scf.for %[[I:.*]] = %[[ZERO]] to %[[ROWS]] step %[[ONE]] {
// CHECK-NEXT: %[[FROM:.*]] = memref.subview %[[A]][%[[I]], 0] [1, 4] [1, 1] : memref<4x4xf32> to memref<4xf32, strided<[1], offset: ?>>
// CHECK-NEXT: %[[TO:.*]] = memref.subview %[[B]][%[[I]], 0] [1, 4] [1, 1] : memref<4x4xf32, strided<[8, 1]>> to memref<4xf32, strided<[1], offset: ?>>
// CHECK-NEXT: memref.copy %[[FROM]], %[[TO]]
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @rows(%a: memref<4x4xf32>, %b: memref<4x4xf32, strided<[8, 1]>>) {
  memref.copy %a, %b : memref<4x4xf32> to memref<4x4xf32, strided<[8, 1]>>
  return
}

// An image within its padding: two loops, one of them of dynamic extent, around
// blocks of two dimensions.
// CHECK-LABEL: func.func @image(
// CHECK: %[[N:.*]] = memref.dim %{{.*}}, %{{.*}} : memref<?x3x4x8xi8>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[N]]
// CHECK: scf.for %[[J:.*]] =
// CHECK: memref.subview %{{.*}}[%[[I]], %[[J]], 0, 0] [1, 1, 4, 8] [1, 1, 1, 1]
// CHECK: memref.subview %{{.*}}[%[[I]], %[[J]], 0, 0] [1, 1, 4, 8] [1, 1, 1, 1]
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4x8xi8, strided<[8, 1], offset: ?>> to memref<4x8xi8, strided<[8, 1], offset: ?>>
// CHECK-NOT: scf.for
// CHECK: return
func.func @image(%a: memref<?x3x4x8xi8>, %b: memref<?x3x4x8xi8, strided<[240, 48, 8, 1], offset: 56>>) {
  memref.copy %a, %b : memref<?x3x4x8xi8> to memref<?x3x4x8xi8, strided<[240, 48, 8, 1], offset: 56>>
  return
}

// Blocks of less than 16 bytes, a dynamic inner dimension, a stride within the
// row, unknown strides: element by element.
// CHECK-LABEL: func.func @elements(
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<4x3xf32>) outs(%{{.*}} : memref<4x3xf32, strided<[8, 1]>>)
// CHECK: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK: linalg.yield %[[IN]] : f32
// CHECK-COUNT-3: linalg.generic
// CHECK-NOT: memref.copy
// CHECK: return
func.func @elements(%a: memref<4x3xf32>, %b: memref<4x3xf32, strided<[8, 1]>>, %c: memref<4x?xf32>, %d: memref<4x?xf32, strided<[?, 1]>>,
                    %e: memref<4x4xf32>, %f: memref<4x4xf32, strided<[8, 2]>>, %g: memref<4x4xf32, strided<[?, ?]>>) {
  memref.copy %a, %b : memref<4x3xf32> to memref<4x3xf32, strided<[8, 1]>>
  memref.copy %c, %d : memref<4x?xf32> to memref<4x?xf32, strided<[?, 1]>>
  memref.copy %f, %e : memref<4x4xf32, strided<[8, 2]>> to memref<4x4xf32>
  memref.copy %e, %g : memref<4x4xf32> to memref<4x4xf32, strided<[?, ?]>>
  return
}

// One block of memory stays a copy.
// CHECK-LABEL: func.func @block
// CHECK-NOT: scf.for
// CHECK: memref.copy
func.func @block(%a: memref<?x4xf32>, %b: memref<?x4xf32>) {
  memref.copy %a, %b : memref<?x4xf32> to memref<?x4xf32>
  return
}

// A view onto itself: nothing to copy. Another offset is another view.
// CHECK-LABEL: func.func @self(
// CHECK-COUNT-3: memref.subview
// CHECK-COUNT-1: memref.copy
// CHECK-NOT: memref.copy
// CHECK: return
func.func @self(%a: memref<8x8xf32>) {
  memref.copy %a, %a : memref<8x8xf32> to memref<8x8xf32>
  %0 = memref.subview %a[0, 0] [4, 8] [1, 1] : memref<8x8xf32> to memref<4x8xf32, strided<[8, 1]>>
  %1 = memref.subview %a[0, 0] [4, 8] [1, 1] : memref<8x8xf32> to memref<4x8xf32, strided<[8, 1]>>
  memref.copy %0, %1 : memref<4x8xf32, strided<[8, 1]>> to memref<4x8xf32, strided<[8, 1]>>
  %2 = memref.subview %a[4, 0] [4, 8] [1, 1] : memref<8x8xf32> to memref<4x8xf32, strided<[8, 1], offset: 32>>
  memref.copy %0, %2 : memref<4x8xf32, strided<[8, 1]>> to memref<4x8xf32, strided<[8, 1], offset: 32>>
  return
}

// Buffers of unknown rank stay copies; elements without a number of bits are
// copied one by one.
// CHECK-LABEL: func.func @odd(
// CHECK: memref.copy {{.*}} : memref<*xf32> to memref<*xf32>
// CHECK-NOT: memref.copy
// CHECK-COUNT-2: linalg.generic
// CHECK-NOT: memref.copy
// CHECK: return
func.func @odd(%a: memref<*xf32>, %b: memref<*xf32>, %c: memref<4x8xindex>, %d: memref<4x8xindex, strided<[16, 1]>>, %e: memref<4x8xcomplex<f32>, strided<[16, 1]>>, %f: memref<4x8xcomplex<f32>>) {
  memref.copy %a, %b : memref<*xf32> to memref<*xf32>
  memref.copy %c, %d : memref<4x8xindex> to memref<4x8xindex, strided<[16, 1]>>
  memref.copy %e, %f : memref<4x8xcomplex<f32>, strided<[16, 1]>> to memref<4x8xcomplex<f32>>
  return
}
