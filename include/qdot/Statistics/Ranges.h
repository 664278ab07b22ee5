//===- Ranges.h - From a record to the range to quantize ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Range methods by name, each from the record alone: no second pass over the
// data. Formulas and sources: docs/Statistics.md, "Ranges".
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_RANGES_H
#define QDOT_STATISTICS_RANGES_H

#include "qdot/Numerics/Scheme.h"
#include "qdot/Statistics/Distribution.h"
#include "qdot/Statistics/Histogram.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

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
    MinMax,        ///< every observed value
    Percentile,    ///< all but a part of the values at either end
    Mse,           ///< least mean square of the quantization error
    Entropy,       ///< least Kullback-Leibler divergence of the magnitudes
    AciqGauss,     ///< least mean square error if the values were Gaussian
    AciqLaplace,   ///< the same for a Laplace distribution
    Octav,         ///< fixed point of clipping and rounding error
    Auto,          ///< least error that reaches the outputs of layers
    MeanExtremes,  ///< means of the samples' extremes
    MovingAverage, ///< mean over all orders of the samples: the same
  };
  Kind kind = Kind::MinMax;
  /// Of Percentile: the part in percent that is at most the upper end.
  double percentile = 99.99;
};

/// The method of a name as users write it, such as `minmax` or
/// `percentile:99.9` (above 50, at most 100). Errors list the names.
llvm::Expected<RangeMethod> parseRangeMethod(llvm::StringRef name);

/// What `parseRangeMethod` reads.
std::string printRangeMethod(RangeMethod method);

/// The range of some values for a scheme, which count as one sample; it may lie
/// outside of the values where the method says so. Precondition: not empty; not
/// the method Auto, which needs to know layers (Annotate/).
RealRange estimateRange(const Distribution &values, RangeMethod method,
                        const numerics::Scheme &scheme);

/// The same for the values of `record`. Refuses a record without finite values
/// and one that saw NaN or Inf, with the counts in the message: the data or the
/// model is broken, and no range would mend it.
llvm::Expected<RealRange>
estimateRange(const TensorRecord &record, RangeMethod method,
              const numerics::Scheme &scheme = numerics::Scheme());

/// The refusal of the above, or success. The methods that average over samples
/// refuse a record without samples.
llvm::Error checkRecord(const TensorRecord &record, RangeMethod method);

/// What a range search makes small.
using RangeCost = llvm::function_ref<double(const numerics::QuantParams &)>;

/// The range within [min, max] of `values` for whose parameters `cost` is least
/// among ranges whose ends are powers of 2^(1/16) below the extremes, refined
/// once; see docs/Statistics.md. Ties go to the widest range.
RealRange searchRange(const Distribution &values,
                      const numerics::Scheme &scheme, RangeCost cost);

/// The parts of the ranges above that have a file of their own.
RealRange estimateEntropy(const Distribution &values,
                          const numerics::Scheme &scheme);
RealRange estimateAciq(const Distribution &values, bool isLaplace,
                       const numerics::Scheme &scheme);
RealRange estimateOctav(const Distribution &values,
                        const numerics::Scheme &scheme);

/// The factor that ACIQ multiplies the deviation with: the root of the
/// derivative of its error, for `levels` codes over both signs. 2 <= levels.
double getAciqFactor(bool isLaplace, double levels);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_RANGES_H
