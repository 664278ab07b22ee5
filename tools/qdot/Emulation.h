//===- Emulation.h - Programs for another architecture, in QEMU -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_EMULATION_H
#define QDOT_TOOLS_QDOT_EMULATION_H

#include "Compiler.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <sys/types.h>

namespace qdot::driver {

/// How this machine runs programs of another architecture.
struct Emulator {
  /// QEMU's user mode.
  std::string program;
  /// Where its programs find their libraries; empty: where this machine has
  /// its own.
  std::string root;
};

/// QEMU and the C library for the architecture of `target`, which is AArch64.
/// QEMU_LD_PREFIX overrides where Debian has that library. An error names the
/// package that is missing.
llvm::Expected<Emulator> findEmulator(const TargetSpec &target);

/// Turns a model into a program that serves one entry point on its standard
/// input and output. A request is i64 words: the batch, bytes of the inputs,
/// first byte of the outputs, bytes of the outputs, bytes of all; then the
/// offset of each of `numPointers` buffers in a block of that size; then the
/// inputs, the first bytes of the block. The reply is the status, an i32, and
/// the outputs. `packed` is what `addPackedEntry` made. The status is 2 where
/// the machine lacks a feature of `features`.
llvm::Error addServer(CompiledModel &model, llvm::StringRef packed,
                      size_t numPointers, llvm::StringRef features);

/// A program in an emulator, its standard input and output in our hands.
class EmulatedProcess {
public:
  /// Starts it. `path` is the program.
  static llvm::Expected<std::unique_ptr<EmulatedProcess>>
  start(const Emulator &emulator, llvm::StringRef path);
  /// Ends the program.
  ~EmulatedProcess();

  /// Errors when the program has ended, with what it died of.
  llvm::Error send(llvm::ArrayRef<char> bytes);
  llvm::Error receive(llvm::MutableArrayRef<char> bytes);

private:
  EmulatedProcess(std::string name, int socket, pid_t process)
      : name(std::move(name)), socket(socket), process(process) {}
  llvm::Error explainEnd();

  std::string name;
  int socket;
  /// -1 when it was waited for.
  pid_t process;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_EMULATION_H
