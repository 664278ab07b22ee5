//===- Calibration.cpp - Recording statistics of a model ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Executable.h"
#include "Samples.h"
#include "Support.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Runtime/Runtime.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

template <typename Function>
static HostSymbol createSymbol(StringRef name, Function *function) {
  return {name, reinterpret_cast<void *>(function)};
}

/// Runs the instrumented code on every sample; the runtime records.
static Error observe(const Executable &model,
                     const CalibrationRequest &request) {
  auto data = readData(request.data);
  if (!data)
    return data.takeError();
  auto runner = SampleRunner::create(model.getEntry(), *data, request.batch);
  if (!runner)
    return runner.takeError();
  const SampleLayout &layout = runner->getLayout();
  Progress progress("calibrate", layout.numSamples, request.isQuiet);
  auto before = [&](int64_t, int64_t count) {
    qdot_rt_set_valid_rows(count, layout.isBatched ? layout.groupSize : 0);
  };
  auto after = [&](int64_t, const GroupResult &result) -> Error {
    progress.advance(result.count);
    return Error::success();
  };
  return runner->run(model, request.threads, {before, after});
}

Expected<statistics::StatisticsFile>
qdot::driver::calibrate(Session &session, mlir::ModuleOp module,
                        const CalibrationRequest &request) {
  auto entry = findEntry(module, request.entry);
  if (!entry)
    return entry.takeError();
  std::string name = entry->getName().str();
  auto target = findTarget("host");
  if (!target)
    return target.takeError();
  Error error = session.runPasses(module, "preparing the model",
                                  [](mlir::OpPassManager &pm) {
                                    buildPreparePipeline(pm);
                                    buildObservePipeline(pm);
                                  });
  if (error)
    return {std::move(error)};
  const HostSymbol symbols[] = {
      createSymbol("_mlir_ciface_qdot_rt_observe_f32",
                   _mlir_ciface_qdot_rt_observe_f32),
      createSymbol("_mlir_ciface_qdot_rt_observe_i8",
                   _mlir_ciface_qdot_rt_observe_i8),
      createSymbol("_mlir_ciface_qdot_rt_observe_i32",
                   _mlir_ciface_qdot_rt_observe_i32)};
  auto model =
      loadCompiled(session, module, {{*target}, "qdot", name}, symbols);
  if (!model)
    return model.takeError();
  qdot_rt_reset();
  if (Error error = observe(**model, request))
    return {std::move(error)};
  statistics::StatisticsFile file;
  runtime::visitRecords(
      [&](const std::string &site, const statistics::TensorRecord &record) {
        file.records[site].merge(record);
      });
  if (file.records.empty())
    return makeError("function '" + name + "' has no quantizable value");
  return file;
}

Error qdot::driver::equalizeChannels(Session &session, mlir::ModuleOp module) {
  return session.runPasses(module, "equalizing the model",
                           [](mlir::OpPassManager &pm) {
                             buildPreparePipeline(pm);
                             pm.addPass(createEqualizeChannels());
                           });
}
