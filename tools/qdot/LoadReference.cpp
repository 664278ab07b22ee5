//===- LoadReference.cpp - Models in the interpreter ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executable.h"
#include "Support.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "qdot/Codegen/EntryPoint.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Numerics/Interpreter.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"
#include <cstring>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

/// Signless i8 takes I8; quantized types are passed as their storage.
static HostElement getHostElement(mlir::Type type) {
  if (auto quantized = mlir::dyn_cast<mlir::quant::QuantizedType>(type)) {
    type = quantized.getStorageType();
    if (!quantized.isSigned() && type.isInteger(8))
      return HostElement::U8;
  }
  if (type.isF32())
    return HostElement::F32;
  if (type.isF64())
    return HostElement::F64;
  switch (type.getIntOrFloatBitWidth()) {
  case 8:
    return HostElement::I8;
  case 16:
    return HostElement::I16;
  case 32:
    return HostElement::I32;
  default:
    return HostElement::I64;
  }
}

static HostTensor createTensor(mlir::RankedTensorType type, int64_t batch) {
  HostTensor tensor;
  tensor.element = getHostElement(type.getElementType());
  for (int64_t size : type.getShape())
    tensor.shape.push_back(size < 0 ? batch : size);
  tensor.bytes.resize(tensor.getNumElements() * getByteSize(tensor.element));
  return tensor;
}

namespace {
class ReferenceExecutable : public Executable {
public:
  ReferenceExecutable(EntryPoint entry, mlir::ModuleOp module,
                      StringRef function)
      : Executable(std::move(entry)), interpreter(module), function(function) {}

  Error run(ArrayRef<void *> pointers, int64_t batch) const override {
    std::vector<HostTensor> arguments;
    for (auto [index, type] : llvm::enumerate(getEntry().inputs)) {
      arguments.push_back(createTensor(type, batch));
      std::vector<char> &bytes = arguments.back().bytes;
      std::memcpy(bytes.data(), pointers[index], bytes.size());
    }
    auto results = interpreter.call(function, arguments);
    if (!results)
      return results.takeError();
    pointers = pointers.drop_front(arguments.size());
    for (auto [index, type] : llvm::enumerate(getEntry().outputs)) {
      const std::vector<char> &bytes = (*results)[index].bytes;
      if (bytes.size() != createTensor(type, batch).bytes.size())
        return makeError("result #" + Twine(index) +
                         " does not have one row per sample");
      std::memcpy(pointers[index], bytes.data(), bytes.size());
    }
    return Error::success();
  }

private:
  Interpreter interpreter;
  std::string function;
};
} // namespace

Expected<std::unique_ptr<Executable>>
qdot::driver::loadReference(Session &session, mlir::ModuleOp module,
                            StringRef name) {
  // The interpreter knows structured ops and their bodies only.
  auto build = [](mlir::OpPassManager &pm) {
    buildImportPipeline(pm);
    // Broadcasts at run time, as TOSA's conversion writes them.
    pm.addPass(createResolveSizes());
    pm.addPass(createDecomposeOps({/*partial=*/true}));
  };
  if (Error error = session.runPasses(module, "importing the model", build))
    return {std::move(error)};
  auto function = findEntry(module, name);
  if (!function)
    return function.takeError();
  if (failed(checkEntrySignature(*function)))
    return makeError("'" + name + "' cannot be called");
  EntryPoint entry = createEntryPoint("", getEntrySignature(*function));
  return std::make_unique<ReferenceExecutable>(std::move(entry), module, name);
}
