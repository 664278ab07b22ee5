//===- Labels.cpp - Classes or targets of samples -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Labels.h"
#include "Support.h"

using namespace llvm;
using namespace qdot::driver;

Expected<Labels> Labels::read(StringRef path, int64_t numSamples) {
  Labels labels;
  if (path.empty())
    return labels;
  Expected<NpyFile> file = NpyFile::read(path);
  if (!file)
    return file.takeError();
  if (file->getShape().empty() || file->getShape().front() != numSamples)
    return makeError(path + ": labels of shape " +
                     printShape(file->getShape()) + " for " +
                     Twine(numSamples) + " samples");
  labels.file = std::move(*file);
  return labels;
}

bool Labels::areClasses() const {
  return file && file->getElement() != Element::F32 &&
         file->getElement() != Element::F64 &&
         file->getElement() != Element::F16;
}

Error Labels::check(ArrayRef<int64_t> sampleShape) const {
  if (!isGiven())
    return Error::success();
  int64_t wanted = 1;
  for (int64_t size : sampleShape)
    wanted *= size;
  if (areClasses())
    wanted = sampleShape.empty() ? 1 : wanted / sampleShape.back();
  if (file->getSampleSize() == wanted)
    return Error::success();
  return makeError(file->getPath() + ": " + Twine(file->getSampleSize()) +
                   " labels per sample, expected " + Twine(wanted) +
                   " for results of shape " + printShape(sampleShape));
}

template <typename T>
static Expected<std::vector<T>>
readSome(const NpyFile &file, int64_t firstSample, int64_t count, Element as) {
  std::vector<T> values(count * file.getSampleSize());
  if (Error error = file.readSamples(firstSample, count, as,
                                     reinterpret_cast<char *>(values.data())))
    return {std::move(error)};
  return values;
}

Expected<std::vector<int64_t>> Labels::getClasses(int64_t firstSample,
                                                  int64_t count) const {
  return readSome<int64_t>(*file, firstSample, count, Element::I64);
}

Expected<std::vector<double>> Labels::getTargets(int64_t firstSample,
                                                 int64_t count) const {
  return readSome<double>(*file, firstSample, count, Element::F64);
}
