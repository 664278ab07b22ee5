//===- Ranges.cpp - From a record to the range to quantize ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"

using namespace qdot::statistics;

static llvm::Error refuse(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<RangeMethod>
qdot::statistics::parseRangeMethod(llvm::StringRef name) {
  if (name == "minmax")
    return RangeMethod{RangeMethod::Kind::MinMax};
  return refuse("expected a range method (minmax), got '" + name + "'");
}

llvm::Expected<RealRange>
qdot::statistics::estimateRange(const TensorRecord &record,
                                RangeMethod method) {
  if (record.nanCount != 0 || record.infCount != 0)
    return refuse("expected finite values, got " +
                  llvm::Twine(record.nanCount) + " NaN and " +
                  llvm::Twine(record.infCount) + " Inf of " +
                  llvm::Twine(record.count));
  if (!record.hasRange())
    return refuse("expected at least one finite value, got none of " +
                  llvm::Twine(record.count));
  switch (method.kind) {
  case RangeMethod::Kind::MinMax:
    return RealRange{record.min, record.max};
  }
  llvm_unreachable("every kind returns");
}
