//===- CheckFeatures.h - Instructions that a target does not have ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CHECKFEATURES_H
#define QDOT_TOOLS_QDOT_CHECKFEATURES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace qdot::driver {

/// Refuses calls of intrinsics that the machine has no instruction for, and
/// vectors of scalable length on a machine without SVE: LLVM's code generator
/// would crash. Only intrinsics for dot products, and all of SVE, of AVX2 and
/// of AVX-512 are known. The error names intrinsic, target and feature.
llvm::Error checkFeatures(const llvm::Module &module,
                          const llvm::TargetMachine &machine,
                          llvm::StringRef target);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CHECKFEATURES_H
