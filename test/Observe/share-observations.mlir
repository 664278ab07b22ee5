// RUN: qdot-opt %s --qdot-share-observations --split-input-file | FileCheck %s
// The marks survive bufferization up to the call.
// RUN: sed -e '/^.. -----/,$d' %s | qdot-opt --qdot-share-observations --one-shot-bufferize=bufferize-function-boundaries --qdot-lower-observe | FileCheck %s --check-prefix=CALL

// CHECK-LABEL: func.func @main(
// CHECK-NEXT: arith.constant
// CHECK-NEXT: qdot.observe %{{.*}} {qdot.moved_site = #qdot.site<"main/pad_0#0c33190d640c7b50">, qdot.moved_zeros = 2 : i64, site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32>
// CHECK-NEXT: tensor.pad
// CHECK-NOT: qdot.observe
// CHECK: return
// CALL-DAG: func.func private @qdot_rt_observe_moved_f32(!llvm.ptr, !llvm.ptr, i64, memref<*xf32>) attributes {llvm.emit_c_interface}
// CALL-DAG: llvm.mlir.global private constant @[[SOURCE:.*]]("main/input_0#246f9ee0a8d19396\00")
// CALL-DAG: llvm.mlir.global private constant @[[MOVED:.*]]("main/pad_0#0c33190d640c7b50\00")
// CALL-LABEL: func.func @main(
// CALL-DAG: %[[A:.*]] = llvm.mlir.addressof @[[SOURCE]]
// CALL-DAG: %[[B:.*]] = llvm.mlir.addressof @[[MOVED]]
// CALL-DAG: %[[ZEROS:.*]] = arith.constant 2 : i64
// CALL: call @qdot_rt_observe_moved_f32(%[[A]], %[[B]], %[[ZEROS]], %{{.*}})
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x6xf32> {
  %zero = arith.constant 0.0 : f32
  qdot.observe %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32>
  %y = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<1x4xf32> to tensor<1x6xf32>
  qdot.observe %y {site = #qdot.site<"main/pad_0#0c33190d640c7b50">} : tensor<1x6xf32>
  return %y : tensor<1x6xf32>
}

// -----

// Moves without zeros; one moved value for each source; what is moved twice is
// counted for the second time.
// CHECK-LABEL: func.func @moves(
// CHECK: qdot.observe %{{.*}} {qdot.moved_site = #qdot.site<"moves/a_0#0000000000000001">, qdot.moved_zeros = 0 : i64, site = #qdot.site<"moves/x_0#0000000000000000">}
// CHECK-NEXT: tensor.collapse_shape
// CHECK-NEXT: linalg.transpose
// CHECK: qdot.observe %{{.*}} {qdot.moved_site = #qdot.site<"moves/c_0#0000000000000003">, qdot.moved_zeros = 0 : i64, site = #qdot.site<"moves/b_0#0000000000000002">} : tensor<?x2x2xf32>
// CHECK-NEXT: tensor.expand_shape
// CHECK-NEXT: tensor.expand_shape
// CHECK-NEXT: qdot.observe %{{.*}} {site = #qdot.site<"moves/d_0#0000000000000004">} : tensor<?x1x2x2xf32>
// CHECK-NEXT: return
func.func @moves(%x: tensor<?x2x2xf32>, %i: tensor<?x2x2xf32>, %n: index) {
  qdot.observe %x {site = #qdot.site<"moves/x_0#0000000000000000">} : tensor<?x2x2xf32>
  %a = tensor.collapse_shape %x [[0], [1, 2]] : tensor<?x2x2xf32> into tensor<?x4xf32>
  qdot.observe %a {site = #qdot.site<"moves/a_0#0000000000000001">} : tensor<?x4xf32>
  %b = linalg.transpose ins(%x : tensor<?x2x2xf32>) outs(%i : tensor<?x2x2xf32>) permutation = [0, 2, 1]
  qdot.observe %b {site = #qdot.site<"moves/b_0#0000000000000002">} : tensor<?x2x2xf32>
  %c = tensor.expand_shape %b [[0], [1, 2], [3]] output_shape [%n, 2, 1, 2] : tensor<?x2x2xf32> into tensor<?x2x1x2xf32>
  qdot.observe %c {site = #qdot.site<"moves/c_0#0000000000000003">} : tensor<?x2x1x2xf32>
  %d = tensor.expand_shape %b [[0], [1, 2], [3]] output_shape [%n, 1, 2, 2] : tensor<?x2x2xf32> into tensor<?x1x2x2xf32>
  qdot.observe %d {site = #qdot.site<"moves/d_0#0000000000000004">} : tensor<?x1x2x2xf32>
  return
}

// -----

// Not zeros, another first axis, sizes that are not known, channels, a source
// that is not observed.
// CHECK-LABEL: func.func @others(
// CHECK-NOT: moved
func.func @others(%x: tensor<2x4xf32>, %y: tensor<2x?xf32>, %z: tensor<2x4xf32>, %u: tensor<2x4xf32>, %i: tensor<4x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  qdot.observe %x {site = #qdot.site<"others/x_0#0000000000000000">} : tensor<2x4xf32>
  qdot.observe %y {site = #qdot.site<"others/y_0#0000000000000000">} : tensor<2x?xf32>
  qdot.observe %z {qdot.channel_axis = -1 : i64, site = #qdot.site<"others/z_0#0000000000000000">} : tensor<2x4xf32>
  // CHECK: qdot.observe {{.*}}/a_0#
  %a = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%p: index, %q: index):
    tensor.yield %one : f32
  } : tensor<2x4xf32> to tensor<2x6xf32>
  qdot.observe %a {site = #qdot.site<"others/a_0#0000000000000001">} : tensor<2x6xf32>
  // CHECK: qdot.observe {{.*}}/b_0#
  %b = tensor.pad %x low[1, 0] high[0, 0] {
  ^bb0(%p: index, %q: index):
    tensor.yield %zero : f32
  } : tensor<2x4xf32> to tensor<3x4xf32>
  qdot.observe %b {site = #qdot.site<"others/b_0#0000000000000001">} : tensor<3x4xf32>
  // CHECK: qdot.observe {{.*}}/c_0#
  %c = linalg.transpose ins(%x : tensor<2x4xf32>) outs(%i : tensor<4x2xf32>) permutation = [1, 0]
  qdot.observe %c {site = #qdot.site<"others/c_0#0000000000000001">} : tensor<4x2xf32>
  // CHECK: qdot.observe {{.*}}/d_0#
  %d = tensor.collapse_shape %x [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  qdot.observe %d {site = #qdot.site<"others/d_0#0000000000000001">} : tensor<8xf32>
  // CHECK: qdot.observe {{.*}}/e_0#
  %e = tensor.pad %y low[0, 1] high[0, 0] {
  ^bb0(%p: index, %q: index):
    tensor.yield %zero : f32
  } : tensor<2x?xf32> to tensor<2x?xf32>
  qdot.observe %e {site = #qdot.site<"others/e_0#0000000000000001">} : tensor<2x?xf32>
  // CHECK: qdot.observe {{.*}}/f_0#
  %f = tensor.pad %z low[0, 1] high[0, 0] {
  ^bb0(%p: index, %q: index):
    tensor.yield %zero : f32
  } : tensor<2x4xf32> to tensor<2x5xf32>
  qdot.observe %f {qdot.channel_axis = -1 : i64, site = #qdot.site<"others/f_0#0000000000000001">} : tensor<2x5xf32>
  // CHECK: qdot.observe {{.*}}/g_0#
  %g = tensor.pad %u low[0, 1] high[0, 0] {
  ^bb0(%p: index, %q: index):
    tensor.yield %zero : f32
  } : tensor<2x4xf32> to tensor<2x5xf32>
  qdot.observe %g {site = #qdot.site<"others/g_0#0000000000000001">} : tensor<2x5xf32>
  return
}
