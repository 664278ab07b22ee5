//===- Ranges.h - From a record to the range to quantize ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Range methods by name, each from the record alone: no second pass over the
// data.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_RANGES_H
#define QDOT_STATISTICS_RANGES_H

#include "qdot/Statistics/Histogram.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace qdot::statistics {

/// A closed interval of finite real values, `min <= max`. Not yet extended to
/// contain 0; that is Rule Q3 (Numerics/Quantization.h).
struct RealRange {
  double min;
  double max;
};

/// How a range is chosen.
struct RangeMethod {
  enum class Kind {
    MinMax, ///< every observed value: [min, max]
  };
  Kind kind = Kind::MinMax;
};

/// The method of a name as users write it: `minmax`. Errors list the names.
llvm::Expected<RangeMethod> parseRangeMethod(llvm::StringRef name);

/// The range of the values of `record`. Refuses a record without finite values
/// and one that saw NaN or Inf, with the counts in the message: the data or the
/// model is broken, and no range would mend it.
llvm::Expected<RealRange> estimateRange(const TensorRecord &record,
                                        RangeMethod method);

/// Root mean square of what rounding to multiples of `scale` changes, relative
/// to the root mean square of the values, from the histogram: every value but
/// 0.0, which is exact, is off by `scale / sqrt(12)` on average; the values of a
/// bin count as its middle. 0 when there are only zeros. Clipping does not
/// count. Precondition: a record without NaN and Inf.
double estimateRelativeError(const TensorRecord &record, double scale);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_RANGES_H
