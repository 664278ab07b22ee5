//===- Header.cpp - C header of a compiled model --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "Dispatch.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "qdot/Codegen/EntryPoint.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

/// Letters, digits and underscores only, in upper case.
static std::string makeMacro(StringRef name) {
  std::string macro;
  for (char c : name)
    macro += isAlnum(c) ? toUpper(c) : '_';
  return macro;
}

static std::string getCType(mlir::Type element) {
  bool isUnsigned = element.isUnsignedInteger();
  if (auto quantized = mlir::dyn_cast<mlir::quant::QuantizedType>(element)) {
    isUnsigned = !quantized.isSigned();
    element = quantized.getStorageType();
  }
  if (element.isF32())
    return "float";
  if (element.isF64())
    return "double";
  return (isUnsigned ? "uint" : "int") +
         std::to_string(element.getIntOrFloatBitWidth()) + "_t";
}

namespace {
class HeaderPrinter {
public:
  explicit HeaderPrinter(raw_ostream &os) : os(os) {}

  void printEntry(const EntryPoint &entry) {
    for (auto [index, type] : llvm::enumerate(entry.inputs))
      printTensor(entry, "input" + std::to_string(index), type);
    for (auto [index, type] : llvm::enumerate(entry.outputs))
      printTensor(entry, "output" + std::to_string(index), type);
    printFunctions(entry);
  }

  /// What holds for all entry points.
  void printThreads(ThreadSource source) {
    if (source == ThreadSource::None)
      return;
    os << "/* Threads share large layers; results do not depend on it. ";
    if (source == ThreadSource::Inside)
      os << "They belong to\n * this library; a program that links or loads "
            "libqdot_threads before has one\n * pool for all models. ";
    else if (source == ThreadSource::Optional)
      os << "There is one\n * thread unless the program links or loads "
            "libqdot_threads before. ";
    else
      os << "Link with\n * -lqdot_threads -pthread -lm, or define "
            "qdot_parallel_for (qdot/Threads/Threads.h). ";
    os << "\n * The environment variable QDOT_THREADS sets their number, this "
          "function of the\n * pool does so from now on (0: as before). */\n"
       << "void qdot_set_threads(int32_t threads);\n\n";
  }

private:
  void printTensor(const EntryPoint &entry, StringRef name,
                   mlir::RankedTensorType type) {
    std::string macro = makeMacro(entry.symbol + "_" + name.str());
    os << "/* " << name << ": " << getCType(type.getElementType());
    for (int64_t size : type.getShape())
      os << '[' << (size < 0 ? "batch" : std::to_string(size)) << ']';
    os << " */\n";
    os << "#define " << macro << "_RANK " << type.getRank() << '\n';
    // -1 stands for the batch.
    int64_t elements = 1;
    for (auto [index, size] : llvm::enumerate(type.getShape())) {
      os << "#define " << macro << "_DIM" << index << ' '
         << (size < 0 ? "(-1)" : std::to_string(size)) << '\n';
      elements *= size < 0 ? 1 : size;
    }
    if (!type.hasStaticShape())
      os << "/* elements per sample; the buffer holds batch times as many */\n";
    os << "#define " << macro << "_SIZE " << elements << '\n';
    printQuantization(macro, type.getElementType());
    os << '\n';
  }

  void printQuantization(StringRef macro, mlir::Type element) {
    auto type = mlir::dyn_cast<mlir::quant::UniformQuantizedType>(element);
    if (!type)
      return;
    os << "/* real = SCALE * (integer - ZERO_POINT) */\n";
    os << "#define " << macro << "_SCALE "
       << format("%.9e", type.getScale()) << "f\n";
    os << "#define " << macro << "_ZERO_POINT (" << type.getZeroPoint()
       << ")\n";
  }

  void printFunctions(const EntryPoint &entry) {
    os << "/* Buffers are contiguous and must not overlap.";
    if (entry.hasBatch())
      os << " batch >= 0 is the number of samples.";
    os << "\n * Any number of threads may call it. Returns 0 on success";
    if (!entry.targets.empty())
      os << ", 2 when\n * the machine can run none of the targets";
    if (entry.workspaceBytes)
      os << ", 3 when\n * there is no memory for the workspace";
    os << ". */\n";
    printPrototype(entry, entry.symbol, "");
    if (entry.workspaceBytes)
      printWorkspace(entry);
    if (!entry.targets.empty())
      printTargets(entry);
    os << '\n';
  }

  void printWorkspace(const EntryPoint &entry) {
    os << "\n/* The same in memory of the caller, of any alignment and content: "
          "one\n * workspace per call that is running.";
    os << (entry.hasBatch() ? " What depends on the batch is still\n * allocated."
                            : " Nothing is allocated.");
    os << " */\n#define " << makeMacro(entry.symbol) << "_WORKSPACE_SIZE "
       << *entry.workspaceBytes << '\n';
    printPrototype(entry, getWorkspaceEntryName(entry.symbol),
                   ", void *workspace");
    os << "int64_t " << getWorkspaceSizeName(entry.symbol) << "(void);\n";
  }

  void printTargets(const EntryPoint &entry) {
    os << "\n/* The best target that this machine can run, of "
       << join(entry.targets, ",\n * ") << ".\n"
       << " * Null when there is none. With the environment variable QDOT_TARGET "
          "set,\n * only the target of that name is considered. The choice is "
          "made once. */\n"
       << "const char *" << getTargetQueryName(entry.symbol) << "(void);\n";
  }

  /// `last` follows the other parameters.
  void printPrototype(const EntryPoint &entry, StringRef name, StringRef last) {
    os << "int32_t " << name << '(';
    for (auto [index, type] : llvm::enumerate(entry.inputs))
      os << (index ? ", " : "") << "const " << getCType(type.getElementType())
         << " *input" << index;
    bool isFirst = entry.inputs.empty();
    for (auto [index, type] : llvm::enumerate(entry.outputs)) {
      os << (isFirst ? "" : ", ") << getCType(type.getElementType())
         << " *output" << index;
      isFirst = false;
    }
    if (entry.hasBatch())
      os << ", int64_t batch";
    os << last << ");\n";
  }

  raw_ostream &os;
};
} // namespace

std::string qdot::driver::printHeader(ArrayRef<EntryPoint> entries,
                                      StringRef guard,
                                      ThreadSource threads) {
  std::string text, macro = makeMacro(guard);
  if (macro.empty() || isDigit(macro.front()))
    macro.insert(0, "QDOT_");
  raw_string_ostream os(text);
  os << "/* Generated by qdot " QDOT_VERSION_STRING ". */\n\n"
     << "#ifndef " << macro << "\n#define " << macro << "\n\n"
     << "#include <stdint.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  HeaderPrinter printer(os);
  for (const EntryPoint &entry : entries)
    printer.printEntry(entry);
  printer.printThreads(threads);
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << macro << " */\n";
  return text;
}
