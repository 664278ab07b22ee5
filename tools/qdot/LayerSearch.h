//===- LayerSearch.h - Which layers should stay in float ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_LAYERSEARCH_H
#define QDOT_TOOLS_QDOT_LAYERSEARCH_H

#include "Evaluation.h"
#include "qdot/Pipelines/Pipelines.h"

namespace qdot::driver {

/// What one layer does to the model's result when it alone is quantized.
struct LayerHarm {
  std::string path;
  Score score;
};

/// Quantizes a model in several ways and measures each.
class LayerSearch {
public:
  /// `floatModule` stays as it is; `options` say how to quantize.
  static llvm::Expected<std::unique_ptr<LayerSearch>>
  create(Session &session, mlir::ModuleOp floatModule,
         const QuantizationOptions &options, const EvaluationRequest &request,
         bool isQuiet);

  /// The paths of the layers that can be quantized and are not named by
  /// `keep-float`, in the order of the text.
  llvm::ArrayRef<std::string> getLayers() const { return layers; }

  /// Each layer alone, the most harmful one first.
  llvm::Expected<std::vector<LayerHarm>> measureEach();

  /// A set of layers, none of which can be quantized again, that have to stay
  /// in float so that the loss is at most `target`; empty when none has to.
  llvm::Expected<std::vector<std::string>> findFloatLayers(double target);

  /// `options.keepFloat` and the layers as one regular expression.
  static std::string getKeepFloat(llvm::StringRef keepFloat,
                                  llvm::ArrayRef<std::string> paths);

private:
  LayerSearch(Session &session, mlir::ModuleOp floatModule,
              const QuantizationOptions &options, bool isQuiet)
      : session(session), floatModule(floatModule), options(options),
        isQuiet(isQuiet) {}
  llvm::Error findLayers(llvm::StringRef entry);
  llvm::Expected<Score> measure(llvm::ArrayRef<std::string> floatLayers);
  llvm::Expected<bool> isEnough(llvm::ArrayRef<std::string> floatLayers,
                                double target);

  Session &session;
  mlir::ModuleOp floatModule;
  const QuantizationOptions &options;
  bool isQuiet;
  std::unique_ptr<Evaluator> evaluator;
  std::vector<std::string> layers;
};

/// The options of `qdot quantize` that are not the default, as text for
/// `qdot-quantize{...}`; without the statistics file.
std::string printOptions(const QuantizationOptions &options);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_LAYERSEARCH_H
