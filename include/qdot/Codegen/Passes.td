//===- Passes.td - Passes of the step Codegen -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_PASSES_TD
#define QDOT_CODEGEN_PASSES_TD

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

def DecomposeOps : Pass<"qdot-decompose-ops", "::mlir::ModuleOp"> {
  let summary = "Break up tensor ops that bufferization does not know";
  let description = [{
    `tensor.concat` becomes insertions into one tensor, `tensor.pad` one into a
    filled tensor, so that bufferization lets producers write in place; `tensor.gather`,
    `linalg.softmax` and the other aggregated linalg ops become `linalg.generic`.
    Everything else stays; an op on tensors that bufferization still does not
    know is refused.

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

def UseUnsigned : Pass<"qdot-use-unsigned", "::mlir::ModuleOp"> {
  let summary = "Store the activations of contractions as unsigned bytes";
  let description = [{
    In: integer linalg on tensors. For targets whose dot product takes unsigned
    activations (x86). Every i8 tensor that a contraction with constant weights
    reads as signed, and all tensors that must be stored alike (through pads,
    slices, reshapes, accumulating destinations), hold `x + 128` read as
    unsigned instead of `x`; where all values are proved to lie in -64 to 63
    (activations of 7 bits) `x + 64`, so that they stay below 128. The shift
    happens where the values are produced: the zero point of `qdot.requantize`
    and its clamp move, constants change, the other bodies add the offset (128
    flips the top bit), and the start of the accumulation takes `-128 sum w` or
    `-64 sum w`: a constant one at compile time, another through an elementwise
    sum. Arguments and results of functions keep their form. No result changes.

    A contraction subtracts 128 in its own body where a constant start would
    leave i32, or where it is not known how often a weight is met. Constants that
    cannot be read, and bytes that an op reads of which it is not known how, stay
    signed.

    Example:

    ```mlir
    %w = arith.constant dense<[[1, -2, 3], [4, 5, -6], [-7, 8, 9], [-128, 127, 0]]> : tensor<4x3xi8>
    %bias = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
    %q = linalg.generic {...} ins(%x : tensor<2x4xi32>) outs(%e : tensor<2x4xi8>) {
      %0 = qdot.requantize %in, %m, %s zero_point(-3) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
      linalg.yield %0 : i8
    } -> tensor<2x4xi8>
    %y = linalg.generic {...} ins(%q, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias : tensor<2x3xi32>) {
      %1 = arith.extsi %a : i8 to i32
      %2 = arith.extsi %b : i8 to i32
      %3 = arith.muli %1, %2 : i32
      %4 = arith.addi %c, %3 : i32
      linalg.yield %4 : i32
    } -> tensor<2x3xi32>
    ```

    becomes

    ```mlir
    %q = linalg.generic {...} ins(%x : tensor<2x4xi32>) outs(%e : tensor<2x4xi8>) {
      %0 = qdot.requantize %in, %m, %s zero_point(125) clamp(0, 255) contract tosa_single : i32, i32 -> i8
      linalg.yield %0 : i8
    } -> tensor<2x4xi8>
    %bias2 = arith.constant dense<[[16641, -17662, -765], [16644, -17659, -762]]> : tensor<2x3xi32>
    %y = linalg.generic {...} ins(%q, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%bias2 : tensor<2x3xi32>) {
      %1 = arith.extui %a : i8 to i32
      %2 = arith.extsi %b : i8 to i32
      ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SplitZeroPoints : Pass<"qdot-split-zero-points", "::mlir::ModuleOp"> {
  let summary = "Take zero points out of products of two activations";
  let description = [{
    In: integer linalg on tensors. A contraction of two i8 tensors that are not
    constant subtracts zero points in its body. Out: it multiplies bytes, and

        sum (a - za) (b - zb) = sum a b - zb sum a - za sum b + K za zb

    stands in the start of its accumulation: sums over the reduction of each
    side whose partner has a zero point, added up by an elementwise op that
    `qdot-fuse-epilogues` takes over. All sums are modulo 2^32, so the result is
    the same. The side that gives the contiguous dimension of the result becomes
    the right one. Where the target's dot product wants an unsigned left and a
    signed right side, bytes with the other sign are flipped (`x ^ 128`) and the
    zero point moves along.

    A contraction stays as it is, with a remark, when a reduction has a dynamic
    size, or when a side that must be summed is read through a window.

    Example (K = 4):

    ```mlir
    %r = linalg.generic {...} ins(%a, %b : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
    ^bb0(%x: i8, %y: i8, %s: i32):
      %0 = arith.extui %x : i8 to i32
      %1 = arith.extsi %y : i8 to i32
      %2 = arith.subi %1, %c5 : i32
      %3 = arith.muli %0, %2 : i32
      %4 = arith.addi %s, %3 : i32
      linalg.yield %4 : i32
    } -> tensor<2x3xi32>
    ```

    becomes

    ```mlir
    %sums = linalg.generic {... iterator_types = ["parallel", "reduction"]} ins(%a : tensor<2x4xi8>) outs(%zeros : tensor<2xi32>) {...}
    %terms = linalg.generic {...} ins(%sums : tensor<2xi32>) outs(%e : tensor<2xi32>) {
    ^bb0(%s: i32, %o: i32):
      %0 = arith.muli %s, %cm5 : i32
      ...
    %start = linalg.generic {...} ins(%terms : tensor<2xi32>) outs(%f : tensor<2x3xi32>) {...}
    %r = linalg.generic {...} ins(%a, %b : tensor<2x4xi8>, tensor<4x3xi8>) outs(%start : tensor<2x3xi32>) {
    ^bb0(%x: i8, %y: i8, %s: i32):
      %0 = arith.extui %x : i8 to i32
      %1 = arith.extsi %y : i8 to i32
      %2 = arith.muli %0, %1 : i32
      %3 = arith.addi %s, %2 : i32
      linalg.yield %3 : i32
    } -> tensor<2x3xi32>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseEpilogues : Pass<"qdot-fuse-epilogues", "::mlir::ModuleOp"> {
  let summary = "Join integer contractions with the elementwise ops behind them";
  let description = [{
    In: integer linalg on tensors. A contraction of two i8 tensors in i32
    becomes `qdot.contract`; its bias and the elementwise `linalg.generic`
    ops behind it (requantization, residual addition, table lookup) that are
    the only readers of its result become the body. The i32 tensor in
    between is gone. `qdot.lhs_range` holds the smallest and the largest
    activation that the producers of lhs allow (clamps, tables, constants, pad
    values, storage intervals of quantized types), or all values of a byte.

    A contraction stays as it is, with a remark, when an index is not linear
    in the loops, when the extent of a reduction is dynamic, when its loops are
    no plain parallel and reduction loops, or when an operand is a scalar.
    `accumulator` is kept where the start of the accumulation is the first sum
    of the body, dropped where an epilogue adds to the bare accumulator.

    Example:

    ```mlir
    %acc = linalg.generic {...} ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) { ... }
    %y = linalg.generic {...} ins(%acc : tensor<2x3xi32>) outs(%e : tensor<2x3xi8>) {
    ^bb0(%a: i32, %o: i8):
      %q = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
      linalg.yield %q : i8
    } -> tensor<2x3xi8>
    ```

    becomes

    ```mlir
    %y = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi8>) attributes {...} {
    ^bb0(%acc: i32):
      %q = qdot.requantize %acc, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
      qdot.yield %q : i8
    } -> tensor<2x3xi8>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect",
                           "::qdot::QdotDialect"];
}

def OrderChannels : Pass<"qdot-order-channels", "::mlir::ModuleOp"> {
  let summary = "Move channels to the last dimension, where kernels need them";
  let description = [{
    In: `qdot.contract` with constant weights on tensors. Kernels read runs of
    the reduction and write neighbouring columns. Out: where the contiguous
    dimension of the result is no output channel (NCHW), or the left side has no
    contiguous reduction but one that is a dimension by itself, these are moved
    to the end: the left side is permuted before, the result back afterwards,
    with `linalg.transpose` on bytes. Depthwise convolutions with few results
    per channel compute all channels for one of them at a time.

    What only such a left side reads is computed in the new order as well: pads,
    pooling, elementwise ops; so between two convolutions nothing is left to
    permute. A remark names the dimensions.

    Example:

    ```mlir
    %y = qdot.contract ins(%x, %w : tensor<1x8x5x5xi8>, tensor<16x8x3x3xi8>) outs(%e : tensor<1x16x3x3xi32>)
        attributes {...} {...} -> tensor<1x16x3x3xi32>
    ```

    becomes

    ```mlir
    %0 = linalg.transpose ins(%x : tensor<1x8x5x5xi8>) outs(%f : tensor<1x5x5x8xi8>) permutation = [0, 2, 3, 1]
    %1 = qdot.contract ins(%0, %w : tensor<1x5x5x8xi8>, tensor<16x8x3x3xi8>) outs(%g : tensor<1x3x3x16xi32>)
        attributes {...} {...} -> tensor<1x3x3x16xi32>
    %y = linalg.transpose ins(%1 : tensor<1x3x3x16xi32>) outs(%h : tensor<1x16x3x3xi32>) permutation = [0, 3, 1, 2]
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ChooseKernels : Pass<"qdot-choose-kernels", "::mlir::ModuleOp"> {
  let summary = "Decide how every contraction is computed";
  let description = [{
    In: `qdot.contract` on memrefs. Out: those for which a kernel exists carry a
    `kernel` attribute: schedule, register tile, unrolling. The tile with the
    fewest estimated cycles among those that fit the target's registers
    (KernelTable) is taken, tails included. An attribute that is there already
    is kept. A contraction without kernel gets a remark with the reason: weights
    that are no constant where too few rows would pay for packing them, unknown
    strides, a result whose contiguous dimension is no channel, a signed
    activation on a target that needs unsigned ones.

    Example:

    ```mlir
    qdot.contract ins(%x, %w : memref<6x64xi8>, memref<64x64xi8>) outs(%y : memref<6x64xi32>) attributes {...}
    ```

    becomes for `target=x86-avx512vnni`

    ```mlir
    qdot.contract ... attributes {kernel = #qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1>, ...}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
}

def PackWeights : Pass<"qdot-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Put constant weights into the order in which kernels read them";
  let description = [{
    In: `qdot.contract` with `kernel`. Out: its weights are a 1-d constant:
    blocks of columns, within a block the dot products in the order of the
    reduction, four elements per lane; zeros fill up lanes and groups. Constants
    per column (bias, multipliers) are filled up to whole vectors. Equal
    constants are shared.

    On a target without an exact instruction (AVX2), the groups of every block
    are put into an order in which as many products as possible are proved to
    fit 16-bit sums (rule D2), from the weights and `qdot.lhs_range`;
    `qdot.dot_counts` and `qdot.dot_offsets` record it, and a remark says the
    shares.

    Weights that are no constant stay: the kernel packs them when it runs
    (`qdot-expand-kernels`).

    Refused: a kernel that does not fit the contraction (set by hand),
    constants that cannot be read, a contraction on tensors.

    Example:

    ```mlir
    qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
        attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, ...}
    ```

    becomes

    ```mlir
    %0 = memref.get_global @qdot_weights : memref<16xi8>
    qdot.contract ins(%x, %0 : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
        attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, ...}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ExpandKernels : Pass<"qdot-expand-kernels", "::mlir::ModuleOp"> {
  let summary = "Loops over register tiles with qdot.dot";
  let description = [{
    In: `qdot.contract` on memrefs, packed where it has a kernel and constant
    weights. Out: none.
    With a kernel: loops over tiles whose accumulators stay in registers over
    the whole reduction, `qdot.dot`, the body on the accumulators as vectors,
    a store of the result. Activations are read in place; nothing is read or
    written outside of the operands. Without a kernel: the accumulation and
    the body as two linalg ops. With `qdot.min_work`: the loops within
    `qdot.parallel`, whose units are positions of the outermost of them.

    Weights that are no constant are packed first, into a buffer of their own
    for one position of the loops along which they vary (each matrix of a
    batch), which `qdot-plan-memory` places. Their products are added in 16 bits
    where `qdot.lhs_range` and `qdot.rhs_range` prove that any two fit.

    Refused: a kernel on constant weights that are not packed, or one that does
    not fit; packed weights, `qdot.ordered_extras`, `qdot.dot_counts` and
    `qdot.dot_offsets` of other sizes than the kernel reads.

    Example:

    ```mlir
    qdot.contract ins(%x, %w : memref<1x4xi8>, memref<16xi8>) outs(%y : memref<1x4xi32>)
        attributes {kernel = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 1>, packed, ...}
    ```

    becomes

    ```mlir
    %b = vector.load %flat_w[%c0] : memref<9223372036854775807xi8, strided<[1]>>, vector<16xi8>
    %bytes = vector.load %flat_x[%c0] : memref<9223372036854775807xi8, strided<[1]>>, vector<4xi8>
    %word = vector.bitcast %bytes : vector<4xi8> to vector<1xi32>
    %four = vector.extract %word[0] : i32 from vector<1xi32>
    %all = vector.broadcast %four : i32 to vector<4xi32>
    %a = vector.bitcast %all : vector<4xi32> to vector<16xi8>
    %r = qdot.dot %zero, (%a)  unsigned, (%b)  signed : vector<4xi32>, vector<16xi8>
    vector.store %r, %flat_y[%c0] : memref<9223372036854775807xi32, strided<[1]>>, vector<4xi32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::ub::UBDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def VectorizeReductions : Pass<"qdot-vectorize-reductions", "::mlir::ModuleOp"> {
  let summary = "Reduce contiguous rows in vectors where the order is free";
  let description = [{
    In: linalg on memrefs. A `linalg.generic` that reduces rows of contiguous
    elements to one 32-bit value each by an integer sum (of bytes extended in
    the body, too), a maximum or a minimum, becomes loops over vectors of the
    target's width with one horizontal reduction per row: the result does not
    depend on the order. LLVM would gather across rows instead. Float sums stay:
    their order is that of the loops. So do rows shorter than a vector and of
    dynamic size.

    Example:

    ```mlir
    linalg.generic {... iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.maximumf %a, %o : f32
      linalg.yield %0 : f32
    }
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %c4 step %c1 {
      %0 = vector.load %x[%i, %c0] : memref<4x64xf32>, vector<8xf32>
      %1 = scf.for %k = %c8 to %c64 step %c8 iter_args(%m = %0) -> (vector<8xf32>) {
        %5 = vector.load %x[%i, %k] : memref<4x64xf32>, vector<8xf32>
        %6 = arith.maximumf %5, %m : vector<8xf32>
        scf.yield %6 : vector<8xf32>
      }
      %2 = vector.reduction <maximumf>, %1 : vector<8xf32> into f32
      %3 = memref.load %y[%i] : memref<4xf32>
      %4 = arith.maximumf %2, %3 : f32
      memref.store %4, %y[%i] : memref<4xf32>
    }
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def VectorizeLookups : Pass<"qdot-vectorize-lookups", "::mlir::ModuleOp"> {
  let summary = "Look 16 bytes up at a time";
  let description = [{
    In: memrefs. A `linalg.generic` over contiguous bytes whose body is nothing
    but the lookup of its input in a table of 256 bytes becomes a loop over 16
    bytes at a time with `qdot.lookup_bytes`, and a loop over the rest. For
    targets with an instruction for it (AArch64); others load entries one by one
    either way. Every other op stays.

    Example:

    ```mlir
    linalg.generic {...} ins(%x : memref<40xi8>) outs(%y : memref<40xi8>) {
    ^bb0(%in: i8, %out: i8):
      %0 = arith.index_castui %in : i8 to index
      %1 = memref.load %table[%0] : memref<256xi8>
      linalg.yield %1 : i8
    }
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %c32 step %c16 {
      %0 = vector.load %x[%i] : memref<40xi8>, vector<16xi8>
      %1 = qdot.lookup_bytes %0 in %table : vector<16xi8>, memref<256xi8>
      vector.store %1, %y[%i] : memref<40xi8>, vector<16xi8>
    }
    scf.for %i = %c32 to %c40 step %c1 {
      ...
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::qdot::QdotDialect"
  ];
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

def SimplifyRequantize : Pass<"qdot-simplify-requantize", "::mlir::ModuleOp"> {
  let summary = "Requantize in f32 where that is proved to give the same bytes";
  let description = [{
    In: `qdot.contract` on tensors. A `qdot.requantize` of the accumulator
    becomes one conversion, one multiply-add in f32 and a truncation, with
    constants per channel that give the same byte for every value in the proved
    interval `accumulator` (rule S3); the added integer joins the bias. One of a
    sum of two bytes with constant factors becomes two multiply-adds, checked for
    all 65536 operand pairs (rule S4). Contract `f32` keeps its product and its
    rounding and clamps in integers, where the product stays below 2^30. Signed
    results are computed 128 higher and flipped.

    Where no such constants are found, a remark says so, and `tosa_single` with
    shifts of 32 to 54 becomes a 64-bit product plus one constant, of which the
    upper half is shifted; anything else stays.

    Example:

    ```mlir
    %s = arith.addi %acc, %bias : i32
    %q = qdot.requantize %s, %m, %n zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    ```

    becomes

    ```mlir
    %s = arith.addi %acc, %bias2 : i32
    %0 = arith.sitofp %s : i32 to f32
    %1 = math.fma %0, %scale, %offset : f32
    %2 = arith.fptosi %1 : f32 to i32
    %3 = arith.maxsi %2, %c0 : i32
    %4 = arith.minsi %3, %c255 : i32
    %q = arith.trunci %4 : i32 to i8
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::qdot::QdotDialect"];
}

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

def FuseProducts : Pass<"qdot-fuse-products", "::mlir::ModuleOp"> {
  let summary = "Make f32 contractions of fused multiply-adds";
  let description = [{
    In: linalg. Out: an f32 operation of two inputs that adds their product to its
    result does so by one `math.fma`, with one rounding instead of two. Named
    operations become `linalg.generic`. Targets with kernels have the
    instruction. The passes behind this one keep the order of every sum, so that
    f32 contractions give the same bytes on all of these targets, tiled or not,
    for any batch.

    Example:

    ```mlir
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %0 = arith.mulf %a, %b : f32
      %1 = arith.addf %sum, %0 : f32
      linalg.yield %1 : f32
    ```

    becomes

    ```mlir
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %0 = math.fma %a, %b, %sum : f32
      linalg.yield %0 : f32
    ```
  }];
  let dependentDialects = ["::mlir::math::MathDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def ChooseFloatTiles : Pass<"qdot-choose-float-tiles", "::mlir::ModuleOp"> {
  let summary = "Choose register tiles of f32 contractions";
  let description = [{
    In: linalg operations on memrefs whose body is one `math.fma` of f32, from
    `qdot-fuse-products`. Out: the same, with `qdot.tile`: of the tiles whose sums
    fit the registers of the target, the one with fewest estimated cycles. The
    loops come from the indexing maps and strides alone (`FloatPlan.h`): the
    *column* is the contiguous dimension of the result, the *row* a parallel loop
    along which one input does not vary. An attribute that is there already is
    kept.

    An operation that cannot be tiled stays as it is, with a remark (`no-tile`)
    that says why: the contiguous dimension of the result is dynamic or missing,
    or an input without constant data is not contiguous along it.

    Example (target `x86-avx2`):

    ```mlir
    linalg.generic {...} ins(%a, %b : memref<512x512xf32>, memref<512x512xf32>) outs(%c : memref<512x512xf32>) {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %0 = math.fma %x, %y, %sum : f32
      linalg.yield %0 : f32
    }
    ```

    gets `qdot.tile = #qdot.tile<rows 6 vectors 2 lanes 8>`.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel generator">
  ];
  let dependentDialects = ["::qdot::QdotDialect"];
}

def ExpandFloatTiles : Pass<"qdot-expand-float-tiles", "::mlir::ModuleOp"> {
  let summary = "Make loops over register tiles of f32 contractions";
  let description = [{
    In: operations with `qdot.tile`. Out: none of them; loops over tiles whose
    sums stay in registers over the whole reduction, one `math.fma` per vector and
    term. Each element of the result is summed in the order of the reduction
    loops from its initial value, in full tiles and in rests: its bytes do not
    depend on the tile, on its place in it, or on the batch. A constant input
    that the rows of a tile share is packed into blocks of columns; everything
    else is read in place, and nothing outside of the operands is read or
    written. A `linalg.fill` of the result right before is joined.

    Refused: a `qdot.tile` on an operation that cannot be tiled.

    Example:

    ```mlir
    linalg.generic {qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>, ...}
        ins(%a, %b : memref<1x64xf32>, memref<64x8xf32>) outs(%c : memref<1x8xf32>) {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %0 = math.fma %x, %y, %sum : f32
      linalg.yield %0 : f32
    }
    ```

    becomes

    ```mlir
    %0 = vector.load %c[%at] : memref<?xf32>, vector<8xf32>
    %1 = scf.for %k = %c0 to %c64 step %c8 iter_args(%sum = %0) -> (vector<8xf32>) {
      %x = memref.load %a[%k] : memref<?xf32>
      %xs = vector.broadcast %x : f32 to vector<8xf32>
      %y = vector.load %b[%kn] : memref<?xf32>, vector<8xf32>
      %2 = math.fma %xs, %y, %sum : vector<8xf32>
      ...
    }
    vector.store %1, %c[%at] : memref<?xf32>, vector<8xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

#endif // QDOT_CODEGEN_PASSES_TD
