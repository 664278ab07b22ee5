//===- Emulation.cpp - Programs for another architecture, in QEMU ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emulation.h"
#include "CpuDetection.h"
#include "Support.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace qdot::driver;

//===----------------------------------------------------------------------===//
// What is installed
//===----------------------------------------------------------------------===//

/// Where Debian's cross packages put the C library.
static constexpr StringLiteral crossRoot("/usr/aarch64-linux-gnu");

static std::string findRoot() {
  if (auto prefix = sys::Process::GetEnv("QEMU_LD_PREFIX"))
    return *prefix;
  if (sys::fs::exists(crossRoot + "/lib/libc.so.6"))
    return crossRoot.str();
  return "";
}

/// Programs name their loader by a path of Linux's ABI.
static bool hasLoader(StringRef root) {
  return sys::fs::exists(root + "/lib/ld-linux-aarch64.so.1");
}

Expected<Emulator> qdot::driver::findEmulator(const TargetSpec &target) {
  std::string arch = Triple(target.triple).getArchName().str();
  std::string what = "target '" + target.name + "' (" + arch + ") needs ";
  for (StringRef name : {"qemu-aarch64-static", "qemu-aarch64"}) {
    ErrorOr<std::string> program = sys::findProgramByName(name);
    if (!program)
      continue;
    std::string root = findRoot();
    if (hasLoader(root))
      return Emulator{*program, root};
    return makeError(what + "the C library for " + arch + " (no '" + root +
                     "/lib/ld-linux-aarch64.so.1'); install libc6-arm64-cross");
  }
  return makeError(
      what + "QEMU on this machine (" +
      Triple(sys::getDefaultTargetTriple()).getArchName() +
      "), but there is no qemu-aarch64-static; install qemu-user-static");
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

/// What serves a model. COUNT is the number of its buffers, PACKED its name.
/// The baseline's instructions only.
static constexpr StringLiteral serverText(R"(
module asm ".globl _start"
module asm ".type _start, %function"
module asm "_start:"
module asm "  mov x29, #0"
module asm "  mov x30, #0"
module asm "  mov x5, x0"
module asm "  ldr x1, [sp]"
module asm "  add x2, sp, #8"
module asm "  mov x6, sp"
module asm "  adrp x0, main"
module asm "  add x0, x0, :lo12:main"
module asm "  mov x3, #0"
module asm "  mov x4, #0"
module asm "  bl __libc_start_main"
module asm "  bl abort"

%Request = type { i64, i64, i64, i64, i64, [COUNT x i64] }

declare i64 @read(i32, ptr, i64)
declare i64 @write(i32, ptr, i64)
declare ptr @aligned_alloc(i64, i64)
declare void @free(ptr)
declare void @exit(i32)
declare i1 @qdot_is_runnable()
declare i32 @PACKED(ptr, i64)

; Reads or writes all bytes; ends the program when the other side has closed.
define internal void @qdot_move(ptr %call, i32 %file, ptr %data, i64 %size) #0 {
entry:
  br label %test
test:
  %at = phi i64 [ 0, %entry ], [ %next, %body ]
  %is_done = icmp uge i64 %at, %size
  br i1 %is_done, label %done, label %body
body:
  %first = getelementptr i8, ptr %data, i64 %at
  %rest = sub i64 %size, %at
  %count = call i64 %call(i32 %file, ptr %first, i64 %rest)
  %next = add i64 %at, %count
  %is_open = icmp sgt i64 %count, 0
  br i1 %is_open, label %test, label %closed
closed:
  call void @exit(i32 0)
  unreachable
done:
  ret void
}

define internal i32 @qdot_serve(ptr %request, ptr %block) #0 {
entry:
  %pointers = alloca [COUNT x ptr]
  br label %each
each:
  %i = phi i64 [ 0, %entry ], [ %next, %each ]
  %from = getelementptr %Request, ptr %request, i64 0, i32 5, i64 %i
  %offset = load i64, ptr %from
  %buffer = getelementptr i8, ptr %block, i64 %offset
  %to = getelementptr ptr, ptr %pointers, i64 %i
  store ptr %buffer, ptr %to
  %next = add i64 %i, 1
  %is_last = icmp eq i64 %next, COUNT
  br i1 %is_last, label %ready, label %each
ready:
  %is_runnable = call i1 @qdot_is_runnable()
  br i1 %is_runnable, label %run, label %refuse
run:
  %batch = load i64, ptr %request
  %status = call i32 @PACKED(ptr %pointers, i64 %batch)
  ret i32 %status
refuse:
  ret i32 2
}

define i32 @main() #0 {
entry:
  %request = alloca %Request
  %reply = alloca i32
  %head_end = getelementptr %Request, ptr null, i64 1
  %head_size = ptrtoint ptr %head_end to i64
  %in_at = getelementptr %Request, ptr %request, i64 0, i32 1
  %out_at = getelementptr %Request, ptr %request, i64 0, i32 2
  %out_size_at = getelementptr %Request, ptr %request, i64 0, i32 3
  %all_at = getelementptr %Request, ptr %request, i64 0, i32 4
  br label %loop
loop:
  call void @qdot_move(ptr @read, i32 0, ptr %request, i64 %head_size)
  %all = load i64, ptr %all_at
  %block = call ptr @aligned_alloc(i64 64, i64 %all)
  %is_null = icmp eq ptr %block, null
  br i1 %is_null, label %full, label %ready
ready:
  %in_size = load i64, ptr %in_at
  call void @qdot_move(ptr @read, i32 0, ptr %block, i64 %in_size)
  %status = call i32 @qdot_serve(ptr %request, ptr %block)
  store i32 %status, ptr %reply
  call void @qdot_move(ptr @write, i32 1, ptr %reply, i64 4)
  %out = load i64, ptr %out_at
  %outputs = getelementptr i8, ptr %block, i64 %out
  %out_size = load i64, ptr %out_size_at
  call void @qdot_move(ptr @write, i32 1, ptr %outputs, i64 %out_size)
  call void @free(ptr %block)
  br label %loop
full:
  ret i32 1
}

attributes #0 = { nounwind "target-cpu"="generic" "target-features"="" }
)");

static std::string replaceAll(std::string text, StringRef from, StringRef to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// `i1 qdot_is_runnable(void)`, in code of the baseline.
static Error addFeatureTest(llvm::Module &module, StringRef features) {
  IRBuilder<> builder(module.getContext());
  llvm::Function *function = module.getFunction("qdot_is_runnable");
  function->setLinkage(GlobalValue::InternalLinkage);
  function->addFnAttr("target-cpu", "generic");
  function->addFnAttr("target-features", "");
  builder.SetInsertPoint(BasicBlock::Create(module.getContext(), "", function));
  auto detection = CpuDetection::create(module.getTargetTriple(), builder);
  if (!detection)
    return makeError("cannot ask a machine of '" +
                     module.getTargetTriple().str() + "' for its features");
  Expected<Value *> test = detection->createTest(features);
  if (!test)
    return test.takeError();
  builder.CreateRet(*test);
  return Error::success();
}

Error qdot::driver::addServer(CompiledModel &model, StringRef packed,
                              size_t numPointers, StringRef features) {
  std::string text = replaceAll(serverText.str(), "COUNT",
                                std::to_string(numPointers));
  text = replaceAll(text, "PACKED", packed);
  SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> server =
      parseAssemblyString(text, diagnostic, *model.context);
  if (!server)
    return makeError("internal error: " + diagnostic.getMessage());
  server->setTargetTriple(model.module->getTargetTriple());
  server->setDataLayout(model.module->getDataLayout());
  if (Error error = addFeatureTest(*server, features))
    return error;
  if (Linker::linkModules(*model.module, std::move(server)))
    return makeError("linking the model with its server failed");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The process
//===----------------------------------------------------------------------===//

/// Only what is safe between fork and exec.
[[noreturn]] static void becomeProgram(const std::vector<const char *> &words,
                                       int socket) {
  if (dup2(socket, STDIN_FILENO) < 0 || dup2(socket, STDOUT_FILENO) < 0)
    _exit(127);
  execv(words.front(), const_cast<char *const *>(words.data()));
  _exit(127);
}

Expected<std::unique_ptr<EmulatedProcess>>
EmulatedProcess::start(const Emulator &emulator, StringRef path) {
  std::string program = path.str();
  std::vector<const char *> words = {emulator.program.c_str()};
  if (!emulator.root.empty())
    words.insert(words.end(), {"-L", emulator.root.c_str()});
  // What the user asks QEMU for otherwise stands.
  if (!sys::Process::GetEnv("QEMU_CPU"))
    words.insert(words.end(), {"-cpu", "max"});
  words.insert(words.end(), {program.c_str(), nullptr});

  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return makeError(Twine("cannot create a socket: ") + std::strerror(errno));
  pid_t process = fork();
  if (process == 0)
    becomeProgram(words, sockets[1]);
  close(sockets[1]);
  if (process < 0) {
    close(sockets[0]);
    return makeError(Twine("cannot start QEMU: ") + std::strerror(errno));
  }
  return std::unique_ptr<EmulatedProcess>(
      new EmulatedProcess(emulator.program, sockets[0], process));
}

EmulatedProcess::~EmulatedProcess() {
  close(socket);
  if (process >= 0)
    waitpid(process, nullptr, 0);
}

Error EmulatedProcess::explainEnd() {
  int status = 0;
  if (process < 0 || waitpid(process, &status, 0) < 0)
    return makeError("the program in '" + name + "' has ended");
  process = -1;
  if (WIFSIGNALED(status))
    return makeError("the program in '" + name + "' died of signal " +
                     Twine(WTERMSIG(status)) + " (" +
                     strsignal(WTERMSIG(status)) + ")");
  return makeError("the program in '" + name + "' ended with exit code " +
                   Twine(WEXITSTATUS(status)));
}

Error EmulatedProcess::send(ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return explainEnd();
    bytes = bytes.drop_front(count);
  }
  return Error::success();
}

Error EmulatedProcess::receive(MutableArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t count = recv(socket, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return explainEnd();
    bytes = bytes.drop_front(count);
  }
  return Error::success();
}
