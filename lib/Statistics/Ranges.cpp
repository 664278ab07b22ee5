//===- Ranges.cpp - From a record to the range to quantize ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include <algorithm>
#include <cmath>

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

double qdot::statistics::estimateRelativeError(const TensorRecord &record,
                                               double scale) {
  double power = 0.0;
  for (unsigned bin = 0; bin != TensorRecord::numBins; ++bin) {
    if (record.bins[bin] == 0)
      continue;
    double low = TensorRecord::lowerEdge(bin);
    bool isLast = !TensorRecord::isFiniteBin(bin + 1);
    double high = isLast ? low : double(TensorRecord::lowerEdge(bin + 1));
    double middle = std::clamp((low + high) / 2, double(record.min),
                               double(record.max));
    power += double(record.bins[bin]) * middle * middle;
  }
  double rounded = double(record.count - record.zeroCount);
  return power > 0.0 ? std::sqrt(rounded * scale * scale / 12.0 / power) : 0.0;
}
