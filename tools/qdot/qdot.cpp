//===- qdot.cpp - The driver ----------------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot::driver;

static constexpr StringLiteral overview =
    "qdot: from a float model in MLIR to integer code\n\n"
    "  qdot <command> --help describes a command.\n";

static cl::opt<bool> quiet("quiet", cl::desc("No progress, no summary"),
                           cl::sub(cl::SubCommand::getAll()));

bool qdot::driver::isQuiet() { return quiet; }

static void printVersion(raw_ostream &os) {
  os << "qdot " QDOT_VERSION_STRING " (LLVM " LLVM_VERSION_STRING ")\n";
}

/// False when standard output could not take everything, such as a full disk.
static bool finishOutput() {
  outs().flush();
  if (!outs().has_error())
    return true;
  errs() << "qdot: error: cannot write standard output: "
         << outs().error().message() << '\n';
  outs().clear_error();
  return false;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  const Command commands[] = {getCalibrateCommand(), getStatsCommand(),
                              getQuantizeCommand(), getCompileCommand(),
                              getRunCommand(),
                              getCompareCommand()};
  cl::SetVersionPrinter(printVersion);
  // libLLVM brings hundreds of options along.
  static cl::OptionCategory category("qdot options");
  cl::HideUnrelatedOptions(category, cl::SubCommand::getTopLevel());
  if (!cl::ParseCommandLineOptions(argc, argv, overview))
    return 1;
  for (const Command &command : commands) {
    if (!command.subCommand)
      continue;
    if (Error error = command.run()) {
      errs() << "qdot: error: " << toString(std::move(error)) << '\n';
      return 1;
    }
    return finishOutput() ? 0 : 1;
  }
  errs() << "qdot: error: no command given; try 'qdot --help'\n";
  return 1;
}
