//===- KernelPasses.td - Integer kernels -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_KERNELPASSES_TD
#define QDOT_CODEGEN_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def ProveAccumulators : Pass<"qdot-prove-accumulators", "::mlir::ModuleOp"> {
  let summary = "Prove the interval of integer sums from what is there";
  let description = [{
    In: integer linalg on tensors. Every contraction of two i8 tensors in i32,
    with zero points in its body or not, and every sum of bytes in i32 gets
    `qdot.accumulator`: the interval of all its partial sums, from its constant
    weights, the constants that it starts with, and the bytes that its
    activations can hold (as in `qdot-fuse-epilogues`). Where one of these is
    not known, or the interval leaves i32, it gets none.

    What was written there before, and `accumulator` of a `qdot.contract`, is
    not believed: a bias or a weight may have been edited since. So
    `qdot-simplify-requantize` proves its f32 constants for the model as it is,
    also for one that qdot did not quantize. Nothing is refused.

    Example:

    ```mlir
    %w = arith.constant dense<[[1], [-2]]> : tensor<2x1xi8>
    %b = arith.constant dense<10> : tensor<1xi32>
    %s = linalg.broadcast ins(%b : tensor<1xi32>) outs(%e : tensor<4x1xi32>) dimensions = [0]
    %r = linalg.generic {...} ins(%x, %w : tensor<4x2xi8>, tensor<2x1xi8>) outs(%s : tensor<4x1xi32>) { ... }
    ```

    has `qdot.accumulator = #qdot.accumulator<-382 to 393>` on `%r`.
  }];
  let dependentDialects = ["::qdot::QdotDialect"];
}

def UseUnsigned : Pass<"qdot-use-unsigned", "::mlir::ModuleOp"> {
  let summary = "Store the activations of contractions as unsigned bytes";
  let description = [{
    In: integer linalg on tensors. For targets whose dot product takes unsigned
    activations (x86). Every i8 tensor that a contraction with constant weights
    reads as signed, the rows of a product of two activations, and all tensors
    that must be stored alike (through pads, slices, reshapes, accumulating
    destinations), hold `x + 128` read as unsigned instead of `x`; where all values are proved to lie in -64 to 63
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
    zero point moves along. Operands are read in front of transposes, unless the
    left side loses its contiguous reduction by that.

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

    What such a left side reads is computed in the new order as well: pads,
    pooling, elementwise ops, slices and concatenations; and so is what only
    reads values of one new order. Between two convolutions nothing is left to
    permute, also where branches part and join; other readers of such a value
    get it permuted back. A remark names the dimensions.

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

def MarkBorders : Pass<"qdot-mark-borders", "::mlir::ModuleOp"> {
  let summary = "Mark activations that are surrounded by zeros";
  let description = [{
    Input: `qdot.contract` on tensors, after the passes that change activations
    and their order.

    Output: a contraction of a `tensor.pad` with zeros has the attribute
    `qdot.lhs_border`: the number of zeros in front of and behind each
    dimension. Products with them are 0, so a dot kernel leaves out the steps of
    its slowest reduction that meet nothing else: at the top and the bottom of a
    padded image, one of three rows of a 3x3 window. A dynamic amount counts as
    none. Other padding values are left alone: their products count.

    Example: rows of zeros above and below.

    ```mlir
    %p = tensor.pad %x low[1, 0] high[1, 0] ... : tensor<5x8xi8> to tensor<7x8xi8>
    %r = qdot.contract ins(%p, %w : tensor<7x8xi8>, tensor<3x8x4xi8>) ...
    // ->
    %r = qdot.contract ... {qdot.lhs_border = array<i64: 1, 1, 0, 0>} ...
    ```
  }];
}

def PermuteChannels : Pass<"qdot-permute-channels", "::mlir::ModuleOp"> {
  let summary = "Put channels into an order in which more sums fit 16 bits";
  let description = [{
    In: `qdot.contract` on tensors with constant weights, for targets that add
    neighbouring products in 16 bits (AVX2, rules D1 to D3). Which channels of
    the activation are neighbours is free where only contractions, elementwise
    ops, pads, pooling and slices of other dimensions read it and where all of
    its producers have constant columns.

    Out: such channels are in the order of rule D5: the constants of their
    producers (weights, bias, requantization), of depthwise layers in between
    and of all layers with the same channels (residuals) are permuted, and the
    rows of the weights that read them. No op is added, no result changes. An
    order is changed if the estimate for all layers of the set, producers
    included, becomes 2 % smaller; a remark says both. Channels that a caller
    gives or gets, that a window slides over or that a reshape mixes with others
    keep their order, as do those with more than 4096 weights each.

    Example: the columns of `%v` and the rows of `%w` are exchanged alike.

    ```mlir
    %h = qdot.contract ins(%x, %v : tensor<5x8xi8>, tensor<8x8xi8>) ...
    %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x8xi8>) ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def UseRescale : Pass<"qdot-use-rescale", "::mlir::ModuleOp"> {
  let summary = "Requantize in fixed point where the target can";
  let description = [{
    In: `qdot.contract` on tensors, for targets that have an instruction for
    the upper half of a doubled product and one for a rounded shift (NEON, rule
    S6). A `qdot.requantize` to bytes under `tosa_single` or `tosa_double`, with
    constant multipliers and shifts of 32 to 62, becomes `qdot.rescale`, an
    addition and a clamp: the same bytes for every accumulator, without a proof.
    Signed results are computed 128 higher and flipped. Sums of one or two
    bytes with constant factors, other shifts, and contract `f32` stay for
    `qdot-simplify-requantize`.

    Example:

    ```mlir
    %s = arith.addi %acc, %bias : i32
    %q = qdot.requantize %s, %m, %n zero_point(3) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    ```

    becomes

    ```mlir
    %s = arith.addi %acc, %bias : i32
    %0 = qdot.rescale %s, %m, %e contract tosa_single : i32
    %1 = arith.addi %0, %c3 : i32
    %2 = arith.maxsi %1, %c0 : i32
    %3 = arith.minsi %2, %c255 : i32
    %q = arith.trunci %3 : i32 to i8
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::qdot::QdotDialect"];
}

def SimplifyRequantize : Pass<"qdot-simplify-requantize", "::mlir::ModuleOp"> {
  let summary = "Requantize in f32 where that is proved to give the same bytes";
  let description = [{
    In: `qdot.contract` and elementwise `linalg.generic` on tensors. A
    `qdot.requantize` of the accumulator, or of an i32 that sums, products and
    `qdot.accumulator` of the op that made it give an interval, becomes one
    conversion, one multiply-add in f32 and a truncation, with constants per
    channel that give the same byte for every value in the proved interval (rule
    S3); the added integer joins the bias. One of a sum of two bytes with
    constant factors becomes two multiply-adds, checked for all 65536 operand
    pairs (rule S4). Contract `f32` keeps its product and its
    rounding and clamps in integers, where the product stays below 2^30. Signed
    results are computed 128 higher and flipped; elementwise ops do the same with
    signed operands of S4.

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
    shares. Groups that do not fit are split into two that do (rule D3), or,
    where enough of them pay for widening the rows of the activation, packed as
    words (`qdot.dot_words`), whose products are exact. Large weights of a single
    row stay as they are: their products are widened.

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

    With `qdot.dot_words`, what some rows read (all rows, or as many as 48 KiB
    hold) is widened into a panel of words before the blocks of columns use it.

    Refused: a kernel on constant weights that are not packed, or one that does
    not fit; packed weights, `qdot.ordered_extras`, `qdot.dot_counts` and
    `qdot.dot_offsets` of other sizes than the kernel reads; `qdot.dot_words`
    where rows cannot be widened.

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

#endif // QDOT_CODEGEN_KERNELPASSES_TD
