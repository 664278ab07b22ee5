//===- CompareModels.cpp - Running two models side by side ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompareModels.h"
#include "Capture.h"
#include "Executable.h"
#include "Labels.h"
#include "Samples.h"
#include "Support.h"
#include "qdot/Numerics/Quantization.h"
#include "qdot/Observe/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include <algorithm>
#include <cstring>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

static AffineStorage getStorage(mlir::quant::UniformQuantizedType type) {
  return {type.getScale(), type.getZeroPoint(), type.getStorageTypeMin(),
          type.getStorageTypeMax()};
}

/// The storage of an input or output, when the model takes integers there.
static std::optional<AffineStorage> getStorage(mlir::RankedTensorType type) {
  auto uniform = mlir::dyn_cast<mlir::quant::UniformQuantizedType>(
      type.getElementType());
  if (!uniform)
    return std::nullopt;
  return getStorage(uniform);
}

/// Real values as the elements of `type`: quantized (rule Q6), or as they are.
static Error encode(ArrayRef<float> values, mlir::RankedTensorType type,
                    std::vector<char> &out) {
  std::optional<AffineStorage> storage = getStorage(type);
  Element element = driver::getElement(type);
  if (!storage && element == Element::F32) {
    out.resize(values.size() * sizeof(float));
    std::memcpy(out.data(), values.data(), out.size());
    return Error::success();
  }
  if (!storage || (element != Element::I8 && element != Element::U8))
    return makeError("cannot feed real values to an argument of " +
                     driver::getElementName(element));
  out.resize(values.size());
  for (auto [index, value] : llvm::enumerate(values))
    out[index] = static_cast<char>(
        numerics::quantize(value, {storage->scale, storage->zeroPoint},
                           {storage->min, storage->max}));
  return Error::success();
}

/// The elements of a result as floats: integers stay integers.
static std::vector<float> decode(const void *data, int64_t count,
                                 Element element) {
  std::vector<float> values(count);
  auto copy = [&](auto *typed) { std::copy_n(typed, count, values.begin()); };
  switch (element) {
  case Element::F32:
    copy(static_cast<const float *>(data));
    break;
  case Element::I8:
    copy(static_cast<const int8_t *>(data));
    break;
  case Element::U8:
    copy(static_cast<const uint8_t *>(data));
    break;
  case Element::I16:
    copy(static_cast<const int16_t *>(data));
    break;
  case Element::I32:
    copy(static_cast<const int32_t *>(data));
    break;
  case Element::I64:
    copy(static_cast<const int64_t *>(data));
    break;
  default:
    llvm_unreachable("refused by isComparable");
  }
  return values;
}

/// True for what `decode` reads.
static bool isComparable(Element element) {
  return element != Element::F64 && element != Element::U16 &&
         element != Element::F16;
}

namespace {
/// The integer model, called with the samples that the float model just saw.
class IntegerRunner {
public:
  IntegerRunner(const Executable &model, ArrayRef<InputData> data,
                const SampleLayout &layout)
      : model(model), data(data), layout(layout) {}

  /// The arguments and results must pair up with those of the float model.
  Error check(const EntryPoint &other) const {
    const EntryPoint &entry = model.getEntry();
    if (entry.inputs.size() != other.inputs.size() ||
        entry.outputs.size() != other.outputs.size())
      return makeError("the models have different numbers of arguments or "
                       "results");
    for (auto [index, pair] :
         llvm::enumerate(llvm::zip(entry.inputs, other.inputs)))
      if (std::get<0>(pair).getShape() != std::get<1>(pair).getShape())
        return makeError("argument #" + Twine(index) + " has shape " +
                         printShape(std::get<1>(pair).getShape()) +
                         " in the first model and " +
                         printShape(std::get<0>(pair).getShape()) +
                         " in the second");
    for (mlir::RankedTensorType type : entry.outputs) {
      Element element = driver::getElement(type);
      if (!isComparable(element))
        return makeError("cannot compare results of " +
                         driver::getElementName(element));
    }
    return Error::success();
  }

  Error run(const GroupResult &group) {
    pointers.clear();
    buffers.resize(data.size() + model.getEntry().outputs.size());
    for (auto [index, file] : llvm::enumerate(data))
      if (Error error = addInput(file, index, group))
        return error;
    for (auto [index, type] : llvm::enumerate(model.getEntry().outputs)) {
      std::vector<char> &buffer = buffers[data.size() + index];
      buffer.resize(getNumElements(type) *
                    getElementSize(driver::getElement(type)));
      pointers.push_back(buffer.data());
    }
    return model.run(pointers, layout.groupSize);
  }

  const void *getOutput(size_t index) const {
    return pointers[data.size() + index];
  }

private:
  int64_t getNumElements(mlir::RankedTensorType type) const {
    int64_t count = 1;
    for (int64_t size : type.getShape())
      count *= size < 0 ? layout.groupSize : size;
    return count;
  }

  Error addInput(const InputData &file, size_t index, const GroupResult &group) {
    mlir::RankedTensorType type = model.getEntry().inputs[index];
    Element element = driver::getElement(type);
    if (!getStorage(type) && element != Element::F32) {
      // Integers of the model itself: tokens, positions, masks.
      buffers[index].assign(layout.groupSize * file.getSampleSize() *
                                getElementSize(element),
                            0);
      pointers.push_back(buffers[index].data());
      return file.readSamples(group.firstSample, group.count, element,
                              buffers[index].data());
    }
    std::vector<float> values(layout.groupSize * file.getSampleSize());
    if (Error error =
            file.readSamples(group.firstSample, group.count, Element::F32,
                             reinterpret_cast<char *>(values.data())))
      return error;
    if (Error error = encode(values, type, buffers[index]))
      return error;
    pointers.push_back(buffers[index].data());
    return Error::success();
  }

  const Executable &model;
  ArrayRef<InputData> data;
  SampleLayout layout;
  std::vector<std::vector<char>> buffers;
  SmallVector<void *> pointers;
};

/// Compares group after group.
class ModelComparer {
public:
  ModelComparer(const EntryPoint &entry, const SampleRunner &runner,
                IntegerRunner &other, const EntryPoint &otherEntry,
                const Labels &labels)
      : runner(runner), other(other), otherEntry(otherEntry), labels(labels) {
    comparison.numSamples = runner.getLayout().numSamples;
    comparison.hasLabels = labels.areClasses();
    for (size_t index = 0; index < entry.outputs.size(); ++index) {
      ValueComparison value;
      value.name = "result #" + std::to_string(index);
      value.storage = getStorage(otherEntry.outputs[index]);
      comparison.results.push_back(value);
    }
  }

  void addSites(
      const MapVector<StringRef, mlir::quant::UniformQuantizedType> &sites) {
    for (auto [site, type] : sites) {
      ValueComparison value;
      value.name = site.str();
      value.storage = getStorage(type);
      comparison.values.push_back(value);
    }
  }

  /// Labels must fit the first result.
  Error checkLabels() const { return labels.check(getSampleShape()); }

  Error addGroup(const GroupResult &group) {
    // The float model's values; the integer model overwrites the capture.
    CapturedTensors real = std::move(getCapture());
    getCapture().clear();
    if (Error error = other.run(group))
      return error;
    CapturedTensors integers = std::move(getCapture());
    getCapture().clear();
    for (ValueComparison &value : comparison.values)
      if (Error error = addValue(value, real, integers, group))
        return error;
    if (comparison.floatOnly.empty())
      for (const auto &[site, tensor] : real)
        if (!integers.count(site))
          comparison.floatOnly.push_back(site);
    return addResults(group);
  }

  Comparison comparison;

private:
  ArrayRef<int64_t> getSampleShape() const {
    return ArrayRef(runner.getResults()[0].shape).drop_front();
  }
  /// The number of leading elements that belong to real samples.
  int64_t getValidElements(const CapturedTensor &tensor,
                           const GroupResult &group) const {
    int64_t size = runner.getLayout().groupSize;
    int64_t total = tensor.values.size();
    if (!runner.getLayout().isBatched || tensor.getRows() == 0 ||
        tensor.getRows() % size != 0)
      return total;
    return total / size * group.count;
  }

  Error addValue(ValueComparison &value, const CapturedTensors &real,
                 const CapturedTensors &integers, const GroupResult &group) {
    auto lhs = real.find(value.name), rhs = integers.find(value.name);
    if (lhs == real.end())
      return makeError("value " + value.name +
                       " of the second model does not occur in the first; is "
                       "it made from it?");
    if (rhs == integers.end())
      return Error::success();
    if (lhs->second.values.size() != rhs->second.values.size())
      return makeError("value " + value.name + " has shape " +
                       printShape(lhs->second.shape) +
                       " in the first model and " +
                       printShape(rhs->second.shape) + " in the second");
    int64_t count = getValidElements(lhs->second, group);
    value.add(ArrayRef(lhs->second.values).take_front(count),
              ArrayRef(rhs->second.values).take_front(count));
    return Error::success();
  }

  Error addResults(const GroupResult &group) {
    for (auto [index, value] : llvm::enumerate(comparison.results)) {
      const ResultShape &shape = runner.getResults()[index];
      if (!isComparable(shape.element))
        return makeError("cannot compare results of " +
                         driver::getElementName(shape.element));
      int64_t count =
          shape.sampleBytes / getElementSize(shape.element) * group.count;
      std::vector<float> real =
          decode(group.outputs[index], count, shape.element);
      std::vector<float> integers =
          decode(other.getOutput(index), count,
                 driver::getElement(otherEntry.outputs[index]));
      value.add(real, integers);
      if (index > 0 || shape.element != Element::F32)
        continue;
      if (Error error = addClasses(real, integers, group))
        return error;
      if (Error error = addErrors(real, integers, value, group))
        return error;
    }
    return Error::success();
  }

  /// Top-1 along the last dimension; scale and zero point do not change it.
  Error addClasses(ArrayRef<float> real, ArrayRef<float> integers,
                   const GroupResult &group) {
    ArrayRef<int64_t> shape = getSampleShape();
    if (shape.empty() || shape.back() < 2)
      return Error::success();
    std::vector<int64_t> right;
    if (labels.areClasses()) {
      auto values = labels.getClasses(group.firstSample, group.count);
      if (!values)
        return values.takeError();
      right = std::move(*values);
    }
    if (!comparison.classes)
      comparison.classes.emplace();
    ClassComparison &classes = *comparison.classes;
    size_t size = shape.back();
    for (size_t row = 0; row < real.size() / size; ++row) {
      auto argmax = [&](ArrayRef<float> values) -> int64_t {
        ArrayRef<float> slice = values.slice(row * size, size);
        return std::max_element(slice.begin(), slice.end()) - slice.begin();
      };
      int64_t lhs = argmax(real), rhs = argmax(integers);
      ++classes.count;
      classes.agreeing += lhs == rhs;
      classes.floatRight += !right.empty() && lhs == right[row];
      classes.otherRight += !right.empty() && rhs == right[row];
    }
    return Error::success();
  }

  Error addErrors(ArrayRef<float> real, ArrayRef<float> integers,
                  const ValueComparison &value, const GroupResult &group) {
    if (!labels.isGiven() || labels.areClasses())
      return Error::success();
    auto targets = labels.getTargets(group.firstSample, group.count);
    if (!targets)
      return targets.takeError();
    if (!comparison.errors)
      comparison.errors.emplace();
    for (auto [index, target] : llvm::enumerate(*targets)) {
      double y = value.storage ? value.storage->toReal(integers[index])
                               : double(integers[index]);
      comparison.errors->floatSum += (real[index] - target) *
                                     (real[index] - target);
      comparison.errors->otherSum += (y - target) * (y - target);
      ++comparison.errors->count;
    }
    return Error::success();
  }

  const SampleRunner &runner;
  IntegerRunner &other;
  const EntryPoint &otherEntry;
  const Labels &labels;
};
} // namespace

static Expected<std::unique_ptr<Executable>>
loadCapturing(Session &session, mlir::ModuleOp module, StringRef name) {
  auto entry = findEntry(module, name);
  if (!entry)
    return entry.takeError();
  auto target = findTarget("host");
  if (!target)
    return target.takeError();
  return loadCompiled(session, module,
                      {{*target}, "qdot", entry->getName().str()},
                      getCaptureSymbols());
}

Expected<Comparison>
qdot::driver::compareModels(Session &session, mlir::ModuleOp floatModule,
                            mlir::ModuleOp intModule,
                            const ComparisonRequest &request) {
  Error error = session.runPasses(floatModule, "preparing the first model",
                                  [](mlir::OpPassManager &pm) {
                                    buildPreparePipeline(pm);
                                    pm.addPass(createObserveValues());
                                  });
  if (error)
    return {std::move(error)};
  auto sites = observeIntegers(intModule);
  if (sites.empty())
    return makeError("the second model holds no quantized value");
  auto floatModel = loadCapturing(session, floatModule, request.entry);
  if (!floatModel)
    return floatModel.takeError();
  auto intModel = loadCapturing(session, intModule, request.entry);
  if (!intModel)
    return intModel.takeError();

  const EntryPoint &entry = (*floatModel)->getEntry();
  auto data = readData(request.data, entry);
  if (!data)
    return data.takeError();
  auto runner = SampleRunner::create(entry, *data, request.batch);
  if (!runner)
    return runner.takeError();
  auto labels = Labels::read(request.labels, runner->getLayout().numSamples);
  if (!labels)
    return labels.takeError();
  IntegerRunner integerRunner(**intModel, *data, runner->getLayout());
  if (Error error = integerRunner.check(entry))
    return {std::move(error)};
  ModelComparer comparer(entry, *runner, integerRunner,
                         (*intModel)->getEntry(), *labels);
  comparer.addSites(sites);
  if (Error error = comparer.checkLabels())
    return {std::move(error)};
  Progress progress("compare", runner->getLayout().numSamples,
                    request.isQuiet);
  auto after = [&](int64_t, const GroupResult &group) -> Error {
    progress.advance(group.count);
    return comparer.addGroup(group);
  };
  // One thread: the sums are then in the order of the samples.
  if (Error error = runner->run(**floatModel, 1, {nullptr, after}))
    return {std::move(error)};
  return std::move(comparer.comparison);
}
