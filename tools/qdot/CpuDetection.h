//===- CpuDetection.h - Code that asks the machine what it has ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CPUDETECTION_H
#define QDOT_TOOLS_QDOT_CPUDETECTION_H

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"
#include <memory>

namespace qdot::driver {

/// Emits code that tests for features of the machine that runs it. It needs no
/// compiler runtime: x86 asks cpuid, and xgetbv for the registers that the
/// operating system saves; AArch64 on Linux asks getauxval.
class CpuDetection {
public:
  /// Emits the queries at the end of the function's current block and leaves
  /// `builder` at the end of a block behind them. Null for architectures
  /// without an implementation.
  static std::unique_ptr<CpuDetection> create(const llvm::Triple &triple,
                                              llvm::IRBuilder<> &builder);
  virtual ~CpuDetection() = default;

  /// An i1: the machine and its operating system support every feature of a
  /// list in LLVM's form (`+avx2,+fma`; empty is true). The error names a
  /// feature that cannot be tested.
  llvm::Expected<llvm::Value *> createTest(llvm::StringRef features);

protected:
  explicit CpuDetection(llvm::IRBuilder<> &builder) : builder(builder) {}

  /// Bits that a feature needs in a word of the machine's description.
  struct Need {
    llvm::StringLiteral feature;
    unsigned word;
    uint64_t bits;
  };
  virtual llvm::ArrayRef<Need> getNeeds() const = 0;

  llvm::IRBuilder<> &builder;
  /// The description, i64 each.
  llvm::SmallVector<llvm::Value *> words;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CPUDETECTION_H
