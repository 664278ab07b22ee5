//===- AnnotationRules.h - How values are to be quantized -------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANNOTATE_ANNOTATIONRULES_H
#define QDOT_ANNOTATE_ANNOTATIONRULES_H

#include "qdot/Annotate/PatternRules.h"
#include "qdot/Numerics/Scheme.h"
#include "qdot/Statistics/Ranges.h"

namespace qdot {

/// The options of `qdot-annotate-values` as they are written.
struct AnnotationOptions {
  llvm::ArrayRef<std::string> range;
  llvm::ArrayRef<std::string> activationBits;
  llvm::ArrayRef<std::string> activationScheme;
  llvm::ArrayRef<std::string> weightRange;
  llvm::ArrayRef<std::string> weightBits;
  llvm::ArrayRef<std::string> weightGranularity;
  llvm::ArrayRef<std::string> weightScheme;
  llvm::StringRef preset;
};

/// How many bits an activation gets: 7 where that costs little accuracy, else
/// 8, with `isAutomatic`.
struct ActivationBits {
  unsigned bits = 8;
  bool isAutomatic = false;
};

/// With automatic bits a value gets 7 when contractions read it and the power of
/// their results is at least this many dB above that of the noise which rounding
/// to 7 bits makes there.
inline constexpr double minNarrowSqnr = 26;

/// Which weights share a scale.
struct WeightGranularity {
  enum class Kind {
    Tensor,  ///< all of a layer
    Channel, ///< those of one output channel
    Block,   ///< `blockSize` neighbours of one output channel
  };
  Kind kind = Kind::Channel;
  int64_t blockSize = 0;
};

/// What the options mean.
class AnnotationRules {
public:
  /// Errors start with the option and its value: `range=percentile:101: ...`.
  static llvm::Expected<AnnotationRules>
  parse(const AnnotationOptions &options);

  PatternRules<statistics::RangeMethod> range{{}};
  PatternRules<ActivationBits> activationBits{{}};
  PatternRules<statistics::RangeMethod> weightRange{{}};
  PatternRules<unsigned> weightBits{8};
  PatternRules<WeightGranularity> weightGranularity{{}};

  /// The scheme of an activation of `bits` bits.
  numerics::Scheme getActivationScheme(unsigned bits) const;
  /// The symmetric scheme of weights of `bits` bits.
  numerics::Scheme getWeightScheme(unsigned bits) const;

private:
  llvm::Error usePreset(llvm::StringRef name);
  llvm::Error useActivationScheme(llvm::ArrayRef<std::string> words);
  llvm::Error useWeightScheme(llvm::ArrayRef<std::string> words);

  struct Form {
    numerics::Symmetry symmetry;
    bool isNarrow;
    bool powerOfTwo;
  };
  Form activation{numerics::Symmetry::Asymmetric, false, false};
  Form weight{numerics::Symmetry::Symmetric, true, false};
  numerics::Convention convention = numerics::Convention::Qdot;
};

} // namespace qdot

#endif // QDOT_ANNOTATE_ANNOTATIONRULES_H
