//===- Passes.td - Passes of the step Observe -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_OBSERVE_PASSES_TD
#define QDOT_OBSERVE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ObserveValues : Pass<"qdot-observe-values", "::mlir::ModuleOp"> {
  let summary = "Insert qdot.observe at every quantizable value";
  let description = [{
    In: float linalg on tensors, in the normal form of `qdot-prepare`.
    Out: the same, with one `qdot.observe` behind the definition of each value
    that `qdot-annotate-values` may quantize: f32 arguments and results of
    quantizable operations. Interior values, which a bias or an activation
    function continues, are not observed. Every site is unique in the module.
    Existing `qdot.observe` are refused.

    With `channel-axis`, values that have this axis (negative: from the end)
    are marked `qdot.channel_axis`, and each of its indices is recorded by
    itself, too. The axis is that of the tensor: -1 is the channel in NHWC.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
      %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
      qdot.observe %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32>
      %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
      qdot.observe %y {site = #qdot.site<"main/add_0#9caaba35524c6200">} : tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::qdot::QdotDialect"];
  let options = [
    Option<"channelAxis", "channel-axis", "int64_t", /*default=*/"0",
           "Axis to record by channel, negative from the end; 0, which holds "
           "the samples: none">
  ];
}

def ShareObservations : Pass<"qdot-share-observations", "::mlir::ModuleOp"> {
  let summary = "Count a value that was only moved together with its source";
  let description = [{
    In: tensors with `qdot.observe`. An observed f32 value that `tensor.pad` with
    zeros, a reshape or `linalg.transpose` makes from another observed value has
    the statistics of that value and known zeros besides. Where the first axis,
    which holds the samples, stays, and the sizes of the others are static, its
    `qdot.observe` is erased and that of the source gets `qdot.moved_site`, the
    site, and `qdot.moved_zeros`, how many zeros come with each index of the
    first axis. The statistics file is the same, byte by byte. One moved value
    per source; others, and those by channel, stay as they are.

    Example:

    ```mlir
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
    ```

    has one `qdot.observe` afterwards:

    ```mlir
    qdot.observe %x {qdot.moved_site = #qdot.site<"main/pad_0#0c33190d640c7b50">, qdot.moved_zeros = 2 : i64, site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32>
    ```
  }];
}

def RemoveObserve : Pass<"qdot-remove-observe", "::mlir::ModuleOp"> {
  let summary = "Erase every qdot.observe";
  let description = [{
    Gives back exactly the IR that `qdot-observe-values` found.

    Example:

    ```mlir
    qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
    ```

    is erased.
  }];
}

def LowerObserve : Pass<"qdot-lower-observe", "::mlir::ModuleOp"> {
  let summary = "Turn qdot.observe on memrefs into calls of the runtime";
  let description = [{
    In: bufferized IR. Out: each `qdot.observe` is a call of
    `qdot_rt_observe_<type>(site, values)` for f32, i8 or i32 elements, where
    `site` points at a NUL-terminated constant and `values` is an unranked
    memref; the callee has `llvm.emit_c_interface`, so the runtime provides
    `_mlir_ciface_qdot_rt_observe_<type>` (see Runtime.h). With
    `qdot.channel_axis` on f32 it is a call of
    `qdot_rt_observe_channels_f32(site, axis, values)`, with `qdot.moved_site`
    and `qdot.moved_zeros` one of
    `qdot_rt_observe_moved_f32(site, moved site, zeros, values)`. Tensors and
    other element types are refused.

    Example:

    ```mlir
    func.func @main(%x: memref<4xf32>) {
      qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : memref<4xf32>
      return
    }
    ```

    becomes

    ```mlir
    func.func private @qdot_rt_observe_f32(!llvm.ptr, memref<*xf32>) attributes {llvm.emit_c_interface}
    llvm.mlir.global private constant @qdot_site_0("main/input_0#8d2e1c9b55aa0f31\00") {addr_space = 0 : i32}
    func.func @main(%x: memref<4xf32>) {
      %site = llvm.mlir.addressof @qdot_site_0 : !llvm.ptr
      %values = memref.cast %x : memref<4xf32> to memref<*xf32>
      call @qdot_rt_observe_f32(%site, %values) : (!llvm.ptr, memref<*xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect"];
}

#endif // QDOT_OBSERVE_PASSES_TD
