//===- QdotAttributes.td - Attributes of the qdot dialect --*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QDOTATTRIBUTES_TD
#define QDOT_DIALECT_QDOTATTRIBUTES_TD

include "qdot/Dialect/QdotDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Qdot_Attr<string name, string mnemonicName> : AttrDef<Qdot_Dialect, name> {
  let mnemonic = mnemonicName;
}

def Qdot_SiteAttr : Qdot_Attr<"Site", "site"> {
  let summary = "Stable structural id of a value";
  let description = [{
    `path#digest`. The path says where the value is in the model's structure
    (function and the how-manieth operation of its kind, counted along the
    data flow from the results), so it survives renaming, moved source
    locations, reordered text and another batch size. The digest is 16
    hexadecimal digits over the operation's kind, its parameters, its constants
    and the paths of its operands: a change of the model changes it.

    Example: `#qdot.site<"main/conv_0#8d2e1c9b55aa0f31">`
  }];
  let parameters = (ins StringRefParameter<"path, '#', 16 hexadecimal digits">:$key);
  let assemblyFormat = "`<` $key `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The part before '#'.
    ::llvm::StringRef getPath() const { return getKey().rsplit('#').first; }
    /// The 16 hexadecimal digits.
    ::llvm::StringRef getDigest() const { return getKey().rsplit('#').second; }
  }];
}

def Qdot_AccumulatorAttr : Qdot_Attr<"Accumulator", "accumulator"> {
  let summary = "Proved interval of every partial sum of a contraction";
  let description = [{
    The smallest interval known at compile time that contains every partial
    sum, in any order, bias included. It lies within the accumulator type: this
    is the proof that the accumulation cannot overflow.

    Example: `#qdot.accumulator<-163840 to 161290>`
  }];
  let parameters = (ins "int64_t":$min, "int64_t":$max);
  let assemblyFormat = "`<` $min `to` $max `>`";
  let genVerifyDecl = 1;
}

def Qdot_QuantizedAttr : Qdot_Attr<"Quantized", "quantized"> {
  let summary = "What the integers produced by an operation stand for";
  let description = [{
    The quantized type of the result and, when known, the site under which its
    float counterpart was observed.

    Example: `#qdot.quantized<!quant.uniform<i8:f32, 0.5:3>,
    #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">>`
  }];
  let parameters = (ins "::mlir::Type":$type,
                        OptionalParameter<"::qdot::SiteAttr">:$site);
  let assemblyFormat = "`<` $type (`,` $site^)? `>`";
  let genVerifyDecl = 1;
}

def Qdot_RangeAttr : Qdot_Attr<"Range", "range"> {
  let summary = "Why a value has its range";
  let description = [{
    Written by `qdot-annotate-values{range=auto}` on the `qdot.quantize` of a
    value: the range method that was chosen, and the ratio of signal to
    quantization noise, in dB, that is to be expected at the outputs of the
    layers that read the value, with that method and with `minmax`.

    Example: `#qdot.range<"mse" sqnr 3.810000e+01 : f64 minmax 3.510000e+01 : f64>`
  }];
  let parameters = (ins StringRefParameter<"name of the method">:$method,
                        "::mlir::FloatAttr":$sqnr, "::mlir::FloatAttr":$minmax);
  let assemblyFormat = "`<` $method `sqnr` $sqnr `minmax` $minmax `>`";
}

def Qdot_Contract : I32EnumAttr<"ContractKind", "requantization contract", [
    I32EnumAttrCase<"TosaSingle", 0, "tosa_single">,
    I32EnumAttrCase<"TosaDouble", 1, "tosa_double">,
    I32EnumAttrCase<"F32", 2, "f32">]> {
  let cppNamespace = "::qdot";
  let genSpecializedAttr = 0;
}

def Qdot_ContractAttr : EnumAttr<Qdot_Dialect, Qdot_Contract, "contract"> {
  let summary = "Arithmetic of a requantization (rules R1 to R7)";
  let assemblyFormat = "$value";
}

def Qdot_Sign : I32EnumAttr<"Sign", "how bytes are read", [
    I32EnumAttrCase<"Signed", 0, "signed">,
    I32EnumAttrCase<"Unsigned", 1, "unsigned">]> {
  let cppNamespace = "::qdot";
  let genSpecializedAttr = 0;
}

def Qdot_SignAttr : EnumAttr<Qdot_Dialect, Qdot_Sign, "sign"> {
  let summary = "How the bytes of an operand are read";
  let assemblyFormat = "$value";
}

def Qdot_KernelKind : I32EnumAttr<"KernelKind", "schedule of a contraction", [
    I32EnumAttrCase<"Dot", 0, "dot">,
    I32EnumAttrCase<"Depthwise", 1, "depthwise">,
    I32EnumAttrCase<"Matrix", 2, "matrix">,
    I32EnumAttrCase<"ScalableDot", 3, "scalable_dot">,
    I32EnumAttrCase<"ScalableMatrix", 4, "scalable_matrix">]> {
  let cppNamespace = "::qdot";
  let genSpecializedAttr = 0;
}

def Qdot_KernelKindAttr : EnumAttr<Qdot_Dialect, Qdot_KernelKind, "kernel_kind"> {
  let summary = "Schedule of a contraction";
  let assemblyFormat = "$value";
}

def Qdot_KernelAttr : Qdot_Attr<"Kernel", "kernel"> {
  let summary = "The kernel chosen for a contraction";
  let description = [{
    Written by `qdot-choose-kernels`, read by `qdot-pack-weights` and
    `qdot-expand-kernels`; may be edited in between. A register tile of `rows`
    output positions by `vectors` vectors of `lanes` i32 accumulators; `unroll`
    steps of four (matrix: eight) reduction elements per iteration. `dot`
    reduces four consecutive elements of the activation at a time; `depthwise`
    interleaves four taps of one channel; `matrix` multiplies pairs of rows by
    pairs of columns, eight deep, from a packed copy of the rows;
    `scalable_dot` and `scalable_matrix` do so on vectors of `lanes` times
    `vscale` lanes.
    `load` is the number of bytes that one load of the activation takes where
    the reduction is long enough: 4, which are repeated in all lanes, or 16, of
    which four at a time are. A `dot` tile with fewer accumulators than `chains`,
    such as one of the last rows, sums every result in several parts if the
    registers suffice. 1 <= rows <= 32, 1 <= vectors <= 16, lanes 4, 8 or 16
    (matrix and scalable: 4), 1 <= unroll <= 16, 1 <= chains <= 32, rows *
    vectors <= 64.

    Examples: `#qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1 chains 10>`,
    `#qdot.kernel<dot rows 7 vectors 3 lanes 4 unroll 8 load 16>`
  }];
  let parameters = (ins EnumParameter<Qdot_KernelKind>:$kind, "int64_t":$rows,
                        "int64_t":$vectors, "int64_t":$lanes,
                        "int64_t":$unroll,
                        DefaultValuedParameter<"int64_t", "4">:$load,
                        DefaultValuedParameter<"int64_t", "1">:$chains);
  let assemblyFormat = [{
    `<` $kind `rows` $rows `vectors` $vectors `lanes` $lanes `unroll` $unroll
    (`load` $load^)? (`chains` $chains^)? `>`
  }];
  let genVerifyDecl = 1;
}

def Qdot_TileAttr : Qdot_Attr<"Tile", "tile"> {
  let summary = "The register tile chosen for an f32 contraction";
  let description = [{
    `rows` positions of the result by `vectors` vectors of `lanes` sums. Written
    by `qdot-choose-float-tiles` as `qdot.tile` of a linalg operation, read by
    `qdot-expand-float-tiles`; may be edited in between. 1 <= rows <= 32, 1 <=
    vectors <= 16, lanes 4, 8 or 16, rows * vectors <= 64.

    Example: `#qdot.tile<rows 6 vectors 2 lanes 8>`
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$vectors, "int64_t":$lanes);
  let assemblyFormat = [{
    `<` `rows` $rows `vectors` $vectors `lanes` $lanes `>`
  }];
  let genVerifyDecl = 1;
}

#endif // QDOT_DIALECT_QDOTATTRIBUTES_TD
