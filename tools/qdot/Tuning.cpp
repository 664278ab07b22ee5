//===- Tuning.cpp - What LLVM is told about the code of a target ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tuning.h"
#include "llvm/IR/Instructions.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace qdot::driver;

namespace {
/// Loads of 16 bytes and dot products of one block.
struct BlockCount {
  int64_t loads = 0, dots = 0;
};
} // namespace

static bool isDot(const Instruction &instruction) {
  auto *call = dyn_cast<CallInst>(&instruction);
  const llvm::Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee && callee->getName().starts_with("llvm.aarch64.neon.") &&
         (callee->getName().contains("dot.") ||
          callee->getName().contains("mmla."));
}

static BlockCount count(const BasicBlock &block) {
  BlockCount result;
  for (const Instruction &instruction : block) {
    result.dots += isDot(instruction);
    result.loads += isa<LoadInst>(instruction) &&
                    instruction.getType()->isVectorTy() &&
                    instruction.getType()->getPrimitiveSizeInBits() ==
                        TypeSize::getFixed(128);
  }
  return result;
}

/// Whether the block with most dot products has two loads for five of them or
/// more: `smmla`, whose operands are used four to six times, and single rows.
static bool isBoundByLoads(const llvm::Function &function) {
  BlockCount most;
  for (const BasicBlock &block : function) {
    BlockCount own = count(block);
    if (own.dots > most.dots)
      most = own;
  }
  return most.dots > 0 && 5 * most.loads >= 2 * most.dots;
}

/// Instructions of a module, before they are optimized, from which on its
/// functions are kept apart.
static constexpr size_t maxInlined = 20000;

static size_t countInstructions(const llvm::Module &module) {
  size_t count = 0;
  for (const llvm::Function &function : module)
    count += function.getInstructionCount();
  return count;
}

void qdot::driver::keepLayersApart(llvm::Module &module) {
  if (countInstructions(module) < maxInlined)
    return;
  for (llvm::Function &function : module)
    if (function.hasLocalLinkage() &&
        !function.hasFnAttribute(Attribute::AlwaysInline))
      function.addFnAttr(Attribute::NoInline);
}

static void setAArch64Tuning(llvm::Function &function,
                             const TargetSpec &target) {
  function.addFnAttr("tune-cpu", "cortex-a55");
  if (isBoundByLoads(function))
    function.addFnAttr("target-features", target.features + ",+disable-ldp");
}

void qdot::driver::setTuning(llvm::Module &module, const TargetSpec &target) {
  Triple triple(target.triple);
  bool isAnyArm = triple.isAArch64() && target.cpu == "generic";
  bool isWide = triple.isX86() &&
                is_contained(split(target.features, ','), "+avx512vnni");
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (isAnyArm)
      setAArch64Tuning(function, target);
    // Kernels use vectors of 512 bits anyway; so may the code between them.
    if (isWide)
      function.addFnAttr("prefer-vector-width", "512");
  }
}
