//===- CpuDetection.cpp - Code that asks the machine what it has ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CpuDetection.h"
#include "Support.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace qdot::driver;

static constexpr uint64_t bit(unsigned position) {
  return uint64_t(1) << position;
}

Expected<Value *> CpuDetection::createTest(StringRef features) {
  SmallVector<uint64_t> masks(words.size(), 0);
  for (StringRef feature : split(features, ',')) {
    if (feature.empty())
      continue;
    feature.consume_front("+");
    bool isKnown = false;
    for (const Need &need : getNeeds())
      if (need.feature == feature) {
        masks[need.word] |= need.bits;
        isKnown = true;
      }
    if (!isKnown)
      return makeError("there is no test for the CPU feature '" + feature +
                       "'");
  }
  Value *result = builder.getTrue();
  for (auto [word, mask] : zip(words, masks)) {
    if (mask == 0)
      continue;
    Value *has = builder.CreateICmpEQ(builder.CreateAnd(word, mask),
                                      builder.getInt64(mask));
    result = builder.CreateAnd(result, has);
  }
  return result;
}

namespace {
/// Intel's and AMD's manuals, CPUID and XGETBV.
class X86Detection : public CpuDetection {
public:
  explicit X86Detection(IRBuilder<> &builder) : CpuDetection(builder) {
    Value *leaf1 = createQuery(1, 0);
    Value *leaf7 = createQuery(7, 0);
    Value *leaf7sub1 = createQuery(7, 1);
    Value *extended = createQuery(0x80000001, 0);
    words = {get(leaf1, ecx),     get(leaf7, ebx),    get(leaf7, ecx),
             get(leaf7sub1, eax), get(leaf7sub1, edx), get(extended, ecx)};
    words.push_back(createSavedStates());
  }

private:
  enum Register { eax, ebx, ecx, edx };
  enum Word { leaf1c, leaf7b, leaf7c, leaf71a, leaf71d, extendedC, xcr0 };

  ArrayRef<Need> getNeeds() const override {
    static const Need needs[] = {
        {"sse3", leaf1c, bit(0)},
        {"ssse3", leaf1c, bit(9)},
        {"fma", leaf1c, bit(12)},
        {"cx16", leaf1c, bit(13)},
        {"sse4.1", leaf1c, bit(19)},
        {"sse4.2", leaf1c, bit(20)},
        {"crc32", leaf1c, bit(20)},
        {"movbe", leaf1c, bit(22)},
        {"popcnt", leaf1c, bit(23)},
        // XSAVE, and OSXSAVE: the operating system uses it.
        {"xsave", leaf1c, bit(26) | bit(27)},
        {"avx", leaf1c, bit(28)},
        // States: SSE, AVX.
        {"avx", xcr0, bit(1) | bit(2)},
        {"f16c", leaf1c, bit(29)},
        {"bmi", leaf7b, bit(3)},
        {"avx2", leaf7b, bit(5)},
        {"bmi2", leaf7b, bit(8)},
        {"avx512f", leaf7b, bit(16)},
        // States: mask registers, upper halves of zmm0-15, zmm16-31.
        {"avx512f", xcr0, bit(5) | bit(6) | bit(7)},
        {"avx512dq", leaf7b, bit(17)},
        {"avx512cd", leaf7b, bit(28)},
        {"avx512bw", leaf7b, bit(30)},
        {"avx512vl", leaf7b, bit(31)},
        {"avx512vnni", leaf7c, bit(11)},
        {"avxvnni", leaf71a, bit(4)},
        {"avxvnniint8", leaf71d, bit(4)},
        {"sahf", extendedC, bit(0)},
        {"lzcnt", extendedC, bit(5)}};
    return needs;
  }

  /// {eax, ebx, ecx, edx} of one leaf. rbx may be reserved, so it is saved.
  Value *createCpuid(uint32_t leaf, uint32_t subleaf) {
    Type *word = builder.getInt32Ty();
    auto *type = FunctionType::get(StructType::get(word, word, word, word),
                                   {word, word}, false);
    auto *code = InlineAsm::get(
        type, "xchgq %rbx, ${1:q}\n\tcpuid\n\txchgq %rbx, ${1:q}",
        "={ax},=r,={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}",
        /*hasSideEffects=*/true);
    return builder.CreateCall(
        type, code, {builder.getInt32(leaf), builder.getInt32(subleaf)});
  }

  Value *getRegister(Value *registers, Register which) {
    return builder.CreateExtractValue(registers, which);
  }

  /// The registers of a leaf; zeros where the machine does not have it, because
  /// cpuid then answers with those of another leaf.
  Value *createQuery(uint32_t leaf, uint32_t subleaf) {
    Value *last = getRegister(createCpuid(leaf & 0x80000000, 0), eax);
    Value *isThere = builder.CreateICmpUGE(last, builder.getInt32(leaf));
    if (subleaf > 0) {
      Value *lastSub = getRegister(createCpuid(leaf, 0), eax);
      isThere = builder.CreateAnd(
          isThere, builder.CreateICmpUGE(lastSub, builder.getInt32(subleaf)));
    }
    Value *registers = createCpuid(leaf, subleaf);
    return builder.CreateSelect(isThere, registers,
                                Constant::getNullValue(registers->getType()));
  }

  Value *get(Value *registers, Register which) {
    return builder.CreateZExt(getRegister(registers, which),
                              builder.getInt64Ty());
  }

  /// XCR0: the register states that the operating system saves. Reading it
  /// without OSXSAVE is an illegal instruction.
  Value *createSavedStates() {
    LLVMContext &context = builder.getContext();
    BasicBlock *before = builder.GetInsertBlock();
    Function *function = before->getParent();
    auto *read = BasicBlock::Create(context, "read_xcr0", function);
    auto *after = BasicBlock::Create(context, "after_xcr0", function);
    Value *isUsed = builder.CreateICmpNE(
        builder.CreateAnd(words[leaf1c], bit(27)), builder.getInt64(0));
    builder.CreateCondBr(isUsed, read, after);

    builder.SetInsertPoint(read);
    Type *word = builder.getInt32Ty();
    auto *type =
        FunctionType::get(StructType::get(word, word), {word}, false);
    // Assemblers know the instruction only where XSAVE is enabled.
    auto *code = InlineAsm::get(
        type, ".byte 0x0f, 0x01, 0xd0",
        "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}",
        /*hasSideEffects=*/true);
    Value *states = builder.CreateZExt(
        builder.CreateExtractValue(
            builder.CreateCall(type, code, {builder.getInt32(0)}), 0),
        builder.getInt64Ty());
    builder.CreateBr(after);

    builder.SetInsertPoint(after);
    PHINode *result = builder.CreatePHI(builder.getInt64Ty(), 2);
    result->addIncoming(builder.getInt64(0), before);
    result->addIncoming(states, read);
    return result;
  }
};

/// Linux: arch/arm64/include/uapi/asm/hwcap.h.
class AArch64Detection : public CpuDetection {
public:
  explicit AArch64Detection(IRBuilder<> &builder) : CpuDetection(builder) {
    constexpr uint64_t atHwcap = 16, atHwcap2 = 26;
    words = {createGet(atHwcap), createGet(atHwcap2)};
  }

private:
  enum Word { hwcap, hwcap2 };

  ArrayRef<Need> getNeeds() const override {
    static const Need needs[] = {
        {"neon", hwcap, bit(1)},
        // What compiled code uses of Armv8.2: CRC32, LSE, RDM.
        {"v8.2a", hwcap, bit(7) | bit(8) | bit(12)},
        {"dotprod", hwcap, bit(20)},
        {"i8mm", hwcap2, bit(13)},
        {"sve", hwcap, bit(22)},
        // Every target with SVE has i8mm, and uses both together.
        {"sve", hwcap2, bit(9)}};
    return needs;
  }

  Value *createGet(uint64_t which) {
    Module &module = *builder.GetInsertBlock()->getModule();
    FunctionCallee callee = module.getOrInsertFunction(
        "getauxval", builder.getInt64Ty(), builder.getInt64Ty());
    return builder.CreateCall(callee, {builder.getInt64(which)});
  }
};
} // namespace

std::unique_ptr<CpuDetection>
CpuDetection::create(const Triple &triple, IRBuilder<> &builder) {
  if (triple.getArch() == Triple::x86_64)
    return std::make_unique<X86Detection>(builder);
  if (triple.getArch() == Triple::aarch64 && triple.isOSLinux())
    return std::make_unique<AArch64Detection>(builder);
  return nullptr;
}
