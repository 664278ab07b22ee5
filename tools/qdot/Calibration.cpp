//===- Calibration.cpp - Recording statistics of a model ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "DataDigest.h"
#include "Executable.h"
#include "Samples.h"
#include "Support.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Observe/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Runtime/Runtime.h"
#include <atomic>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

template <typename Function>
static HostSymbol createSymbol(StringRef name, Function *function) {
  return {name, reinterpret_cast<void *>(function)};
}

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

Expected<std::pair<int64_t, int64_t>>
qdot::driver::parseSampleRange(StringRef text, int64_t numSamples) {
  auto refuse = [&](const Twine &what) {
    return makeError("--samples=" + text + ": expected " + what);
  };
  bool isPart = text.contains('/');
  auto [first, second] = text.split(isPart ? '/' : ':');
  uint64_t a = 0, b = numSamples, limit = numSamples;
  if ((!isPart && !text.contains(':')) ||
      (first.empty() ? isPart : first.getAsInteger(10, a)) ||
      (second.empty() ? isPart : second.getAsInteger(10, b)))
    return refuse("A:B, with numbers or nothing for A and B, or I/N");
  if (isPart) {
    if (a >= b || b > UINT32_MAX)
      return refuse("a part below the number of parts, which counts from 0");
    uint64_t begin = limit * a / b, end = limit * (a + 1) / b;
    a = begin;
    b = end;
  }
  if (b > limit)
    return refuse("at most " + Twine(numSamples) + " samples, got " + Twine(b));
  if (a >= b)
    return refuse("at least one of " + Twine(numSamples) + " samples, got " +
                  Twine(a) + ":" + Twine(b));
  return std::pair<int64_t, int64_t>(a, b);
}

static uint64_t mixNumbers(uint64_t digest, ArrayRef<int64_t> numbers) {
  return mixDigest(digest,
                   StringRef(reinterpret_cast<const char *>(numbers.data()),
                             numbers.size() * sizeof(int64_t)));
}

/// How an observed value holds its samples: not at all is a problem for a batch
/// of several.
static bool hasSampleAxis(mlir::ShapedType type, int64_t staticBatch) {
  if (type.getRank() == 0)
    return false;
  return type.isDynamicDim(0) ||
         (staticBatch > 0 && type.getDimSize(0) % staticBatch == 0);
}

/// The batch that the arguments fix, or 0.
static int64_t getStaticBatch(mlir::func::FuncOp function) {
  for (mlir::Type type : function.getArgumentTypes())
    if (auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type))
      if (tensor.getRank() != 0 && !tensor.isDynamicDim(0))
        return tensor.getDimSize(0);
  return 0;
}

static bool isAnyByChannel(mlir::ModuleOp module) {
  return module
      .walk([](ObserveOp observe) {
        return observe->hasAttr("qdot.channel_axis")
                   ? mlir::WalkResult::interrupt()
                   : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

/// An observed value without an axis of samples, or null.
static ObserveOp findUnbatched(mlir::ModuleOp module, int64_t staticBatch) {
  ObserveOp found;
  module.walk([&](ObserveOp observe) {
    auto type = mlir::cast<mlir::ShapedType>(observe.getValue().getType());
    if (!found && !hasSampleAxis(type, staticBatch))
      found = observe;
  });
  return found;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {
/// Runs the instrumented code on a range of samples; the runtime records.
class Calibrator {
public:
  Calibrator(const Executable &model, const CalibrationRequest &request,
             const SampleRunner &runner, ArrayRef<InputData> data)
      : model(model), request(request), runner(runner), data(data) {}

  Expected<statistics::StatisticsFile> run(SampleRunner::Range samples) {
    range = samples;
    state = {computeRunDigest(), uint64_t(range.begin), uint64_t(range.begin),
             uint64_t(range.end)};
    if (Error error = resume())
      return {std::move(error)};
    InterruptionGuard guard;
    Progress progress("calibrate", range.end - range.begin, request.isQuiet,
                      state.next - range.begin);
    while (state.next != state.end)
      if (Error error = advance(progress))
        return {std::move(error)};
    return collect();
  }

private:
  /// What must be the same for a state to be continued.
  uint64_t computeRunDigest() const {
    uint64_t digest = mixDigest(request.modelDigest, request.entry);
    digest = mixNumbers(digest, {request.channelAxis});
    for (const InputData &input : data)
      digest = mixNumbers(digest, input.getShape());
    return digest;
  }

  /// Takes over the records of the interrupted run, after a look at whether
  /// its samples are still the same.
  Error resume() {
    if (!request.isResuming)
      return Error::success();
    auto file = request.checkpoints->load(state);
    if (!file)
      return file.takeError();
    if (!*file)
      return Error::success();
    Expected<uint64_t> digest =
        digestSamples(range.begin, (*file)->unfinished->next);
    if (!digest)
      return digest.takeError();
    if (*digest != (*file)->data.digest)
      return makeError(request.checkpoints->getPath() +
                       ": the samples have changed since this calibration was "
                       "interrupted; delete the file to start again");
    state.next = (*file)->unfinished->next;
    before = std::move(**file);
    before.unfinished.reset();
    return Error::success();
  }

  Expected<uint64_t> digestSamples(int64_t begin, int64_t end) const {
    uint64_t sum = 0;
    std::vector<char> buffer;
    for (int64_t sample = begin; sample != end; ++sample) {
      uint64_t digest = 0;
      for (auto [index, input] : llvm::enumerate(data)) {
        buffer.resize(runner.getInputBytes(index));
        if (Error error = input.readSamples(
                sample, 1, runner.getInputElement(index), buffer.data()))
          return {std::move(error)};
        digest = mixDigest(digest, {buffer.data(), buffer.size()});
      }
      sum += digest;
    }
    return sum;
  }

  /// Runs until the end, an interruption or the next checkpoint.
  Error advance(Progress &progress) {
    auto start = [&](int64_t count, ArrayRef<void *> inputs) {
      const SampleLayout &layout = runner.getLayout();
      qdot_rt_set_valid_rows(count, layout.isBatched ? layout.groupSize : 0);
      addDigests(count, inputs);
    };
    auto finish = [&](int64_t, const GroupResult &result) -> Error {
      progress.advance(result.count);
      return Error::success();
    };
    auto shouldStop = [&] {
      return InterruptionGuard::isRequested() ||
             (request.checkpoints && request.checkpoints->isDue());
    };
    Expected<int64_t> reached =
        runner.runRange(model, request.threads, {start, finish},
                        {int64_t(state.next), range.end}, shouldStop);
    if (!reached)
      return reached.takeError();
    state.next = *reached;
    if (state.next == state.end)
      return Error::success();
    bool hasCheckpoints =
        request.checkpoints && request.checkpoints->isEnabled();
    if (hasCheckpoints)
      if (Error error = request.checkpoints->write(collect(), state))
        return error;
    if (!InterruptionGuard::isRequested())
      return Error::success();
    return makeError("interrupted after " + Twine(state.next - state.begin) +
                     " of " + Twine(state.end - state.begin) + " samples" +
                     (hasCheckpoints ? "; --resume continues" : ""));
  }

  void addDigests(int64_t count, ArrayRef<void *> inputs) {
    for (int64_t sample = 0; sample != count; ++sample) {
      uint64_t digest = 0;
      for (auto [index, input] : llvm::enumerate(inputs)) {
        int64_t bytes = runner.getInputBytes(index);
        digest = mixDigest(digest,
                           {static_cast<const char *>(input) + sample * bytes,
                            static_cast<size_t>(bytes)});
      }
      sumOfDigests += digest;
    }
  }

  /// All records so far. Precondition: nothing runs.
  statistics::StatisticsFile collect() const {
    statistics::StatisticsFile file = before;
    runtime::visitRecords(
        [&](const std::string &site, const statistics::TensorRecord &record) {
          file.records[site].merge(record);
        });
    file.data.samples = state.next - state.begin;
    file.data.digest += sumOfDigests;
    return file;
  }

  const Executable &model;
  const CalibrationRequest &request;
  const SampleRunner &runner;
  ArrayRef<InputData> data;
  SampleRunner::Range range = {0, 0};
  statistics::Checkpoint state;
  statistics::StatisticsFile before; ///< of the run that was interrupted
  std::atomic<uint64_t> sumOfDigests{0};
};
} // namespace

/// `unbatched` is a value without an axis of samples, or empty.
static Expected<statistics::StatisticsFile>
observe(const Executable &model, const CalibrationRequest &request,
        StringRef unbatched) {
  auto data = readData(request.data, model.getEntry());
  if (!data)
    return data.takeError();
  // With one sample per call, such a value holds one sample in every call.
  int64_t batch = unbatched.empty() ? request.batch : 1;
  auto runner = SampleRunner::create(model.getEntry(), *data, batch);
  if (!runner)
    return runner.takeError();
  const SampleLayout &layout = runner->getLayout();
  std::pair<int64_t, int64_t> range(0, layout.numSamples);
  if (!request.samples.empty()) {
    auto parsed = parseSampleRange(request.samples, layout.numSamples);
    if (!parsed)
      return parsed.takeError();
    range = *parsed;
  }
  int64_t count = range.second - range.first;
  if (!unbatched.empty() && count % layout.groupSize != 0)
    return makeError("value " + unbatched +
                     " has no axis of samples, so that padding would count: "
                     "expected a multiple of " +
                     Twine(layout.groupSize) +
                     " samples, the model's batch, "
                     "got " +
                     Twine(count));
  qdot_rt_reset();
  return Calibrator(model, request, *runner, *data)
      .run({range.first, range.second});
}

Expected<statistics::StatisticsFile>
qdot::driver::calibrate(Session &session, mlir::ModuleOp module,
                        const CalibrationRequest &request) {
  auto entry = findEntry(module, request.entry);
  if (!entry)
    return entry.takeError();
  std::string name = entry->getName().str();
  int64_t axis = request.channelAxis;
  auto target = findTarget("host");
  if (!target)
    return target.takeError();
  Error error = session.runPasses(module, "preparing the model",
                                  [&](mlir::OpPassManager &pm) {
                                    buildPreparePipeline(pm);
                                    pm.addPass(createObserveValues({axis}));
                                    pm.addPass(createShareObservations());
                                  });
  if (error)
    return {std::move(error)};
  if (axis != 0 && !isAnyByChannel(module))
    return makeError("--channel-axis=" + Twine(axis) +
                     ": expected an axis of an observed value, got one that "
                     "none has");
  std::string unbatched;
  if (ObserveOp found = findUnbatched(module, getStaticBatch(*entry)))
    unbatched = found.getSite().getKey().str();
  const HostSymbol symbols[] = {
      createSymbol("_mlir_ciface_qdot_rt_observe_f32",
                   _mlir_ciface_qdot_rt_observe_f32),
      createSymbol("_mlir_ciface_qdot_rt_observe_channels_f32",
                   _mlir_ciface_qdot_rt_observe_channels_f32),
      createSymbol("_mlir_ciface_qdot_rt_observe_moved_f32",
                   _mlir_ciface_qdot_rt_observe_moved_f32),
      createSymbol("_mlir_ciface_qdot_rt_observe_i8",
                   _mlir_ciface_qdot_rt_observe_i8),
      createSymbol("_mlir_ciface_qdot_rt_observe_i32",
                   _mlir_ciface_qdot_rt_observe_i32)};
  auto model =
      loadCompiled(session, module, {{*target}, "qdot", name}, symbols);
  if (!model)
    return model.takeError();
  auto file = observe(**model, request, unbatched);
  if (file && file->records.empty())
    return makeError("function '" + name +
                     "' has no value to quantize: what it computes (a softmax, "
                     "integers, nothing) stays as it is");
  return file;
}

Error qdot::driver::equalizeChannels(Session &session, mlir::ModuleOp module) {
  return session.runPasses(module, "equalizing the model",
                           [](mlir::OpPassManager &pm) {
                             buildPreparePipeline(pm);
                             pm.addPass(createEqualizeChannels());
                           });
}
