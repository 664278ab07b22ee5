//===- QdotOps.td - Operations of the qdot dialect ---------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QDOTOPS_TD
#define QDOT_DIALECT_QDOTOPS_TD

include "qdot/Dialect/QdotAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Dialect/Quant/IR/QuantBase.td"

class Qdot_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qdot_Dialect, mnemonic, traits>;

def Qdot_ObserveOp : Qdot_Op<"observe",
    [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Marks a value whose statistics are to be recorded";
  let description = [{
    Records nothing by itself; `qdot-lower-observe` turns it into a call of the
    runtime. The op is never removed as dead. On tensors before bufferization,
    on memrefs after it.

    Example:

    ```mlir
    qdot.observe %x {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyNon0RankedMemRef, AnyMemRef]>:$value,
                       Qdot_SiteAttr:$site);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Qdot_QuantizeOp : Qdot_Op<"quantize", [Pure]> {
  let summary = "Real values to quantized values";
  let description = [{
    `q = clamp(roundHalfEven(x / scale) + zero_point)`, the division in f32,
    NaN to the zero point (rule Q6). The result has the operand's shape and a
    `!quant.uniform` element type with finite normal scales, zero points within
    the storage type, and as many scales as the quantized axis has elements.
    A constant operand on i32 storage (a bias) divides in f64 (rule Q7).

    Example:

    ```mlir
    %q = qdot.quantize %x : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<Qdot_SiteAttr>:$site);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qdot_DequantizeOp : Qdot_Op<"dequantize", [Pure]> {
  let summary = "Quantized values to real values";
  let description = [{
    `x = (q - zero_point) * scale`, the product in f32 (rule Q8). The same
    demands on the quantized type as `qdot.quantize`.

    Example:

    ```mlir
    %x = qdot.dequantize %q : tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>> -> tensor<1x4xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qdot_RequantizeOp : Qdot_Op<"requantize", [Pure]> {
  let summary = "Accumulator to storage type, under a named contract";
  let description = [{
    `clamp(apply(acc, multiplier, shift) + zero_point, clamp_min, clamp_max)`
    (rules R1 to R7). Contracts `tosa_single` and `tosa_double` take an i32
    multiplier of at least 0 and an i8 shift, 2 <= shift <= 62; contract `f32`
    takes a finite f32 multiplier and no shift. Pipelines refuse other constants
    (`checkInput`), the interpreter other values. Add and clamp never wrap.

    Example:

    ```mlir
    %y = qdot.requantize %acc, %m, %s zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    ```
  }];
  let arguments = (ins I32:$accumulator, AnyTypeOf<[I32, F32]>:$multiplier,
                       Optional<I8>:$shift, I64Attr:$zero_point,
                       I64Attr:$clamp_min, I64Attr:$clamp_max,
                       Qdot_ContractAttr:$contract);
  let results = (outs AnyTypeOf<[I8, I<16>, I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $multiplier (`,` $shift^)? `zero_point` `(` $zero_point `)`
    `clamp` `(` $clamp_min `,` $clamp_max `)` `contract` `` $contract
    attr-dict `:` type($accumulator) `,` type($multiplier) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_LookupOp : Qdot_Op<"lookup", [Pure]> {
  let summary = "Entry of a 256-entry table";
  let description = [{
    `table[index + 128]`, the i8 index read as signed: entry 0 belongs to -128.

    Example:

    ```mlir
    %y = qdot.lookup %q in %table : tensor<256xi8>
    ```
  }];
  let arguments = (ins I8:$index, RankedTensorOf<[I8]>:$table);
  let results = (outs I8:$result);
  let assemblyFormat = "$index `in` $table attr-dict `:` type($table)";
  let hasVerifier = 1;
}

def Qdot_RoundOp : Qdot_Op<"round", [Pure]> {
  let summary = "Real number to a byte: round half to even, clamp";
  let description = [{
    `clamp(roundHalfEven(x), clamp_min, clamp_max)`. The rounded value must fit
    i32, otherwise the result is undefined: `qdot-simplify-requantize` writes
    the op where the operand's range is proved. The clamp lies within i8 or
    within u8.

    Example:

    ```mlir
    %y = qdot.round %x clamp(0, 255) : i8
    ```
  }];
  let arguments = (ins F32:$input, I64Attr:$clamp_min, I64Attr:$clamp_max);
  let results = (outs I8:$result);
  let assemblyFormat = [{
    $input `clamp` `(` $clamp_min `,` $clamp_max `)` attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_RescaleOp : Qdot_Op<"rescale", !listconcat(
    [Pure, SameOperandsAndResultType], ElementwiseMappable.traits)> {
  let summary = "Fixed-point product, rounded to i32";
  let description = [{
    `apply(value, (multiplier, 31 - exponent))` of rules R2 (`tosa_single`) and
    R3 (`tosa_double`), without zero point and clamp. Preconditions:
    `multiplier >= 0` and `-31 <= exponent <= -1`, so the result fits i32; it is
    undefined otherwise. With these, AArch64 has instructions for it (rule S6).

    Example:

    ```mlir
    %r = qdot.rescale %acc, %m, %e contract tosa_single : vector<4xi32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[I32, VectorOfRankAndType<[1], [I32]>]>:$value,
                       AnyTypeOf<[I32, VectorOfRankAndType<[1], [I32]>]>:$multiplier,
                       AnyTypeOf<[I32, VectorOfRankAndType<[1], [I32]>]>:$exponent,
                       Qdot_ContractAttr:$contract);
  let results = (outs AnyTypeOf<[I32, VectorOfRankAndType<[1], [I32]>]>:$result);
  let assemblyFormat = [{
    $value `,` $multiplier `,` $exponent `contract` `` $contract attr-dict
    `:` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_ContractOp : Qdot_Op<"contract", [
    DestinationStyleOpInterface, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    SingleBlockImplicitTerminator<"::qdot::YieldOp">]> {
  let summary = "Integer contraction with its epilogue";
  let description = [{
    `out[p] = body(sum_r lhs[p, r] * rhs[p, r], extras[p]...)` in i32 that
    wraps. The indexing maps (lhs, rhs, extras in order, out) relate the
    loops to the operands as in `linalg.generic`: loops of the out map are
    parallel, all others are reduced; every map is linear without constant
    terms, the out map a permutation of distinct loops. `loop_sizes` holds the
    extents, negative (`ShapedType::kDynamic`) where a size is only known at
    run time: a loop that indexes a dimension alone runs over all of it.

    lhs and rhs hold bytes, read as `lhs_sign` and `rhs_sign` say. The body
    gets the accumulator and one scalar per extra and yields one element of
    the result: bias, `qdot.requantize`, clamps, a residual addition. The old
    contents of `init` are not read. On tensors the op returns the result; on
    memrefs it writes `init`.

    `kernel` is the schedule; with `packed`, rhs is a 1-d constant in the
    order in which that schedule reads it (`qdot-pack-weights`).

    Example:

    ```mlir
    %r = qdot.contract ins(%x, %w, %bias : tensor<2x8xi8>, tensor<8x4xi8>, tensor<4xi32>)
        outs(%e : tensor<2x4xi32>)
        attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 4, 8>,
                    lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
    ^bb0(%acc: i32, %b: i32):
      %0 = arith.addi %acc, %b : i32
      qdot.yield %0 : i32
    } -> tensor<2x4xi32>
    ```
  }];
  let arguments = (ins AnyShaped:$lhs, AnyShaped:$rhs,
                       Variadic<AnyShaped>:$extras, AnyShaped:$init,
                       AffineMapArrayAttr:$indexing_maps,
                       DenseI64ArrayAttr:$loop_sizes,
                       Qdot_SignAttr:$lhs_sign, Qdot_SignAttr:$rhs_sign,
                       OptionalAttr<Qdot_AccumulatorAttr>:$accumulator,
                       OptionalAttr<Qdot_KernelAttr>:$kernel,
                       UnitAttr:$packed);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs (`,` $extras^)? `:` type($lhs) `,` type($rhs)
    (`,` type($extras)^)? `)` `outs` `(` $init `:` type($init) `)`
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    ::mlir::AffineMap getLhsMap() { return getMap(0); }
    ::mlir::AffineMap getRhsMap() { return getMap(1); }
    ::mlir::AffineMap getExtraMap(unsigned at) { return getMap(2 + at); }
    ::mlir::AffineMap getOutMap() { return getMap(getIndexingMaps().size() - 1); }
    ::mlir::AffineMap getMap(unsigned at) {
      return ::llvm::cast<::mlir::AffineMapAttr>(getIndexingMaps()[at]).getValue();
    }
    unsigned getNumLoops() { return getLoopSizes().size(); }
  }];
}

def Qdot_YieldOp : Qdot_Op<"yield", [Pure, Terminator, HasParent<"ContractOp">]> {
  let summary = "Ends the body of qdot.contract";
  let description = [{
    Yields one element of the result.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{}]>];
}

def Qdot_DotOp : Qdot_Op<"dot", [Pure, AttrSizedOperandSegments,
    AllTypesMatch<["accumulator", "result"]>]> {
  let summary = "Four-way dot products of bytes, or two-way ones of words, added to i32 lanes";
  let description = [{
    `result[i] = acc[i] + sum_p sum_{j<4} lhs_p[4i + j] * rhs_p[4i + j]` over
    the operand pairs p, in i32 that wraps. Bytes are read as `lhs_sign` and
    `rhs_sign` say. Of words (i16, both signed), lane i has the two `2i + j`, `j<2`. With `fits_i16` it is proved that, for every lane and each
    half of its four products, no partial sum of the products of that half over
    all pairs leaves i16 (`numerics::fitsPairSums`); a target may then add in
    16 bits (`vpmaddubsw`). One, two or four pairs. Vectors may be scalable.

    Example:

    ```mlir
    %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<16xi32>, vector<64xi8>
    %s = qdot.dot %acc, (%c) signed, (%d) signed : vector<16xi32>, vector<32xi16>
    ```
  }];
  let extraClassDeclaration = [{
    /// Whether the operands are words.
    bool hasWords() {
      return ::mlir::cast<::mlir::VectorType>(getLhs().front().getType())
          .getElementType().isInteger(16);
    }
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I32]>:$accumulator,
                       Variadic<VectorOfRankAndType<[1], [I8, I16]>>:$lhs,
                       Variadic<VectorOfRankAndType<[1], [I8, I16]>>:$rhs,
                       Qdot_SignAttr:$lhs_sign, Qdot_SignAttr:$rhs_sign,
                       UnitAttr:$fits_i16);
  let results = (outs VectorOfRankAndType<[1], [I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` `(` $lhs `)` $lhs_sign `,` `(` $rhs `)` $rhs_sign
    (`fits_i16` $fits_i16^)? attr-dict `:` type($accumulator) `,`
    custom<SameTypes>(ref($lhs), ref($rhs), type($lhs), type($rhs))
  }];
  let hasVerifier = 1;
}

def Qdot_Dot2x2Op : Qdot_Op<"dot_2x2", [Pure,
    AllTypesMatch<["accumulator", "result"]>, AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "Products of 2x8 by 8x2 tiles of bytes, added to 2x2 tiles";
  let description = [{
    `result[2i + j] = acc[2i + j] + sum_{k<8} lhs[8i + k] * rhs[8j + k]` for
    i < 2 and j < 2, in i32 that wraps: two rows times two columns. In a scalable
    vector the same holds for every 4 lanes and 16 bytes. Bytes are read as `lhs_sign` and `rhs_sign` say. `smmla`, `ummla` and `usmmla` of
    AArch64 with i8mm are this op.

    Example:

    ```mlir
    %r = qdot.dot_2x2 %acc, %a signed, %b signed : vector<4xi32>, vector<16xi8>
    ```
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I32]>:$accumulator,
                       VectorOfRankAndType<[1], [I8]>:$lhs,
                       VectorOfRankAndType<[1], [I8]>:$rhs,
                       Qdot_SignAttr:$lhs_sign, Qdot_SignAttr:$rhs_sign);
  let results = (outs VectorOfRankAndType<[1], [I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $lhs $lhs_sign `,` $rhs $rhs_sign attr-dict `:`
    type($accumulator) `,` type($lhs)
  }];
  let hasVerifier = 1;
}

def Qdot_Dot2x2PanelsOp : Qdot_Op<"dot_2x2_panels", [
    RangedTypesMatchWith<"the results have the types of the accumulators",
                         "accumulators", "results", "$_self">]> {
  let summary = "The loop over K of a whole tile of 2x2 products";
  let description = [{
    `units` times `qdot.dot_2x2` of every one of `pairs` pairs of rows with every
    pair of columns; tile (p, c) is accumulator `p * columns + c`. In unit u,
    pair p of rows is the 16 bytes of `lhs` at `lhs_index + (u * pairs + p) * 16`, and pair
    c of columns those of `rhs` at `rhs_index + (u * columns + c) * 16`. As one op, the order
    of loads and products is the target's to choose.

    Example (`columns` is 1):

    ```mlir
    %r:2 = qdot.dot_2x2_panels %lhs[%i] signed, %rhs[%j] signed pairs 2 units 8 into (%a, %b)
        : memref<256xi8>, memref<128xi8>, vector<4xi32>, vector<4xi32>
    ```
  }];
  let arguments = (ins
      Arg<MemRefRankOf<[I8], [1]>, "", [MemRead]>:$lhs, Index:$lhs_index,
      Arg<MemRefRankOf<[I8], [1]>, "", [MemRead]>:$rhs, Index:$rhs_index,
      Variadic<VectorOfLengthAndType<[4], [I32]>>:$accumulators,
      Qdot_SignAttr:$lhs_sign, Qdot_SignAttr:$rhs_sign,
      ConfinedAttr<I64Attr, [IntPositive]>:$pairs,
      ConfinedAttr<I64Attr, [IntPositive]>:$units);
  let results = (outs Variadic<VectorOfLengthAndType<[4], [I32]>>:$results);
  let assemblyFormat = [{
    $lhs `[` $lhs_index `]` $lhs_sign `,` $rhs `[` $rhs_index `]` $rhs_sign
    `pairs` $pairs `units` $units `into` `(` $accumulators `)` attr-dict `:`
    type($lhs) `,` type($rhs) `,` type($accumulators)
  }];
  let extraClassDeclaration = [{
    /// Pairs of columns.
    int64_t getColumns() { return getAccumulators().size() / getPairs(); }
  }];
  let hasVerifier = 1;
}

def Qdot_LookupBytesOp : Qdot_Op<"lookup_bytes", [
    AllTypesMatch<["indices", "result"]>]> {
  let summary = "Entries of a 256-entry table for every byte of a vector";
  let description = [{
    `result[i] = table[indices[i]]`, the indices read as unsigned. `tbl` of
    AArch64 looks up 16 bytes in 64 entries at a time, `vpshufb` of x86 up to 64
    bytes in 16.

    Example:

    ```mlir
    %r = qdot.lookup_bytes %a in %table : vector<16xi8>, memref<256xi8>
    ```
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I8]>:$indices,
                       Arg<MemRefRankOf<[I8], [1]>, "", [MemRead]>:$table);
  let results = (outs VectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = [{
    $indices `in` $table attr-dict `:` type($indices) `,` type($table)
  }];
  let hasVerifier = 1;
}

def Qdot_RepeatOp : Qdot_Op<"repeat", [Pure]> {
  let summary = "Four bytes of a vector, or all of them, again and again";
  let description = [{
    With `word`: `result[4i + j] = bytes[4 word + j]` for every lane i and
    j < 4. Without: `result[i] = bytes[i mod n]` for n bytes. The result may be
    scalable; `qdot.dot` takes the first form as an operand, which SVE has as
    an instruction with a lane.

    Example:

    ```mlir
    %r = qdot.repeat %a[2] : vector<16xi8> -> vector<[16]xi8>
    %s = qdot.repeat %a : vector<16xi8> -> vector<[16]xi8>
    ```
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I8]>:$bytes,
                       OptionalAttr<I64Attr>:$word);
  let results = (outs VectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = [{
    $bytes (`[` $word^ `]`)? attr-dict `:` type($bytes) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_NarrowOp : Qdot_Op<"narrow", [Pure, SameTypeOperands]> {
  let summary = "Four vectors of i32 to unsigned bytes, saturated";
  let description = [{
    Every value is clamped to 0..255. The bytes of four neighbouring lanes of
    each operand alternate, as two rounds of `vpack` within 128 bits leave them:
    `result[16 l + 4 j + i] = operand_j[4 l + i]` for i < 4 and j < 4.

    Example:

    ```mlir
    %r = qdot.narrow %a, %b, %c, %d : vector<8xi32> -> vector<32xi8>
    ```
  }];
  let arguments = (ins VectorOfRankAndType<[1], [I32]>:$a,
                       VectorOfRankAndType<[1], [I32]>:$b,
                       VectorOfRankAndType<[1], [I32]>:$c,
                       VectorOfRankAndType<[1], [I32]>:$d);
  let results = (outs VectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $c `,` $d attr-dict `:` type($a) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_ParallelOp : Qdot_Op<"parallel", [
    RecursiveMemoryEffects, SingleBlock, NoTerminator]> {
  let summary = "Work that threads may share";
  let description = [{
    Runs the body for ranges `[begin, end)` that are disjoint and together
    `[0, count)`, in any order and at the same time. One range of everything is
    always right. A range of fewer than `grain` units does not pay. What the
    body writes for one unit, no other unit reads or writes. Made where an
    operation carries `qdot.min_work`; lowered by `qdot-outline-parallel`.

    Example:

    ```mlir
    qdot.parallel %begin to %end of %count grain 4 {
      scf.for %i = %begin to %end step %c1 {
        memref.store %x, %y[%i] : memref<?xi8>
      }
    }
    ```
  }];
  let arguments = (ins Index:$count,
                       ConfinedAttr<I64Attr, [IntPositive]>:$grain);
  let regions = (region SizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$count, "int64_t":$grain)>];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getBegin() { return getBody().getArgument(0); }
    ::mlir::BlockArgument getEnd() { return getBody().getArgument(1); }
  }];
}

#endif // QDOT_DIALECT_QDOTOPS_TD
