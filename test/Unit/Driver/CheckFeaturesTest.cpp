//===- CheckFeaturesTest.cpp - What targets refuse ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckFeatures.h"
#include "Targets.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace qdot::driver;

/// What `checkFeatures` says about a module of one function, "" for nothing.
static std::string check(StringRef target, StringRef text) {
  LLVMContext context;
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> module =
      parseAssemblyString(text, diagnostic, context);
  EXPECT_TRUE(module) << diagnostic.getMessage().str();
  Expected<TargetSpec> spec = findTarget(target);
  EXPECT_TRUE(bool(spec));
  auto machine = createMachine(*spec);
  EXPECT_TRUE(bool(machine));
  return toString(checkFeatures(*module, **machine, target));
}

/// A call of an intrinsic with an accumulator and two vectors of bytes.
static std::string call(StringRef name, StringRef words = "<4 x i32>",
                        StringRef bytes = "<16 x i8>") {
  std::string callee = (words + " @" + name).str();
  return ("declare " + callee + "(" + words + ", " + bytes + ", " + bytes +
          ")\ndefine void @f(ptr %p) {\n  %a = load " + words +
          ", ptr %p\n  %b = load " + bytes + ", ptr %p\n  %r = call " + callee +
          "(" + words + " %a, " + bytes + " %b, " + bytes + " %b)\n  store " +
          words + " %r, ptr %p\n  ret void\n}\n")
      .str();
}

static std::string neon(StringRef name) {
  return call(("llvm.aarch64.neon." + name + ".v4i32.v16i8").str());
}

static std::string sve(StringRef name) {
  return call(("llvm.aarch64.sve." + name + ".nxv4i32").str(),
              "<vscale x 4 x i32>", "<vscale x 16 x i8>");
}

TEST(CheckFeatures, TakesWhatTheTargetHas) {
  for (StringRef target : {"aarch64-dotprod", "aarch64-i8mm", "aarch64-sve"})
    for (StringRef name : {"sdot", "udot"})
      EXPECT_EQ(check(target, neon(name)), "");
  for (StringRef target : {"aarch64-i8mm", "aarch64-sve"})
    for (StringRef name : {"usdot", "smmla", "ummla", "usmmla"})
      EXPECT_EQ(check(target, neon(name)), "");
  for (StringRef name : {"sdot", "udot", "usdot", "smmla", "ummla", "usmmla"})
    EXPECT_EQ(check("aarch64-sve", sve(name)), "");
}

TEST(CheckFeatures, RefusesMixedSignsAndMatricesWithoutI8mm) {
  for (StringRef name : {"usdot", "smmla", "ummla", "usmmla"})
    EXPECT_EQ(check("aarch64-dotprod", neon(name)),
              ("intrinsic 'llvm.aarch64.neon." + name +
               ".v4i32.v16i8' on target 'aarch64-dotprod', which does not have "
               "i8mm")
                  .str());
}

TEST(CheckFeatures, RefusesScalableVectorsWithoutSve) {
  for (StringRef target : {"aarch64-dotprod", "aarch64-i8mm"})
    for (StringRef name : {"sdot", "udot", "usdot", "smmla", "ummla", "usmmla"})
      EXPECT_EQ(check(target, sve(name)),
                ("intrinsic 'llvm.aarch64.sve." + name +
                 ".nxv4i32' on target '" + target +
                 "', which does not have sve")
                    .str());
  EXPECT_EQ(check("aarch64-i8mm",
                  "define void @f(ptr %p) {\n  store <vscale x 4 x i32> "
                  "zeroinitializer, ptr %p\n  ret void\n}\n"),
            "a vector of scalable length in 'f' on target 'aarch64-i8mm', "
            "which does not have sve");
}

TEST(CheckFeatures, KnowsTheBaseline) {
  Expected<TargetSpec> spec = findTarget("aarch64-i8mm");
  ASSERT_TRUE(bool(spec));
  LLVMContext context;
  SMDiagnostic diagnostic;
  auto machine = createMachine(getBaseline(*spec));
  ASSERT_TRUE(bool(machine));
  for (StringRef name : {"sdot", "udot"}) {
    auto module = parseAssemblyString(neon(name), diagnostic, context);
    EXPECT_EQ(toString(checkFeatures(*module, **machine, "generic")),
              ("intrinsic 'llvm.aarch64.neon." + name +
               ".v4i32.v16i8' on target 'generic', which does not have dotprod")
                  .str());
  }
}

TEST(CheckFeatures, KnowsTheTargetsOfX86) {
  std::string dot =
      call("llvm.x86.avx512.vpdpbusd.256", "<8 x i32>", "<32 x i8>");
  EXPECT_EQ(check("x86-avx512vnni", dot), "");
  EXPECT_EQ(check("x86-avxvnni", dot), "");
  EXPECT_EQ(check("x86-avx2", dot),
            "intrinsic 'llvm.x86.avx512.vpdpbusd.256' on target 'x86-avx2', "
            "which does not have avx512vnni or avxvnni");
  std::string sameSigns =
      call("llvm.x86.avx2.vpdpbssd.256", "<8 x i32>", "<32 x i8>");
  EXPECT_EQ(check("x86-avxvnniint8", sameSigns), "");
  EXPECT_EQ(check("x86-avxvnni", sameSigns),
            "intrinsic 'llvm.x86.avx2.vpdpbssd.256' on target 'x86-avxvnni', "
            "which does not have avxvnniint8");
}
