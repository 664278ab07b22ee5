//===- Targets.h - Machines that the driver compiles for ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_TARGETS_H
#define QDOT_TOOLS_QDOT_TARGETS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace qdot::driver {

/// A target by name, as LLVM wants it.
struct TargetSpec {
  std::string name;
  std::string triple;
  std::string cpu;
  /// `+a,+b`; also what a host must have to run the code.
  std::string features;
};

/// Looks a name up: `generic` (baseline of this machine's architecture),
/// `host`, and the table in Targets.cpp. The error lists the names.
llvm::Expected<TargetSpec> findTarget(llvm::StringRef name);

/// Looks up a comma separated list, or a single name. Several targets, for an
/// object that chooses when it runs, come worst first whatever their order in
/// `names`; `generic` then is the baseline of the others' architecture. Errors:
/// an unknown name, a name given twice, `host` beside others, targets of
/// different architectures.
llvm::Expected<llvm::SmallVector<TargetSpec>>
findTargets(llvm::StringRef names);

/// `generic, host, x86-avx2, ...` for help texts.
std::string listTargets();

/// A machine that generates position independent code without any
/// reassociation or contraction of floating point.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const TargetSpec &target);

/// Whether code for `target` has the architecture of this machine.
bool isHostArch(const TargetSpec &target);
/// True when the `targets` are of AArch64 and this machine is not.
bool needsEmulator(llvm::ArrayRef<TargetSpec> targets);

/// An error that names what is missing when this machine can run none of the
/// `targets`.
llvm::Error checkRunnable(llvm::ArrayRef<TargetSpec> targets);

/// The baseline of the architecture of `target`.
TargetSpec getBaseline(const TargetSpec &target);

/// The best target of the kernel table that `target` can run, or "generic".
std::string getKernelTarget(const TargetSpec &target);

/// True when one instruction rounds to nearest even.
bool hasRoundInstruction(const llvm::TargetMachine &machine);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_TARGETS_H
