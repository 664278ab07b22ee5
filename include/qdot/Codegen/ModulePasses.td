//===- ModulePasses.td - Functions and their memory -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_MODULEPASSES_TD
#define QDOT_CODEGEN_MODULEPASSES_TD

include "mlir/Pass/PassBase.td"

def CreateEntryPoints : Pass<"qdot-create-entry-points", "::mlir::ModuleOp"> {
  let summary = "Create a plain C function for every public function on tensors";
  let description = [{
    In: functions on ranked tensors, before bufferization. Out: for every
    public `func.func @f` with a body, a function `@<prefix>_f` that C code
    calls with one pointer per argument, one per result, and the `batch` when a
    dimension is dynamic; it returns 0, or 1 when a result does not have
    `batch` rows. `@f` itself becomes private with internal linkage, so only
    entry points are exported.

    Pointers arrive as memrefs of rank 0 under the bare pointer convention
    (`llvm.bareptr`); inputs and outputs must not overlap. `qdot.signature`
    records the tensor types, the quantized ones where an argument or result of
    `@f` carries `qdot.quantized`; the C header is made from it.

    Refused: arguments or results that are not ranked tensors of f32, f64, i8,
    i16, i32 or i64; a dynamic dimension other than the first; a result with a
    dynamic dimension when no argument has one; an entry name that is taken.

    Example:

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      return %x : tensor<?x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func private @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {llvm.linkage = #llvm.linkage<internal>} {
      return %x : tensor<?x4xf32>
    }
    func.func @qdot_main(%x: memref<f32> {llvm.noalias}, %y: memref<f32> {llvm.noalias}, %batch: i64) -> i32
        attributes {llvm.bareptr, qdot.signature = (tensor<?x4xf32>) -> tensor<?x4xf32>} {
      %n = arith.index_cast %batch : i64 to index
      %xm = memref.reinterpret_cast %x to offset: [0], sizes: [%n, 4], strides: [4, 1] : memref<f32> to memref<?x4xf32>
      %xt = bufferization.to_tensor %xm restrict : memref<?x4xf32> to tensor<?x4xf32>
      %r = call @main(%xt) : (tensor<?x4xf32>) -> tensor<?x4xf32>
      %ym = memref.reinterpret_cast %y to offset: [0], sizes: [%n, 4], strides: [4, 1] : memref<f32> to memref<?x4xf32>
      ...
      bufferization.materialize_in_destination %r in restrict writable %ym : (tensor<?x4xf32>, memref<?x4xf32>) -> ()
    ```
  }];
  let options = [
    Option<"prefix", "prefix", "std::string", "\"qdot\"",
           "Entry points are called <prefix>_<function>">,
    Option<"entry", "entry", "std::string", "\"\"",
           "Only this function becomes an entry point (default: every public one)">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def OutlineConstants : Pass<"qdot-outline-constants", "::mlir::ModuleOp"> {
  let summary = "Turn tensor constants into named globals";
  let description = [{
    In: functions on tensors. Out: no `arith.constant` of tensor type is left;
    each is read from a private `memref.global` aligned to 64 bytes. Equal
    constants share one global. Names count up in the order of the module, so
    they are the same in every run; one-shot bufferization, which would outline
    constants as well, chooses names by address. The tensors are read-only:
    bufferization copies before a write.

    Refused: a `dense_resource` whose data is missing or has the wrong size,
    and elements that do not fill bytes.

    Example:

    ```mlir
    func.func @f() -> tensor<2xf32> {
      %0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    memref.global "private" constant @qdot_constant_0 : memref<2xf32> = dense<[1.0, 2.0]> {alignment = 64 : i64}
    func.func @f() -> tensor<2xf32> {
      %0 = memref.get_global @qdot_constant_0 : memref<2xf32>
      %1 = bufferization.to_tensor %0 restrict : memref<2xf32> to tensor<2xf32>
      return %1 : tensor<2xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def CarryInPlace : Pass<"qdot-carry-in-place", "::mlir::ModuleOp"> {
  let summary = "Let loops write what they carry where it was";
  let description = [{
    Input: `scf.for` and `scf.while` on tensors, before bufferization.

    Output: a tensor that a step makes anew for the next one is written to the
    place of the one that it replaces, so that a loop takes one buffer for each
    tensor that it carries, whatever the number of its steps.

    Example:

    ```mlir
    %h = scf.for %t = %c0 to %c9 step %c1 iter_args(%a = %x) -> (tensor<4xf32>) {
      %n = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    %h = scf.for %t = %c0 to %c9 step %c1 iter_args(%a = %x) -> (tensor<4xf32>) {
      %n = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      %0 = bufferization.materialize_in_destination %n in %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      scf.yield %0 : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def DecomposeOps : Pass<"qdot-decompose-ops", "::mlir::ModuleOp"> {
  let summary = "Break up tensor ops that bufferization does not know";
  let description = [{
    `tensor.concat` becomes insertions into one tensor, `tensor.pad` one into a
    filled tensor (of 32 KB and more, between filled borders), so that
    bufferization lets producers write in place; `tensor.gather`,
    `linalg.softmax` and the other aggregated linalg ops, and elementwise ops of
    other dialects (`arith.negf` on tensors), become `linalg.generic`.
    Everything else stays; an op on tensors that bufferization still does not
    know is refused, unless `partial` is set.

    Example:

    ```mlir
    %c = tensor.concat dim(0) %a, %b : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
    ```

    becomes

    ```mlir
    %e = tensor.empty() : tensor<2x4xf32>
    %0 = tensor.insert_slice %a into %e[0, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<2x4xf32>
    %c = tensor.insert_slice %b into %0[1, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<2x4xf32>
    ```
  }];
  let options = [
    Option<"partial", "partial", "bool", /*default=*/"false",
           "Leave ops alone that bufferization does not know">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
}

def OrderLoops : Pass<"qdot-order-loops", "::mlir::ModuleOp"> {
  let summary = "Make the innermost loop parallel and contiguous";
  let description = [{
    In: linalg on tensors. A reduction as innermost loop is one long dependency
    chain; with the parallel dimension that is contiguous in the output and in
    an input inside, LLVM vectorizes it without reordering any sum. The order
    becomes: the other parallel loops as in the output, the reductions in their
    given order, the contiguous loop. Named ops whose order changes become
    `linalg.generic`. Constant operands that would be read with a stride, and
    transposes of constants, are permuted at compile time. No result changes,
    in integer or in float.

    An op stays as it is when no input is contiguous along that dimension.

    Example (`m, n, k` becomes `m, k, n`):

    ```mlir
    %r = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%c : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```

    becomes

    ```mlir
    %r = linalg.generic {... iterator_types = ["parallel", "reduction", "parallel"]} ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>) outs(%c : tensor<4x16xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def SeparateResults : Pass<"qdot-separate-results", "::mlir::ModuleOp"> {
  let summary = "Let no two results begin in the same tensor";
  let description = [{
    In: entry points before bufferization. Upstream's elimination of empty
    tensors lets a result be computed where the caller wants it. Its analysis
    does not see that `bufferization.materialize_in_destination` then writes to
    a tensor's memory: where two results begin in one tensor, such as a filled
    one, the second would be computed in the memory of the first and overwritten
    by it. So whatever a result is computed in (the chain of destinations back
    to a `tensor.empty`) becomes its own: a fill is made again, anything else is
    copied. Values that others only read are no such case.

    Every operation also gets a `tensor.empty` of static size of its own, since
    upstream's analyses take time that grows faster than the square of the
    operations that begin in one. `qdot-plan-memory` lets them share bytes.

    Example:

    ```mlir
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %0 = linalg.matmul ins(%x, %v : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
    %1 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
    bufferization.materialize_in_destination %0 in restrict writable %a : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
    bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
    ```

    becomes

    ```mlir
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %g = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x2xf32>) -> tensor<2x2xf32>
    %0 = linalg.matmul ins(%x, %v : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
    %1 = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%g : tensor<2x2xf32>) -> tensor<2x2xf32>
    bufferization.materialize_in_destination %0 in restrict writable %a : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
    bufferization.materialize_in_destination %1 in restrict writable %b : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def LowerCopies : Pass<"qdot-lower-copies", "::mlir::ModuleOp"> {
  let summary = "Make loops of copies that are not one block of memory";
  let description = [{
    In: memrefs. `memref.copy` between contiguous memrefs stays and becomes a
    memcpy; every other one would be lowered upstream to a call of MLIR's runner
    utilities. Where the inner dimensions are blocks of 16 bytes or more it
    becomes loops around copies of these blocks, else a `linalg.generic`. A copy
    of a view onto itself is erased.

    Example:

    ```mlir
    memref.copy %a, %b : memref<4x4xf32> to memref<4x4xf32, strided<[8, 1]>>
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %rows step %c1 {
      %from = memref.subview %a[%i, 0] [1, 4] [1, 1] : memref<4x4xf32> to memref<4xf32, strided<[1], offset: ?>>
      %to = memref.subview %b[%i, 0] [1, 4] [1, 1] : memref<4x4xf32, strided<[8, 1]>> to memref<4xf32, strided<[1], offset: ?>>
      memref.copy %from, %to : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32, strided<[1], offset: ?>>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
}

def PlanMemory : Pass<"qdot-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Place the buffers of a function in one arena, by lifetime";
  let description = [{
    In: functions on memrefs after buffer deallocation, before loops are made.
    Out: every `memref.alloc` of static size becomes a `memref.view` at a
    multiple of 64 bytes in one arena, and its `memref.dealloc` is gone. Two
    buffers share bytes only when no operation of the function's block uses
    both and their uses do not interleave; uses follow every alias, and those in
    a nested region count for the operation around it. Offsets are assigned
    greedily by size. At least 64 bytes behind the last buffer may be read.

    An entry point (`qdot.signature`) `@f(in..., out..., [batch])` becomes three
    functions, whatever it allocates:

    * `@f_in_workspace(in..., out..., [batch], workspace)` computes in the memory
      that the caller brings, of any alignment, and allocates nothing else;
    * `@f_workspace_size()` returns the bytes that it needs, also `qdot.workspace`
      on `@f`;
    * `@f` brings that memory itself: on the stack up to `max-stack` bytes, else
      from one malloc per call. It returns 3 when that fails.

    All may be called by any number of threads, each with its own workspace.
    Other functions get an arena of their own, on the stack or from one
    `memref.alloc`.

    An allocation stays, with a missed remark, when its size is dynamic
    (`dynamic-size`), its layout, alignment or size is unusual (`layout`,
    `alignment`, `size`), it is returned or its address taken (`escapes`), it is
    freed elsewhere than in its block (`conditional-dealloc`), handed from one
    iteration to the next (`loop-carried`), or it lies in a parallel loop or in
    one of several blocks (`control-flow`). A passed remark per function gives
    the number of buffers, the sum of their bytes, the bytes of the arena, and
    the most bytes alive at once.

    Refused: an entry point whose new names are taken.

    Example (`%a` and `%c` share their bytes):

    ```mlir
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
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<100xi8>, %y: memref<100xi8>) {
      %arena = memref.alloca() {alignment = 64 : i64} : memref<320xi8>
      %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
      memref.copy %x, %a : memref<100xi8> to memref<100xi8>
      %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
      memref.copy %a, %b : memref<100xi8> to memref<100xi8>
      %c = memref.view %arena[%c0_0][] : memref<320xi8> to memref<100xi8>
      memref.copy %b, %c : memref<100xi8> to memref<100xi8>
      memref.copy %c, %y : memref<100xi8> to memref<100xi8>
      return
    }
    ```
  }];
  let options = [
    Option<"maxStack", "max-stack", "int64_t", "65536",
           "Bytes up to which the arena lies on the stack">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
}

def OutlineLayers : Pass<"qdot-outline-layers", "::mlir::ModuleOp"> {
  let summary = "Make a function of every layer that works on several buffers";
  let description = [{
    In: memrefs after `qdot-plan-memory`, before loops are made. The buffers of
    one arena are parts of one object, so LLVM must assume that a store to one
    changes the others: it cannot keep values in registers across stores, nor
    vectorize without checks. But buffers that one operation uses are apart;
    that is what the plan guarantees. As `llvm.noalias` arguments of a function
    LLVM knows it, too.

    Out: the block of a function is cut wherever only memory passes from one
    operation to the next. Every piece that works on at least two views at
    constant offsets, all of them apart, becomes a private function
    `<function>_layer<n>` under the bare pointer convention. Views, constants
    and globals that it uses are repeated in it; buffers and scalars are its
    arguments.

    A piece stays where it is when it calls, allocates, uses a buffer of dynamic
    size, or is only a copy.

    Example:

    ```mlir
    func.func @f(%arena: memref<320xi8>) {
      %c0 = arith.constant 0 : index
      %c128 = arith.constant 128 : index
      %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
      %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
      linalg.copy ins(%a : memref<100xi8>) outs(%b : memref<100xi8>)
      return
    }
    ```

    becomes

    ```mlir
    func.func private @f_layer0(%arg0: memref<100xi8> {llvm.align = 64 : i64, llvm.noalias}, %arg1: memref<100xi8> {llvm.align = 64 : i64, llvm.noalias}) attributes {llvm.bareptr, llvm.linkage = #llvm.linkage<internal>} {
      linalg.copy ins(%arg0 : memref<100xi8>) outs(%arg1 : memref<100xi8>)
      return
    }
    func.func @f(%arena: memref<320xi8>) {
      %a = memref.view %arena[%c0][] : memref<320xi8> to memref<100xi8>
      %b = memref.view %arena[%c128][] : memref<320xi8> to memref<100xi8>
      call @f_layer0(%a, %b) : (memref<100xi8>, memref<100xi8>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def ExpandExp : Pass<"qdot-expand-exp", "::mlir::ModuleOp"> {
  let summary = "Make arithmetic of the exponential function";
  let description = [{
    `math.exp` on f32, a scalar or a vector, becomes the sequence of rule X1:
    about 20 operations without branches or calls, so a loop around it can be
    vectorized, and every target gives the bits that the interpreter gives. On
    f64 it stays.

    Example:

    ```mlir
    func.func @f(%x: f32) -> f32 {
      %0 = math.exp %x : f32
      return %0 : f32
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: f32) -> f32 {
      %tiny = arith.cmpf olt, %x, %low : f32
      %0 = arith.select %tiny, %low, %x : f32
      ...
      %t = arith.mulf %c, %log2e : f32
      %s = arith.addf %t, %magic : f32
      %bits = arith.bitcast %s : f32 to i32
      %n = arith.subi %bits, %magic_bits : i32
      ...
      %y = arith.mulf %1, %power : f32
      return %y : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def LowerExtremes : Pass<"qdot-lower-extremes", "::mlir::ModuleOp"> {
  let summary = "Turn float maxima and minima into LLVM's intrinsics";
  let description = [{
    `arith.maximumf`, `minimumf`, `maxnumf` and `minnumf` on f32 and f64, scalars
    and vectors of one dimension, become `llvm.maximum`, `minimum`, `maximumnum`
    and `minimumnum`: NaN spreads (the first two) or the other operand counts,
    and +0 is above -0, on every target, as the interpreter has it. The
    comparison and selection that `arith-expand` makes of them returns the
    second of two zeros whatever their signs. Others stay. `math.clampf`, of any
    type, is the maximum of its lower bound and of the minimum with its upper
    one.

    Example:

    ```mlir
    func.func @f(%x: f32, %y: f32) -> f32 {
      %0 = arith.maximumf %x, %y : f32
      return %0 : f32
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: f32, %y: f32) -> f32 {
      %0 = llvm.call_intrinsic "llvm.maximum"(%x, %y) : (f32, f32) -> f32
      return %0 : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect"];
}

def CallLibm : Pass<"qdot-call-libm", "::mlir::ModuleOp"> {
  let summary = "Turn transcendental functions into calls of libm";
  let description = [{
    Ops of the math dialect whose results IEEE 754 does not fix (tanh, powf,
    ...) become calls of the C function of their type, so that the same libm
    gives the same bits with every instruction set. (`math.exp` on f32 is gone:
    `qdot-expand-exp`.) Exactly defined ones
    (sqrt, fma, floor, roundeven, absf, ...) stay and become instructions.

    Example:

    ```mlir
    func.func @f(%x: f32) -> f32 {
      %0 = math.tanh %x : f32
      return %0 : f32
    }
    ```

    becomes

    ```mlir
    func.func private @tanhf(f32) -> f32 attributes {llvm.readnone}
    func.func @f(%x: f32) -> f32 {
      %0 = call @tanhf(%x) : (f32) -> f32
      return %0 : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::vector::VectorDialect"];
}

def KeepLoops : Pass<"qdot-keep-loops", "::mlir::ModuleOp"> {
  let summary = "Hand the annotations of loops to LLVM";
  let description = [{
    In: the LLVM dialect. Kernels that use all registers (AArch64) mark their
    loops with `llvm.loop_annotation`: LLVM shall not unroll them, nor load
    constants in front of them. Lowering of `scf.for` carries
    that along as an attribute that the export to LLVM IR does not know; here it
    becomes the one that it does. Nothing else changes.

    Example:

    ```mlir
    llvm.br ^bb1(%0 : i64) {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
    ```

    becomes

    ```mlir
    llvm.br ^bb1(%0 : i64) {loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QDOT_CODEGEN_MODULEPASSES_TD
