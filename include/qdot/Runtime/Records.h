//===- Records.h - What the runtime in this process recorded --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For programs that link the static runtime and run instrumented code
// themselves: the records, without the way through a file.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_RECORDS_H
#define QDOT_RUNTIME_RECORDS_H

#include "qdot/Statistics/Histogram.h"
#include <functional>
#include <string>

namespace qdot::runtime {

/// Calls `visit` with every site and its record, in the order of the sites, at
/// one moment: calls from other threads to observe wait meanwhile. The record
/// lives until `visit` returns. `visit` must not call the runtime, nor throw.
void visitRecords(
    const std::function<void(const std::string &,
                             const statistics::TensorRecord &)> &visit);

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_RECORDS_H
