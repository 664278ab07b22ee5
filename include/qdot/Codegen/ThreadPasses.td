//===- ThreadPasses.td - Threads -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_THREADPASSES_TD
#define QDOT_CODEGEN_THREADPASSES_TD

include "mlir/Pass/PassBase.td"

def ChooseSplits : Pass<"qdot-choose-splits", "::mlir::ModuleOp"> {
  let summary = "Mark operations that are large enough for several threads";
  let description = [{
    In: `qdot.contract` and linalg operations on memrefs. Out: the same, with
    `qdot.min_work` where two parts of that many products (with a kernel) or
    scalar operations fit into the whole, or where a size is dynamic.
    `include/qdot/Codegen/SplitCost.h` has the numbers. An attribute that is
    there already stays. `qdot-expand-kernels` and `qdot-split-loops` apply it.

    Example:

    ```mlir
    linalg.fill ins(%c : i8) outs(%y : memref<512x512xi8>)
    ```

    becomes

    ```mlir
    linalg.fill {qdot.min_work = 131072 : i64} ins(%c : i8) outs(%y : memref<512x512xi8>)
    ```
  }];
  let options = [
    Option<"minWork", "min-work", "int64_t", "0",
           "Products or scalar operations of a part at least; 0: what pays">
  ];
}

def SplitLoops : Pass<"qdot-split-loops", "::mlir::ModuleOp"> {
  let summary = "Make parts of marked linalg operations";
  let description = [{
    In: linalg operations on memrefs, some with `qdot.min_work`. Out: each of
    these within `qdot.parallel`, on the part of its operands that belongs to a
    range of one parallel loop: the outermost that makes enough parts. The
    attribute goes; an operation that no loop can split stays whole. Every
    element is computed as before.

    Example:

    ```mlir
    linalg.fill {qdot.min_work = 100 : i64} ins(%c : i8) outs(%y : memref<64x8xi8>)
    ```

    becomes

    ```mlir
    qdot.parallel %begin to %end of %c64 grain 13 {
      %length = arith.subi %end, %begin : index
      %part = memref.subview %y[%begin, 0] [%length, 8] [1, 1] : memref<64x8xi8> to memref<?x8xi8, strided<[8, 1], offset: ?>>
      linalg.fill ins(%c : i8) outs(%part : memref<?x8xi8, strided<[8, 1], offset: ?>>)
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::qdot::QdotDialect"];
}

def OutlineParallel : Pass<"qdot-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Make functions of the work that threads may share";
  let description = [{
    In: functions with `qdot.parallel`. Out: none; each body is a function of
    what it uses and of a range, and a call for the range of everything with
    `qdot.grain` takes its place. Constants, views and what is computed from
    sizes is computed again in the function; memrefs without a bare pointer
    become a base, an offset, sizes and strides. Arguments keep `noalias` and
    alignment. Without further passes the code runs on one thread.

    Refused: `qdot.parallel` outside of functions.

    Example:

    ```mlir
    qdot.parallel %begin to %end of %c64 grain 4 {
      scf.for %i = %begin to %end step %c1 {
        memref.store %x, %y[%i] : memref<64xi8>
      }
    }
    ```

    becomes

    ```mlir
    call @f_range(%x, %y, %c0, %c64) {qdot.grain = 4 : i64} : (i8, memref<64xi8>, index, index) -> ()
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
}

def CallThreads : Pass<"qdot-call-threads", "::mlir::ModuleOp"> {
  let summary = "Call the thread pool for shared work";
  let description = [{
    In: the LLVM dialect. Out: each call with `qdot.grain` is a call of
    `qdot_parallel_for` (`qdot/Threads/Threads.h`), which gets a function, a
    context that holds the other arguments, the number of units and the grain.
    The context is on the stack. Calls without the attribute stay.

    Refused: `qdot.grain` on a call that does not end with a range from 0; a
    module that uses the name `qdot_parallel_for` otherwise; a negative number
    of threads.

    Example:

    ```mlir
    llvm.call @f_range(%x, %y, %zero, %count) {qdot.grain = 4 : i64} : (i8, !llvm.ptr, i64, i64) -> ()
    ```

    becomes

    ```mlir
    %field = llvm.getelementptr %context[0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i8, ptr)>
    %task = llvm.mlir.addressof @f_range_task : !llvm.ptr
    llvm.call @qdot_parallel_for(%task, %context, %count, %grain, %threads) : (!llvm.ptr, !llvm.ptr, i64, i64, i64) -> ()
    ```
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "0",
           "Threads that share an operation; 0: as many as there are">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QDOT_CODEGEN_THREADPASSES_TD
