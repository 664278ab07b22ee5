//===- Evaluation.h - How much a quantized model loses --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_EVALUATION_H
#define QDOT_TOOLS_QDOT_EVALUATION_H

#include "InputData.h"
#include "Labels.h"
#include "Model.h"
#include <memory>
#include <string>
#include <vector>

namespace qdot::driver {

struct EvaluationRequest {
  /// One .npy file per argument.
  std::vector<std::string> data;
  /// Classes (integers) or targets (floats), or empty.
  std::string labels;
  /// Empty: main, or the only public function.
  std::string entry;
  int64_t batch = 32;
};

/// What a model's first result is worth, next to the float model's.
struct Score {
  /// Signal to noise in dB; infinity when nothing differs.
  double sqnr;
  /// In points, 0 for the float model. With classes, how far top-1 falls; with
  /// targets, how far the root mean square error rises, in percent of the root
  /// mean square of the targets. Without labels, the percentage of rows whose
  /// largest element is another one, or, where rows have one element, the root
  /// mean square of the difference in percent of the result's.
  double loss;
};

/// The float model's results on some samples, to compare other models with.
class Evaluator {
public:
  /// Runs `floatModule`, which is changed.
  static llvm::Expected<std::unique_ptr<Evaluator>>
  create(Session &session, mlir::ModuleOp floatModule,
         const EvaluationRequest &request);

  /// Compiles and runs `module`, which is changed.
  llvm::Expected<Score> evaluate(mlir::ModuleOp module);

  /// What `Score::loss` counts, for people: "points of top-1".
  llvm::StringRef getLossName() const;

private:
  Evaluator(Session &session, const EvaluationRequest &request)
      : session(session), request(request) {}
  llvm::Expected<std::vector<float>> run(mlir::ModuleOp module);
  double getLoss(llvm::ArrayRef<float> values) const;
  bool hasRows() const { return rowSize > 1; }

  Session &session;
  EvaluationRequest request;
  std::vector<InputData> data;
  std::vector<float> real;
  std::vector<int64_t> classes;
  std::vector<double> targets;
  /// Elements of the last dimension of a result.
  int64_t rowSize = 1;
  /// The result without its samples.
  llvm::SmallVector<int64_t> sampleShape;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_EVALUATION_H
