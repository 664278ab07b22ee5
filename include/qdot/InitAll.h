//===- InitAll.h - Registration of everything in libqdot ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_INITALL_H
#define QDOT_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qdot {

/// Adds the models of the upstream interfaces (bufferization, deallocation,
/// shapes, inlining) that the upstream passes in qdot's pipelines ask for.
void registerUpstreamInterfaces(mlir::DialectRegistry &registry);

/// Adds the qdot dialect, the upstream dialects its passes create, and the
/// interface models that its pipelines need.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers every pass and pipeline under its command line name. May be
/// called more than once.
void registerAllPasses();

} // namespace qdot

#endif // QDOT_INITALL_H
