//===- Threads.cpp - Models whose layers threads share --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Threads/Threads.h"
#include "Support.h"
#include "Threads.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace qdot::driver;

static constexpr StringLiteral parallelForName("qdot_parallel_for");

// The static library as data, so that `qdot compile` needs no path to it.
__asm__(".pushsection .rodata,\"a\"\n"
        ".balign 16\n"
        "qdot_thread_archive_begin:\n"
        ".incbin \"" QDOT_THREAD_ARCHIVE "\"\n"
        "qdot_thread_archive_end:\n"
        ".popsection\n");
extern const char threadArchiveBegin[] __asm__("qdot_thread_archive_begin");
extern const char threadArchiveEnd[] __asm__("qdot_thread_archive_end");

StringRef qdot::driver::getThreadArchive() {
  return StringRef(threadArchiveBegin, threadArchiveEnd - threadArchiveBegin);
}

Expected<unsigned> qdot::driver::parseThreads(StringRef option,
                                              StringRef text) {
  unsigned threads = 0;
  if (text.empty())
    return threads;
  if (text.getAsInteger(10, threads) || threads > QDOT_MAX_THREADS)
    return makeError(option + " must be a number from 0 to " +
                     Twine(QDOT_MAX_THREADS) + ", got '" + text + "'");
  return threads;
}

bool qdot::driver::usesThreads(const CompiledModel &model) {
  return model.module->getFunction(parallelForName);
}

void qdot::driver::addOneThread(CompiledModel &model) {
  Function *function = model.module->getFunction(parallelForName);
  if (!function || !function->isDeclaration())
    return;
  // The definition of any other library comes before a weak one.
  function->setLinkage(GlobalValue::WeakAnyLinkage);
  IRBuilder<> builder(BasicBlock::Create(*model.context, "", function));
  Type *pointer = builder.getPtrTy(), *i64 = builder.getInt64Ty();
  builder.CreateCall(
      FunctionType::get(builder.getVoidTy(), {pointer, i64, i64}, false),
      function->getArg(0),
      {function->getArg(1), builder.getInt64(0), function->getArg(2)});
  builder.CreateRetVoid();
}

ArrayRef<HostSymbol> qdot::driver::getThreadSymbols() {
  static const HostSymbol symbols[] = {
      {parallelForName, reinterpret_cast<void *>(&qdot_parallel_for)}};
  return symbols;
}
