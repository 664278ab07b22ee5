//===- QdotAttributes.cpp - Attributes of the qdot dialect ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qdot;

#include "qdot/Dialect/QdotEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "qdot/Dialect/QdotAttributes.cpp.inc"

void QdotDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "qdot/Dialect/QdotAttributes.cpp.inc"
      >();
}

static bool isDigest(StringRef text) {
  return text.size() == 16 && llvm::all_of(text, [](char c) {
           return llvm::isHexDigit(c) && !llvm::isUpper(c);
         });
}

LogicalResult SiteAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               StringRef key) {
  auto [path, digest] = key.rsplit('#');
  if (path.empty() || !isDigest(digest))
    return emitError() << "expected a site of the form path#digest with 16 "
                          "lower-case hexadecimal digits, got \""
                       << key << "\"";
  for (char c : path)
    if (!llvm::isPrint(c) || c == '"' || c == '\\')
      return emitError() << "expected printable characters without quotes in "
                            "the path of a site, got \""
                         << path << "\"";
  return success();
}

LogicalResult
AccumulatorAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        int64_t min, int64_t max) {
  if (min > max)
    return emitError() << "expected an accumulator interval, got " << min
                       << " to " << max;
  if (!llvm::isInt<32>(min) || !llvm::isInt<32>(max))
    return emitError() << "expected an accumulator interval within i32, got "
                       << min << " to " << max;
  return success();
}

LogicalResult
QuantizedAttr::verify(function_ref<InFlightDiagnostic()> emitError, Type type,
                      SiteAttr) {
  if (!isa<quant::QuantizedType>(type))
    return emitError() << "expected a quantized type, got " << type;
  return success();
}

LogicalResult KernelAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 KernelKind kind, int64_t rows,
                                 int64_t vectors, int64_t lanes, int64_t unroll,
                                 int64_t load, int64_t chains) {
  auto check = [&](StringRef name, int64_t value, int64_t max) -> LogicalResult {
    if (value >= 1 && value <= max)
      return success();
    return emitError() << "expected " << name << " between 1 and " << max
                       << " in #qdot.kernel, got " << value;
  };
  if (failed(check("rows", rows, 32)) || failed(check("vectors", vectors, 16)) ||
      failed(check("unroll", unroll, 16)) || failed(check("chains", chains, 32)))
    return failure();
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return emitError() << "expected lanes 4, 8 or 16 in #qdot.kernel, got "
                       << lanes;
  bool hasLanes = kind == KernelKind::Dot || kind == KernelKind::Depthwise;
  if (!hasLanes && lanes != 4)
    return emitError() << "expected lanes 4 in #qdot.kernel<"
                       << stringifyKernelKind(kind) << ">, got " << lanes;
  if (load != 4 && load != 16)
    return emitError() << "expected load 4 or 16 in #qdot.kernel, got " << load;
  if (load == 16 && kind == KernelKind::Dot && unroll % 4 != 0)
    return emitError() << "expected unroll to be a multiple of 4 in "
                          "#qdot.kernel with load 16, got "
                       << unroll;
  if (rows * vectors > 64)
    return emitError() << "expected at most 64 accumulators in #qdot.kernel, got "
                       << rows << " rows of " << vectors << " vectors";
  return success();
}

LogicalResult TileAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t rows, int64_t vectors, int64_t lanes) {
  auto check = [&](StringRef name, int64_t value, int64_t max) -> LogicalResult {
    if (value >= 1 && value <= max)
      return success();
    return emitError() << "expected " << name << " between 1 and " << max
                       << " in #qdot.tile, got " << value;
  };
  if (failed(check("rows", rows, 32)) || failed(check("vectors", vectors, 16)))
    return failure();
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return emitError() << "expected lanes 4, 8 or 16 in #qdot.tile, got "
                       << lanes;
  if (rows * vectors > 64)
    return emitError() << "expected at most 64 sums in #qdot.tile, got " << rows
                       << " rows of " << vectors << " vectors";
  return success();
}
