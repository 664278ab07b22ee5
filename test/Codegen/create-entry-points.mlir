// RUN: qdot-opt %s --split-input-file --qdot-create-entry-points | FileCheck %s
// RUN: qdot-opt %s --split-input-file --qdot-create-entry-points=prefix=net | FileCheck %s --check-prefix=PREFIX

// PREFIX: func.func @net_main(

// CHECK-LABEL: func.func private @main(%{{.*}}: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {llvm.linkage = #llvm.linkage<internal>} {
// CHECK-NEXT: return %{{.*}} : tensor<?x4xf32>
// CHECK: func.func @qdot_main(%[[X:.*]]: memref<f32> {llvm.noalias}, %[[Y:.*]]: memref<f32> {llvm.noalias}, %[[BATCH:.*]]: i64) -> i32
// CHECK-SAME: attributes {llvm.bareptr, qdot.signature = (tensor<?x4xf32>) -> tensor<?x4xf32>} {
// CHECK: %[[N:.*]] = arith.index_cast %[[BATCH]] : i64 to index
// CHECK: %[[XM:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [%[[N]], 4], strides: [4, 1] : memref<f32> to memref<?x4xf32>
// CHECK: %[[XT:.*]] = bufferization.to_tensor %[[XM]] restrict : memref<?x4xf32> to tensor<?x4xf32>
// CHECK: %[[R:.*]] = call @main(%[[XT]]) : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: %[[DIM:.*]] = tensor.dim %[[R]]
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[DIM]], %[[N]] : index
// CHECK: scf.if %[[SAME]] {
// CHECK: %[[YM:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [%[[N]], 4], strides: [4, 1] : memref<f32> to memref<?x4xf32>
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[YM]] : (tensor<?x4xf32>, memref<?x4xf32>) -> ()
// CHECK: %[[STATUS:.*]] = arith.select %[[SAME]], %c0_i32, %c1_i32 : i32
// CHECK: return %[[STATUS]] : i32
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// -----

// Several arguments and results; a private function stays what it is; a static
// result is written without a check, a scalar has no strides.
// CHECK-LABEL: func.func @qdot_two(%{{.*}}: memref<f32> {llvm.noalias}, %{{.*}}: memref<i64> {llvm.noalias}, %{{.*}}: memref<i64> {llvm.noalias}, %{{.*}}: memref<f32> {llvm.noalias}) -> i32
// CHECK-SAME: qdot.signature = (tensor<2x3xf32>, tensor<i64>) -> (tensor<i64>, tensor<2x3xf32>)
// CHECK: sizes: [2, 3], strides: [3, 1] : memref<f32> to memref<2x3xf32>
// CHECK: sizes: [], strides: [] : memref<i64> to memref<i64>
// CHECK-NOT: scf.if
// CHECK: return %c0_i32 : i32
// CHECK-NOT: @qdot_helper
func.func @two(%a: tensor<2x3xf32>, %b: tensor<i64>) -> (tensor<i64>, tensor<2x3xf32>) {
  return %b, %a : tensor<i64>, tensor<2x3xf32>
}
func.func private @helper(%a: tensor<2xf32>) -> tensor<2xf32> {
  return %a : tensor<2xf32>
}

// -----

// The signature says what integers stand for.
// CHECK: qdot.signature = (tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>) -> tensor<4xi8>
func.func @main(%a: tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5:3>>}) -> tensor<4xi8> {
  return %a : tensor<4xi8>
}
