//===- Samples.cpp - Running a model over arrays of samples ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "Support.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

using namespace llvm;
using namespace qdot::driver;

Element qdot::driver::getElement(mlir::RankedTensorType type) {
  mlir::Type element = type.getElementType();
  bool isSigned = !element.isUnsignedInteger();
  if (auto quantized = mlir::dyn_cast<mlir::quant::QuantizedType>(element)) {
    isSigned = quantized.isSigned();
    element = quantized.getStorageType();
  }
  if (element.isF32())
    return Element::F32;
  if (element.isF64())
    return Element::F64;
  switch (element.getIntOrFloatBitWidth()) {
  case 8:
    return isSigned ? Element::I8 : Element::U8;
  case 16:
    return isSigned ? Element::I16 : Element::U16;
  case 32:
    return Element::I32;
  default:
    return Element::I64;
  }
}

/// Whether the first axes of all arguments are the same or open, and those of
/// the results as well, unless there is one row only.
static bool hasRows(const EntryPoint &entry) {
  auto areRows = [](ArrayRef<mlir::RankedTensorType> types, int64_t rows) {
    return all_of(types, [&](mlir::RankedTensorType type) {
      return type.getRank() != 0 &&
             (type.isDynamicDim(0) || type.getDimSize(0) == rows);
    });
  };
  for (mlir::RankedTensorType type : entry.inputs) {
    if (type.getRank() == 0 || type.isDynamicDim(0))
      continue;
    int64_t rows = type.getDimSize(0);
    return areRows(entry.inputs, rows) &&
           (rows == 1 || areRows(entry.outputs, rows));
  }
  return true;
}

/// Whether the arrays are the arguments of one call of a model without rows.
static bool isOneCall(ArrayRef<InputData> data, const EntryPoint &entry) {
  auto fits = [](std::tuple<const InputData &, mlir::RankedTensorType> pair) {
    const auto &[file, type] = pair;
    return file.isArray() && type.getRank() != 0 &&
           file.getShape() == type.getShape();
  };
  return data.size() == entry.inputs.size() && !hasRows(entry) &&
         all_of(zip(data, entry.inputs), fits);
}

Expected<std::vector<InputData>>
qdot::driver::readData(ArrayRef<std::string> paths, const EntryPoint &entry) {
  SmallVector<InputData::Wanted> wanted;
  for (const mlir::RankedTensorType &type : entry.inputs)
    wanted.push_back({driver::getElement(type), type.getShape()});
  Expected<std::vector<InputData>> data = readInputs(paths, wanted);
  if (data && isOneCall(*data, entry))
    for (InputData &file : *data)
      file.makeOneSample();
  return data;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static Error shapeError(const InputData &file, size_t index,
                        ArrayRef<int64_t> wanted, const Twine &why) {
  return makeError(file.getPath() + ": data of shape " +
                   printShape(file.getShape()) + " does not fit argument #" +
                   Twine(index) + " of shape " + printShape(wanted) + ": " +
                   why);
}

/// Whether `file` is one row per sample (true) or one tensor per sample
/// (false).
static Expected<bool> matchInput(const InputData &file, size_t index,
                                 ArrayRef<int64_t> wanted) {
  ArrayRef<int64_t> shape = file.getShape();
  if (shape.empty())
    return shapeError(file, index, wanted, "it has no axis of samples");
  ArrayRef<int64_t> sample = shape.drop_front();
  if (!wanted.empty() && sample == wanted.drop_front())
    return true;
  if (sample == wanted)
    return false;
  ArrayRef<int64_t> expected = wanted.empty() ? wanted : wanted.drop_front();
  return shapeError(file, index, wanted,
                    "expected samples of shape " + printShape(expected) +
                        " on the first axis, got " + printShape(sample));
}

/// The group size that the static batch dimensions demand, or 0.
static Expected<int64_t> findStaticBatch(const EntryPoint &entry) {
  int64_t batch = 0;
  for (auto [index, type] : llvm::enumerate(entry.inputs)) {
    if (type.isDynamicDim(0))
      continue;
    if (batch != 0 && batch != type.getDimSize(0))
      return makeError("argument #" + Twine(index) + " has a batch of " +
                       Twine(type.getDimSize(0)) + ", another one has " +
                       Twine(batch));
    batch = type.getDimSize(0);
  }
  return batch;
}

static Expected<SampleLayout> matchInputs(const EntryPoint &entry,
                                          ArrayRef<InputData> data,
                                          int64_t batch) {
  if (data.size() != entry.inputs.size())
    return makeError("expected one --data file per argument, " +
                     Twine(entry.inputs.size()) + ", got " +
                     Twine(data.size()));
  SampleLayout layout;
  for (auto [index, type] : llvm::enumerate(entry.inputs)) {
    Expected<bool> isBatched = matchInput(data[index], index, type.getShape());
    if (!isBatched)
      return isBatched.takeError();
    int64_t numSamples = data[index].getShape().front();
    if (index > 0 && numSamples != layout.numSamples)
      return makeError(data[index].getPath() + ": " + Twine(numSamples) +
                       " samples, but " + data[0].getPath() + " has " +
                       Twine(layout.numSamples));
    if (index > 0 && *isBatched != layout.isBatched)
      return shapeError(data[index], index, type.getShape(),
                        "the arguments disagree about a batch dimension");
    layout.numSamples = numSamples;
    layout.isBatched = *isBatched;
    layout.isOneCall = data[index].isOneSample();
  }
  if (!layout.isBatched)
    return layout;
  Expected<int64_t> fixed = findStaticBatch(entry);
  if (!fixed)
    return fixed.takeError();
  layout.groupSize = *fixed ? *fixed : std::min(batch, layout.numSamples);
  return layout;
}

static Expected<ResultShape> matchResult(mlir::RankedTensorType type,
                                         size_t index,
                                         const SampleLayout &layout) {
  ArrayRef<int64_t> sample = type.getShape();
  bool hasRows = layout.isBatched && !sample.empty() &&
                 (sample[0] < 0 || sample[0] == layout.groupSize);
  if (hasRows)
    sample = sample.drop_front();
  else if (layout.groupSize != 1)
    return makeError("result #" + Twine(index) + " of shape " +
                     printShape(sample) + " does not have one row for each of " +
                     Twine(layout.groupSize) + " samples");
  ResultShape result;
  result.element = getElement(type);
  result.sampleBytes = getElementSize(result.element);
  result.shape.push_back(layout.numSamples);
  for (int64_t size : sample) {
    result.shape.push_back(size);
    result.sampleBytes *= size;
  }
  return result;
}

Expected<SampleRunner> SampleRunner::create(const EntryPoint &entry,
                                            ArrayRef<InputData> data,
                                            int64_t batch) {
  SampleRunner runner;
  runner.data = data;
  Expected<SampleLayout> layout = matchInputs(entry, data, batch);
  if (!layout)
    return layout.takeError();
  runner.layout = *layout;
  for (mlir::RankedTensorType type : entry.inputs)
    runner.inputElements.push_back(driver::getElement(type));
  for (auto [index, type] : llvm::enumerate(entry.outputs)) {
    Expected<ResultShape> result = matchResult(type, index, *layout);
    if (!result)
      return result.takeError();
    runner.results.push_back(std::move(*result));
  }
  return runner;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// The buffers of one thread.
struct SampleRunner::Workspace {
  explicit Workspace(const SampleRunner &runner) {
    int64_t group = runner.layout.groupSize;
    for (auto [file, element] : llvm::zip(runner.data, runner.inputElements))
      add(group * file.getSampleSize() * getElementSize(element));
    for (const ResultShape &result : runner.results)
      add(group * result.sampleBytes);
  }

  char *getInput(size_t index) { return buffers[index].data(); }
  ArrayRef<void *> getOutputs(size_t numInputs) const {
    return ArrayRef(pointers).drop_front(numInputs);
  }

  std::vector<std::vector<char>> buffers;
  SmallVector<void *> pointers;

private:
  void add(int64_t bytes) {
    buffers.emplace_back(bytes);
    pointers.push_back(buffers.back().data());
  }
};

Error SampleRunner::runGroup(const Executable &model, Workspace &workspace,
                             int64_t group, Range range,
                             const Callbacks &callbacks) const {
  int64_t first = range.begin + group * layout.groupSize;
  int64_t count = std::min(layout.groupSize, range.end - first);
  for (auto [index, file] : llvm::enumerate(data)) {
    char *buffer = workspace.getInput(index);
    Element element = inputElements[index];
    if (Error error = file.readSamples(first, count, element, buffer))
      return error;
    int64_t bytes = file.getSampleSize() * getElementSize(element);
    for (int64_t at = count; at < layout.groupSize; ++at)
      std::memcpy(buffer + at * bytes, buffer, bytes);
  }
  if (callbacks.before)
    callbacks.before(count,
                     ArrayRef(workspace.pointers).take_front(data.size()));
  auto start = std::chrono::steady_clock::now();
  if (Error error = model.run(workspace.pointers, layout.groupSize))
    return error;
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  if (!callbacks.after)
    return Error::success();
  return callbacks.after(
      group, {first, count, workspace.getOutputs(data.size()), time.count()});
}

namespace {
/// The error of the lowest group, from any thread.
class FirstError {
public:
  void set(int64_t group, Error error) {
    std::lock_guard<std::mutex> lock(mutex);
    if (first < 0 || group < first) {
      first = group;
      message = toString(std::move(error));
    } else {
      consumeError(std::move(error));
    }
    isSet = true;
  }
  Error take() { return first < 0 ? Error::success() : makeError(message); }

  std::atomic<bool> isSet{false};

private:
  std::mutex mutex;
  int64_t first = -1;
  std::string message;
};
} // namespace

Error SampleRunner::run(const Executable &model, unsigned threads,
                        const Callbacks &callbacks) const {
  return runRange(model, threads, callbacks, {0, layout.numSamples})
      .takeError();
}

Expected<int64_t>
SampleRunner::runRange(const Executable &model, unsigned threads,
                       const Callbacks &callbacks, Range range,
                       function_ref<bool()> shouldStop) const {
  int64_t numGroups =
      (range.end - range.begin + layout.groupSize - 1) / layout.groupSize;
  std::mutex mutex;
  int64_t next = 0;
  FirstError firstError;
  // Groups are handed out in order, so every group below a failing one, or
  // below the first that was not started, runs.
  auto takeGroup = [&] {
    std::lock_guard<std::mutex> lock(mutex);
    // At least one, so that there is progress however often it stops.
    if (next == numGroups || (next != 0 && shouldStop && shouldStop()))
      return numGroups;
    return next++;
  };
  auto work = [&] {
    Workspace workspace(*this);
    while (!firstError.isSet) {
      int64_t group = takeGroup();
      if (group == numGroups)
        return;
      if (Error error = runGroup(model, workspace, group, range, callbacks))
        firstError.set(group, std::move(error));
    }
  };
  int64_t extra = std::min<int64_t>(threads, numGroups) - 1;
  std::vector<std::thread> pool;
  for (int64_t i = 0; i < extra; ++i)
    pool.emplace_back(work);
  work();
  for (std::thread &thread : pool)
    thread.join();
  if (Error error = firstError.take())
    return std::move(error);
  return std::min(range.begin + next * layout.groupSize, range.end);
}
