//===- Evaluation.cpp - How much a quantized model loses ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluation.h"
#include "Executable.h"
#include "Samples.h"
#include "Support.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

Expected<std::vector<float>> Evaluator::run(mlir::ModuleOp module) {
  auto entry = findEntry(module, request.entry);
  if (!entry)
    return entry.takeError();
  auto target = findTarget("host");
  if (!target)
    return target.takeError();
  auto model = loadCompiled(session, module,
                            {{*target}, "qdot", entry->getName().str()});
  if (!model)
    return model.takeError();
  if (data.empty()) {
    auto samples = readData(request.data, (*model)->getEntry());
    if (!samples)
      return samples.takeError();
    data = std::move(*samples);
  }
  auto runner = SampleRunner::create((*model)->getEntry(), data, request.batch);
  if (!runner)
    return runner.takeError();
  if (runner->getResults().empty() ||
      runner->getResults()[0].element != Element::F32)
    return makeError("the first result of the model is not f32");
  const ResultShape &shape = runner->getResults()[0];
  sampleShape.assign(shape.shape.begin() + 1, shape.shape.end());
  int64_t size = shape.sampleBytes / sizeof(float);
  std::vector<float> values(runner->getLayout().numSamples * size);
  auto after = [&](int64_t, const GroupResult &group) -> Error {
    std::copy_n(static_cast<const float *>(group.outputs[0]),
                group.count * size, values.begin() + group.firstSample * size);
    return Error::success();
  };
  if (Error error = runner->run(**model, 1, {nullptr, after}))
    return {std::move(error)};
  return values;
}

Expected<std::unique_ptr<Evaluator>>
Evaluator::create(Session &session, mlir::ModuleOp floatModule,
                  const EvaluationRequest &request) {
  std::unique_ptr<Evaluator> evaluator(new Evaluator(session, request));
  auto real = evaluator->run(floatModule);
  if (!real)
    return real.takeError();
  evaluator->real = std::move(*real);
  if (!evaluator->sampleShape.empty())
    evaluator->rowSize = evaluator->sampleShape.back();
  int64_t numSamples = evaluator->data[0].getShape().front();
  auto labels = Labels::read(request.labels, numSamples);
  if (!labels)
    return labels.takeError();
  if (Error error = labels->check(evaluator->sampleShape))
    return {std::move(error)};
  if (!labels->isGiven())
    return evaluator;
  if (labels->areClasses()) {
    auto classes = labels->getClasses(0, numSamples);
    if (!classes)
      return classes.takeError();
    evaluator->classes = std::move(*classes);
    return evaluator;
  }
  auto targets = labels->getTargets(0, numSamples);
  if (!targets)
    return targets.takeError();
  evaluator->targets = std::move(*targets);
  return evaluator;
}

StringRef Evaluator::getLossName() const {
  if (!classes.empty())
    return "points of top-1";
  if (!targets.empty())
    return "percent of error";
  return hasRows() ? "percent of other top-1" : "percent of difference";
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

static int64_t argmax(ArrayRef<float> row) {
  return std::max_element(row.begin(), row.end()) - row.begin();
}

/// Root mean square of `lhs - rhs`, times the root of the count.
template <typename T, typename U>
static double distance(ArrayRef<T> lhs, ArrayRef<U> rhs) {
  double sum = 0;
  for (auto [x, y] : zip_equal(lhs, rhs))
    sum += (double(x) - double(y)) * (double(x) - double(y));
  return std::sqrt(sum);
}

template <typename T>
static double norm(ArrayRef<T> values) {
  double sum = 0;
  for (T value : values)
    sum += double(value) * double(value);
  return std::sqrt(sum);
}

static double percent(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

double Evaluator::getLoss(ArrayRef<float> values) const {
  ArrayRef<float> mine = values, theirs = real;
  if (!targets.empty())
    return percent(distance(mine, ArrayRef(targets)) -
                       distance(theirs, ArrayRef(targets)),
                   norm(ArrayRef(targets)));
  if (!hasRows())
    return percent(distance(mine, theirs), norm(theirs));
  int64_t numRows = mine.size() / rowSize, lost = 0;
  for (int64_t row = 0; row < numRows; ++row) {
    int64_t before = argmax(theirs.slice(row * rowSize, rowSize));
    int64_t after = argmax(mine.slice(row * rowSize, rowSize));
    if (classes.empty())
      lost += before != after;
    else
      lost += (before == classes[row]) - (after == classes[row]);
  }
  return percent(double(lost), double(numRows));
}

Expected<Score> Evaluator::evaluate(mlir::ModuleOp module) {
  auto values = run(module);
  if (!values)
    return values.takeError();
  double noise = distance(ArrayRef(*values), ArrayRef(real));
  double sqnr = noise > 0 ? 20 * std::log10(norm(ArrayRef(real)) / noise)
                          : std::numeric_limits<double>::infinity();
  return Score{sqnr, getLoss(*values)};
}
