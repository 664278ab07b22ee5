//===- Tuning.h - What LLVM is told about the code of a target ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_TUNING_H
#define QDOT_TOOLS_QDOT_TUNING_H

#include "Targets.h"
#include "llvm/IR/Module.h"

namespace qdot::driver {

/// Attributes of functions. x86 with AVX512-VNNI: loops of elementwise code have
/// vectors of 512 bits like the kernels. AArch64: code is ordered for a core that
/// executes in order, which the others do not mind. Where a kernel loads much per dot product, its loads are not joined to
/// pairs: some cores take more steps for a pair than for two loads. Call it
/// before optimization, while layers are functions of their own.
void setTuning(llvm::Module &module, const TargetSpec &target);

/// In a module of many instructions, layers are not inlined: every layer has
/// one call, so LLVM would make one function of the whole model, and several of
/// its passes take time beyond linear in the length of a function.
void keepLayersApart(llvm::Module &module);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_TUNING_H
