//===- InputData.cpp - Samples from files, archives and folders -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputData.h"
#include "Files.h"
#include "Npz.h"
#include "Support.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace qdot::driver;

static bool isRaw(StringRef path) {
  return path.ends_with(".bin") || path.ends_with(".raw");
}

/// Splits FILE:SUFFIX where FILE ends as `isFile` says; a file that has a colon
/// in its name is a file.
static StringRef takeSuffix(StringRef &path,
                            function_ref<bool(StringRef)> isFile) {
  auto [file, suffix] = path.rsplit(':');
  if (suffix.empty() || !isFile(file) || sys::fs::exists(path))
    return "";
  path = file;
  return suffix;
}

InputData::InputData(NpyFile file) : path(file.getPath()) {
  shape.assign(file.getShape().begin(), file.getShape().end());
  sampleSize = file.getSampleSize();
  array.push_back(std::move(file));
}

//===----------------------------------------------------------------------===//
// Raw binaries
//===----------------------------------------------------------------------===//

static Expected<NpyFile> readRaw(StringRef path, StringRef elementName,
                                 const InputData::Wanted &wanted) {
  Element element = wanted.element;
  if (!elementName.empty()) {
    std::optional<Element> named = findElement(elementName);
    if (!named)
      return makeError(path + ": unknown element type '" + elementName + "'");
    element = *named;
  }
  if (Error error = checkInputPath(path))
    return std::move(error);
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  SmallVector<int64_t> shape = {0};
  uint64_t bytes = getElementSize(element);
  for (int64_t size : wanted.shape.drop_front(!wanted.shape.empty())) {
    shape.push_back(size);
    if (size < 0)
      return makeError(path +
                       ": a raw binary has no shape, and the argument "
                       "leaves it open: " +
                       printShape(wanted.shape));
    bytes *= size;
  }
  uint64_t total = (*file)->getBufferSize();
  if (total == 0 || total % bytes != 0)
    return makeError(path + ": expected a multiple of " + Twine(bytes) +
                     " bytes, a sample of " + getElementName(element) +
                     " of shape " + printShape(ArrayRef(shape).drop_front()) +
                     ", got " + Twine(total));
  shape.front() = total / bytes;
  return NpyFile::createRaw(std::move(*file), element, shape);
}

Expected<InputData> InputData::read(StringRef path, const Wanted &wanted) {
  if (sys::fs::is_directory(path))
    return readFolder(path, wanted);
  StringRef rawFile = path;
  StringRef elementName = takeSuffix(rawFile, isRaw);
  Expected<NpyFile> file = isRaw(rawFile)
                               ? readRaw(rawFile, elementName, wanted)
                               : NpyFile::read(path);
  if (!file)
    return file.takeError();
  return InputData(std::move(*file));
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

/// The .npy files of a folder by name, whatever order the system has.
static Expected<std::vector<std::string>> listArrays(StringRef path) {
  std::vector<std::string> files;
  std::error_code error;
  for (sys::fs::directory_iterator it(path, error), end; it != end && !error;
       it.increment(error))
    if (StringRef(it->path()).ends_with(".npy"))
      files.push_back(it->path());
  if (error)
    return makeError("cannot read '" + path + "': " + error.message());
  if (files.empty())
    return makeError(path + ": the folder has no .npy file");
  llvm::sort(files);
  return files;
}

/// Whether an array is one sample rather than samples on its first axis.
static bool fitsOneSample(ArrayRef<int64_t> shape, ArrayRef<int64_t> wanted) {
  return shape == wanted || (!wanted.empty() && shape == wanted.drop_front());
}

Error InputData::addPart(const std::string &file, const Wanted &wanted) {
  Expected<NpyFile> npy = NpyFile::read(file);
  if (!npy)
    return npy.takeError();
  bool isFirst = parts.empty();
  bool isSample = fitsOneSample(npy->getShape(), wanted.shape);
  if (npy->getShape().empty() && !isSample)
    return makeError(file + ": the array has no axis of samples");
  ArrayRef<int64_t> sample = npy->getShape();
  // A sample may have the batch of the argument, which is then 1.
  bool hasBatch = isSample && sample == wanted.shape && !sample.empty() &&
                  sample.front() == 1;
  if (!isSample || hasBatch)
    sample = sample.drop_front();
  if (isFirst) {
    isSamplePerFile = isSample;
    shape.push_back(0);
    shape.append(sample.begin(), sample.end());
    for (int64_t size : sample)
      sampleSize *= size;
  }
  if (sample != ArrayRef(shape).drop_front() || isSample != isSamplePerFile)
    return makeError(file + ": shape " + printShape(npy->getShape()) +
                     " does not go with " + parts.front().path +
                     ", whose samples have shape " +
                     printShape(ArrayRef(shape).drop_front()));
  int64_t count = isSample ? 1 : npy->getShape().front();
  parts.push_back({file, shape.front(), count});
  shape.front() += count;
  return Error::success();
}

Expected<InputData> InputData::readFolder(StringRef path,
                                          const Wanted &wanted) {
  Expected<std::vector<std::string>> files = listArrays(path);
  if (!files)
    return files.takeError();
  InputData data;
  data.path = path.str();
  for (const std::string &file : *files)
    if (Error error = data.addPart(file, wanted))
      return {std::move(error)};
  return data;
}

Error InputData::readPart(const Part &part, int64_t first, int64_t count,
                          Element to, char *out) const {
  Expected<NpyFile> file = NpyFile::read(part.path);
  if (!file)
    return file.takeError();
  int64_t elements = 1;
  for (int64_t size : file->getShape())
    elements *= size;
  if (elements != part.count * sampleSize)
    return makeError(part.path + ": the file has changed");
  return isSamplePerFile ? file->readAll(to, out)
                         : file->readSamples(first, count, to, out);
}

void InputData::makeOneSample() {
  assert(isArray() && !isWhole && "expected samples of an array");
  sampleSize *= shape.front();
  shape.insert(shape.begin(), 1);
  isWhole = true;
}

Error InputData::readSamples(int64_t first, int64_t count, Element to,
                             char *out) const {
  if (isWhole)
    return array.front().readAll(to, out);
  if (!array.empty())
    return array.front().readSamples(first, count, to, out);
  size_t bytes = sampleSize * getElementSize(to);
  // The last part that starts at `first` or before.
  auto part = llvm::upper_bound(parts, first,
                                [](int64_t at, const Part &part) {
                                  return at < part.first;
                                }) -
              1;
  while (count != 0) {
    int64_t within = first - part->first;
    int64_t here = std::min(count, part->count - within);
    if (Error error = readPart(*part, within, here, to, out))
      return error;
    out += here * bytes;
    first += here;
    count -= here;
    ++part;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// All arguments
//===----------------------------------------------------------------------===//

static bool isNpz(StringRef path) { return path.ends_with(".npz"); }

/// Appends the arrays that an archive stands for.
static Error addArchive(StringRef path, std::vector<InputData> &inputs) {
  StringRef name = takeSuffix(path, isNpz);
  Expected<std::vector<NpyFile>> arrays = readNpz(path, name);
  if (!arrays)
    return arrays.takeError();
  for (NpyFile &array : *arrays)
    inputs.emplace_back(std::move(array));
  return Error::success();
}

static bool isArchive(StringRef path) {
  if (sys::fs::is_directory(path))
    return false;
  takeSuffix(path, isNpz);
  return isNpz(path);
}

Expected<std::vector<InputData>>
qdot::driver::readInputs(ArrayRef<std::string> paths,
                         ArrayRef<InputData::Wanted> wanted) {
  std::vector<InputData> inputs;
  for (const std::string &path : paths) {
    if (isArchive(path)) {
      if (Error error = addArchive(path, inputs))
        return {std::move(error)};
      continue;
    }
    if (inputs.size() >= wanted.size())
      return makeError("expected one --data file per argument, " +
                       Twine(wanted.size()) + ", got more: " + path);
    Expected<InputData> input = InputData::read(path, wanted[inputs.size()]);
    if (!input)
      return input.takeError();
    inputs.push_back(std::move(*input));
  }
  return inputs;
}
