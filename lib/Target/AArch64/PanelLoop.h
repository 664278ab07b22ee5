//===- PanelLoop.h - The loop of a whole tile of smmla --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_TARGET_AARCH64_PANELLOOP_H
#define QDOT_LIB_TARGET_AARCH64_PANELLOOP_H

#include "qdot/Dialect/Qdot.h"

namespace qdot {

/// Replaces the op with a loop in assembly, where it has the shape that is
/// written there: four pairs of rows, six pairs of columns, eight units or
/// more, no signed left beside an unsigned right side. Returns whether it did.
bool lowerPanelLoop(Dot2x2PanelsOp op);

} // namespace qdot

#endif // QDOT_LIB_TARGET_AARCH64_PANELLOOP_H
