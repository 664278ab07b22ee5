//===- LoadEmulated.cpp - Compiled models in QEMU -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emulation.h"
#include "Executable.h"
#include "Link.h"
#include "Samples.h"
#include "Support.h"
#include "Threads.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <mutex>
#include <vector>

using namespace llvm;
using namespace qdot::driver;

/// The loader of AArch64's ABI for Linux.
static constexpr StringLiteral loader("/lib/ld-linux-aarch64.so.1");
static constexpr int64_t alignment = 64;

static int64_t getBytes(mlir::RankedTensorType type, int64_t batch) {
  int64_t bytes = getElementSize(getElement(type));
  for (int64_t size : type.getShape())
    bytes *= size < 0 ? batch : size;
  return bytes;
}

namespace {
/// Where the buffers of a call lie in one block: see `addServer`.
struct Layout {
  Layout(const EntryPoint &entry, int64_t batch) {
    words.push_back(batch);
    for (mlir::RankedTensorType type : entry.inputs)
      add(getBytes(type, batch));
    inputBytes = size;
    for (mlir::RankedTensorType type : entry.outputs)
      add(getBytes(type, batch));
    outputBytes = size - inputBytes;
    add(entry.workspaceBytes.value_or(0));
    words.append({inputBytes, inputBytes, outputBytes, size});
    words.append(offsets.begin(), offsets.end());
  }

  int64_t inputBytes, outputBytes, size = 0;
  SmallVector<int64_t> offsets, sizes;
  /// The head of the request.
  SmallVector<int64_t> words;

private:
  /// Also an empty buffer has an address of its own.
  void add(int64_t bytes) {
    offsets.push_back(size);
    sizes.push_back(bytes);
    size += std::max<int64_t>(alignTo(bytes, alignment), alignment);
  }
};

class EmulatedExecutable : public Executable {
public:
  EmulatedExecutable(EntryPoint entry, SmallString<128> path,
                     std::unique_ptr<EmulatedProcess> process)
      : Executable(std::move(entry)), path(std::move(path)),
        process(std::move(process)) {}
  ~EmulatedExecutable() override {
    process.reset();
    sys::fs::remove(path);
  }

  Error run(ArrayRef<void *> pointers, int64_t batch) const override {
    Layout layout(getEntry(), batch);
    std::vector<char> bytes(std::max(layout.inputBytes, layout.outputBytes));
    size_t numInputs = getEntry().inputs.size();
    for (size_t i = 0; i < numInputs; ++i)
      std::memcpy(&bytes[layout.offsets[i]], pointers[i], layout.sizes[i]);
    int32_t status = 0;
    if (Error error = exchange(layout, bytes, status))
      return error;
    if (status != 0)
      return makeStatusError(status);
    for (size_t i = numInputs; i < pointers.size(); ++i)
      std::memcpy(pointers[i], &bytes[layout.offsets[i] - layout.inputBytes],
                  layout.sizes[i]);
    return Error::success();
  }

private:
  /// One call: `bytes` are the inputs before and the outputs behind it.
  Error exchange(const Layout &layout, std::vector<char> &bytes,
                 int32_t &status) const {
    std::lock_guard<std::mutex> lock(mutex);
    ArrayRef<int64_t> words(layout.words);
    ArrayRef<char> head(reinterpret_cast<const char *>(words.data()),
                        words.size() * sizeof(int64_t));
    if (Error error = process->send(head))
      return error;
    if (Error error =
            process->send(ArrayRef(bytes).take_front(layout.inputBytes)))
      return error;
    if (Error error = process->receive(
            {reinterpret_cast<char *>(&status), sizeof(status)}))
      return error;
    return process->receive(
        MutableArrayRef(bytes).take_front(layout.outputBytes));
  }

  SmallString<128> path;
  std::unique_ptr<EmulatedProcess> process;
  /// The program serves one call at a time.
  mutable std::mutex mutex;
};
} // namespace

/// The object of a program that serves the first entry point.
static Expected<SmallVector<char, 0>>
createServer(CompiledModel &model, const CompileRequest &request) {
  const EntryPoint &entry = model.entries.front();
  std::string packed = addPackedEntry(model, entry);
  size_t numPointers = entry.inputs.size() + entry.outputs.size() + 1;
  // Several targets: the model itself chooses.
  StringRef features =
      request.targets.size() == 1 ? StringRef(request.targets[0].features) : "";
  if (Error error = addServer(model, packed, numPointers, features))
    return {std::move(error)};
  addOneThread(model);
  return model.emit(CodeGenFileType::ObjectFile);
}

Expected<std::unique_ptr<Executable>>
qdot::driver::loadEmulated(Session &session, mlir::ModuleOp module,
                           const CompileRequest &request) {
  const TargetSpec &target = request.targets.front();
  Expected<Emulator> emulator = findEmulator(target);
  if (!emulator)
    return emulator.takeError();
  Expected<CompiledModel> model = compileModel(session, module, request);
  if (!model)
    return model.takeError();
  auto object = createServer(*model, request);
  if (!object)
    return object.takeError();
  SmallString<128> path;
  if (std::error_code code = sys::fs::createTemporaryFile("qdot", "", path))
    return makeError("cannot create a temporary file: " + code.message());
  FileRemover remover(path);
  if (Error error =
          linkProgram(*object, target.triple, loader, emulator->root, path))
    return {std::move(error)};
  auto process = EmulatedProcess::start(*emulator, path);
  if (!process)
    return process.takeError();
  remover.releaseFile();
  return std::make_unique<EmulatedExecutable>(model->entries.front(), path,
                                              std::move(*process));
}
