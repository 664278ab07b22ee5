//===- CheckFeatures.cpp - Instructions that a target does not have -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckFeatures.h"
#include "Support.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace qdot::driver;

namespace {
/// What intrinsics whose names begin with `prefix` need: one of the features.
struct Rule {
  StringLiteral prefix;
  StringLiteral features;
};
} // namespace

/// Every rule that fits a name holds.
static constexpr Rule rules[] = {
    {"llvm.aarch64.neon.sdot", "dotprod"},
    {"llvm.aarch64.neon.udot", "dotprod"},
    {"llvm.aarch64.neon.usdot", "i8mm"},
    {"llvm.aarch64.neon.smmla", "i8mm"},
    {"llvm.aarch64.neon.ummla", "i8mm"},
    {"llvm.aarch64.neon.usmmla", "i8mm"},
    {"llvm.aarch64.neon.sqrdmlah", "rdm"},
    {"llvm.aarch64.neon.sqrdmlsh", "rdm"},
    {"llvm.aarch64.sve.", "sve"},
    {"llvm.aarch64.sve.usdot", "i8mm"},
    {"llvm.aarch64.sve.smmla", "i8mm"},
    {"llvm.aarch64.sve.ummla", "i8mm"},
    {"llvm.aarch64.sve.usmmla", "i8mm"},
    {"llvm.aarch64.sve.sudot", "i8mm"},
    {"llvm.aarch64.sve.sqrdmulh", "sve2"},
    {"llvm.aarch64.sve.srshl", "sve2"},
    {"llvm.x86.avx2.", "avx2"},
    {"llvm.x86.avx512.vpdp", "avx512vnni|avxvnni"},
    {"llvm.x86.avx2.vpdpb", "avxvnniint8"},
};

static bool hasOne(const MCSubtargetInfo &info, StringRef features) {
  return llvm::any_of(split(features, '|'), [&](StringRef feature) {
    return info.checkFeatures(("+" + feature).str());
  });
}

static Error refuse(const Twine &what, StringRef target, StringRef features) {
  return makeError(what + " on target '" + target + "', which does not have " +
                   join(split(features, '|'), " or "));
}

/// Calls of `callee`, a declaration, are everywhere in the module.
static Error checkIntrinsic(const Function &callee, const MCSubtargetInfo &info,
                            StringRef target) {
  for (const Rule &rule : rules)
    if (callee.getName().starts_with(rule.prefix) &&
        !hasOne(info, rule.features))
      return refuse("intrinsic '" + callee.getName() + "'", target,
                    rule.features);
  return Error::success();
}

static bool isScalable(const Instruction &instruction) {
  auto check = [](Type *type) { return type->isScalableTy(); };
  return check(instruction.getType()) ||
         llvm::any_of(instruction.operands(), [&](const Use &use) {
           return check(use->getType());
         });
}

static Error checkScalable(const Function &function, StringRef target) {
  for (const Instruction &instruction : instructions(function))
    if (isScalable(instruction))
      return refuse("a vector of scalable length in '" + function.getName() +
                        "'",
                    target, "sve");
  return Error::success();
}

Error qdot::driver::checkFeatures(const Module &module,
                                  const TargetMachine &machine,
                                  StringRef target) {
  const MCSubtargetInfo &info = *machine.getMCSubtargetInfo();
  bool isArm = machine.getTargetTriple().isAArch64();
  bool hasScalable = isArm && info.checkFeatures("+sve");
  for (const Function &function : module) {
    if (function.isIntrinsic())
      if (Error error = checkIntrinsic(function, info, target))
        return error;
    if (!hasScalable)
      if (Error error = checkScalable(function, target))
        return error;
  }
  return Error::success();
}
