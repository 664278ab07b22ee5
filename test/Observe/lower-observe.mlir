// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-lower-observe | FileCheck %s

// CHECK-DAG: func.func private @qdot_rt_observe_f32(!llvm.ptr, memref<*xf32>) attributes {llvm.emit_c_interface}
// CHECK-DAG: llvm.mlir.global private constant @qdot_site_0("main/input_0#8d2e1c9b55aa0f31\00") {addr_space = 0 : i32}
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>)
// CHECK-NEXT: %[[SITE:.*]] = llvm.mlir.addressof @qdot_site_0 : !llvm.ptr
// CHECK-NEXT: %[[VALUES:.*]] = memref.cast %[[X]] : memref<4xf32> to memref<*xf32>
// CHECK-NEXT: call @qdot_rt_observe_f32(%[[SITE]], %[[VALUES]]) : (!llvm.ptr, memref<*xf32>) -> ()
// CHECK-NEXT: return
func.func @main(%x: memref<4xf32>) {
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : memref<4xf32>
  return
}

// -----

// One callee per element type, one constant per site; strided and dynamic
// memrefs are passed as they are.
// CHECK-DAG: func.func private @qdot_rt_observe_i8(!llvm.ptr, memref<*xi8>)
// CHECK-DAG: func.func private @qdot_rt_observe_i32(!llvm.ptr, memref<*xi32>)
// CHECK-DAG: @qdot_site_0("a/input_0#8d2e1c9b55aa0f31\00")
// CHECK-DAG: @qdot_site_1("a/input_1#8d2e1c9b55aa0f31\00")
// CHECK-LABEL: func.func @types
// CHECK: call @qdot_rt_observe_i8
// CHECK: memref.cast %{{.*}} : memref<?x4xi32, strided<[8, 1], offset: ?>> to memref<*xi32>
// CHECK: call @qdot_rt_observe_i32
// CHECK: call @qdot_rt_observe_i8
func.func @types(%a: memref<4xi8>, %b: memref<?x4xi32, strided<[8, 1], offset: ?>>) {
  qdot.observe %a {site = #qdot.site<"a/input_0#8d2e1c9b55aa0f31">} : memref<4xi8>
  qdot.observe %b {site = #qdot.site<"a/input_1#8d2e1c9b55aa0f31">} : memref<?x4xi32, strided<[8, 1], offset: ?>>
  qdot.observe %a {site = #qdot.site<"a/input_0#8d2e1c9b55aa0f31">} : memref<4xi8>
  return
}

// -----

func.func @tensor(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a ranked memref, got 'tensor<4xf32>'; run bufferization first}}
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<4xf32>
  return
}

// -----

func.func @element(%x: memref<4xf64>) {
  // expected-error @+1 {{expected f32, i8 or i32 elements, got 'f64'}}
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : memref<4xf64>
  return
}

// -----

// By channel: f32 only, because only float models are observed by channel.
// CHECK-DAG: func.func private @qdot_rt_observe_channels_f32(!llvm.ptr, i64, memref<*xf32>) attributes {llvm.emit_c_interface}
// CHECK-LABEL: func.func @channels
// CHECK: %[[SITE:.*]] = llvm.mlir.addressof
// CHECK: %[[AXIS:.*]] = arith.constant -1 : i64
// CHECK: %[[VALUES:.*]] = memref.cast
// CHECK: call @qdot_rt_observe_channels_f32(%[[SITE]], %[[AXIS]], %[[VALUES]]) : (!llvm.ptr, i64, memref<*xf32>) -> ()
// CHECK: call @qdot_rt_observe_i8(
func.func @channels(%a: memref<2x3xf32>, %b: memref<2x3xi8>) {
  qdot.observe %a {qdot.channel_axis = -1 : i64, site = #qdot.site<"a/input_0#8d2e1c9b55aa0f31">} : memref<2x3xf32>
  qdot.observe %b {qdot.channel_axis = -1 : i64, site = #qdot.site<"a/input_1#8d2e1c9b55aa0f31">} : memref<2x3xi8>
  return
}
