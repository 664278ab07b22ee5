//===- Commands.h - The commands of the driver ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_COMMANDS_H
#define QDOT_TOOLS_QDOT_COMMANDS_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace qdot::driver {

/// A command: its options hang on `subCommand`; `run` does the work after they
/// are parsed.
struct Command {
  llvm::cl::SubCommand &subCommand;
  llvm::Error (*run)();
};

Command getCalibrateCommand();
Command getStatsCommand();
Command getQuantizeCommand();
Command getCompileCommand();
Command getRunCommand();
Command getCompareCommand();

/// `--quiet`, which every command has.
bool isQuiet();

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_COMMANDS_H
