//===- Targets.cpp - Machines that the driver compiles for ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Targets.h"
#include "Support.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace qdot::driver;

namespace {
struct TargetEntry {
  StringLiteral name;
  StringLiteral triple;
  StringLiteral cpu;
  StringLiteral features;
};
} // namespace

static constexpr StringLiteral x86Triple("x86_64-unknown-linux-gnu");
static constexpr StringLiteral armTriple("aarch64-unknown-linux-gnu");

#define QDOT_AVX2                                                              \
  "+avx,+avx2,+bmi,+bmi2,+crc32,+cx16,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sahf," \
  "+sse3,+sse4.1,+sse4.2,+ssse3,+xsave"

/// Per architecture from worst to best. Features are spelled out, not implied
/// by the cpu, because `checkRunnable` compares them with the host's and code
/// for several targets tests them when it runs (CpuDetection.cpp).
static constexpr TargetEntry targetTable[] = {
    {"x86-avx2", x86Triple, "x86-64-v3", QDOT_AVX2},
    {"x86-avxvnni", x86Triple, "x86-64-v3", QDOT_AVX2 ",+avxvnni"},
    {"x86-avxvnniint8", x86Triple, "x86-64-v3",
     QDOT_AVX2 ",+avxvnni,+avxvnniint8"},
    {"x86-avx512vnni", x86Triple, "x86-64-v4",
     QDOT_AVX2 ",+avx512bw,+avx512cd,+avx512dq,+avx512f,+avx512vl,+avx512vnni"},
    {"aarch64-dotprod", armTriple, "generic", "+v8.2a,+neon,+dotprod"},
    {"aarch64-i8mm", armTriple, "generic", "+v8.2a,+neon,+dotprod,+i8mm"},
    {"aarch64-sve", armTriple, "generic", "+v8.2a,+neon,+dotprod,+i8mm,+sve"},
};

/// The instruction set that every 64-bit machine of this architecture has.
static TargetSpec getGenericTarget(const Triple &triple) {
  return {"generic", triple.str(),
          triple.getArch() == Triple::x86_64 ? "x86-64" : "generic", ""};
}

TargetSpec qdot::driver::getBaseline(const TargetSpec &target) {
  return getGenericTarget(Triple(target.triple));
}

/// The first feature of `target` that this machine lacks, or "".
static StringRef findMissingFeature(StringRef features) {
  StringMap<bool> host = sys::getHostCPUFeatures();
  for (StringRef feature : split(features, ',')) {
    // Version names such as v8.2a only collect features that are listed too.
    if (!feature.consume_front("+") || feature.starts_with("v8"))
      continue;
    if (!host.lookup(feature))
      return feature;
  }
  return "";
}

bool qdot::driver::isHostArch(const TargetSpec &target) {
  Triple host(sys::getDefaultTargetTriple());
  return host.getArch() == Triple(target.triple).getArch();
}

static TargetSpec getHostTarget() {
  SmallVector<std::string> features;
  for (const auto &feature : sys::getHostCPUFeatures())
    features.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(features);
  return {"host", sys::getDefaultTargetTriple(), sys::getHostCPUName().str(),
          join(features, ",")};
}

Expected<TargetSpec> qdot::driver::findTarget(StringRef name) {
  if (name == "generic")
    return getGenericTarget(Triple(sys::getDefaultTargetTriple()));
  if (name == "host")
    return getHostTarget();
  for (const TargetEntry &entry : targetTable)
    if (entry.name == name)
      return TargetSpec{entry.name.str(), entry.triple.str(), entry.cpu.str(),
                        entry.features.str()};
  return makeError("unknown target '" + name + "'; expected one of " +
                   listTargets());
}

/// Position in the table; the baseline is before all of it.
static int getRank(const TargetSpec &target) {
  for (const auto &[rank, entry] : llvm::enumerate(targetTable))
    if (entry.name == target.name)
      return rank;
  return -1;
}

/// Checks several targets against each other and gives `generic` their triple.
static Error unify(MutableArrayRef<TargetSpec> targets) {
  // The first that fixes the architecture.
  auto named = llvm::find_if(targets, [](const TargetSpec &target) {
    return target.name != "generic";
  });
  const TargetSpec &model = named == targets.end() ? targets.front() : *named;
  for (auto &&[index, target] : llvm::enumerate(targets)) {
    if (target.name == "host")
      return makeError("target 'host' cannot be one of several; name the "
                       "target itself ('" +
                       getKernelTarget(target) + "' here)");
    for (const TargetSpec &other : targets.take_front(index))
      if (other.name == target.name)
        return makeError("target '" + target.name + "' is listed twice");
    if (target.name == "generic")
      target = getBaseline(model);
    Triple triple(target.triple), first(model.triple);
    if (triple.getArch() != first.getArch())
      return makeError("one object cannot hold code for '" + model.name +
                       "' (" + first.getArchName() + ") and '" + target.name +
                       "' (" + triple.getArchName() + ")");
  }
  return Error::success();
}

Expected<SmallVector<TargetSpec>> qdot::driver::findTargets(StringRef names) {
  SmallVector<TargetSpec> targets;
  for (StringRef name : split(names, ',')) {
    Expected<TargetSpec> target = findTarget(name);
    if (!target)
      return target.takeError();
    targets.push_back(*target);
  }
  if (targets.size() < 2)
    return targets;
  if (Error error = unify(targets))
    return {std::move(error)};
  llvm::sort(targets, [](const TargetSpec &lhs, const TargetSpec &rhs) {
    return getRank(lhs) < getRank(rhs);
  });
  return targets;
}

std::string qdot::driver::listTargets() {
  std::string names = "generic, host";
  for (const TargetEntry &entry : targetTable)
    names += ", " + entry.name.str();
  return names;
}

static void initializeTargets() {
  static bool once = [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
    InitializeAllAsmParsers();
    return true;
  }();
  (void)once;
}

Expected<std::unique_ptr<TargetMachine>>
qdot::driver::createMachine(const TargetSpec &target) {
  initializeTargets();
  Triple triple(target.triple);
  std::string message;
  const llvm::Target *backend =
      TargetRegistry::lookupTarget(triple, message);
  if (!backend)
    return makeError("this LLVM has no back end for '" + target.triple +
                     "': " + message);
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Strict;
  std::unique_ptr<TargetMachine> machine(backend->createTargetMachine(
      triple, target.cpu, target.features, options, Reloc::PIC_, std::nullopt,
      CodeGenOptLevel::Default));
  if (!machine)
    return makeError("cannot create a back end for '" + target.name + "'");
  return machine;
}

bool qdot::driver::needsEmulator(ArrayRef<TargetSpec> targets) {
  const TargetSpec &first = targets.front();
  return Triple(first.triple).isAArch64() && !isHostArch(first);
}

static Error checkOne(const TargetSpec &target) {
  if (!isHostArch(target))
    return makeError("this machine (" +
                     Triple(sys::getDefaultTargetTriple()).getArchName() +
                     ") cannot run target '" + target.name + "' (" +
                     Triple(target.triple).getArchName() + ")");
  if (target.name == "host")
    return Error::success();
  StringRef missing = findMissingFeature(target.features);
  if (missing.empty())
    return Error::success();
  return makeError("this machine cannot run target '" + target.name +
                   "': it lacks " + missing);
}

Error qdot::driver::checkRunnable(ArrayRef<TargetSpec> targets) {
  // Worst first: when that fails, the message names the smallest step.
  Error error = checkOne(targets.front());
  for (const TargetSpec &target : targets.drop_front()) {
    if (!error)
      break;
    if (Error other = checkOne(target)) {
      consumeError(std::move(other));
      continue;
    }
    consumeError(std::move(error));
    return Error::success();
  }
  return error;
}

std::string qdot::driver::getKernelTarget(const TargetSpec &target) {
  StringRef features(target.features);
  auto has = [&](StringRef name) {
    return is_contained(split(features, ','), ("+" + name).str());
  };
  Triple triple(target.triple);
  if (triple.isAArch64() && has("dotprod"))
    return !has("i8mm") ? "aarch64-dotprod"
           : has("sve") ? "aarch64-sve"
                        : "aarch64-i8mm";
  if (triple.getArch() != Triple::x86_64)
    return "generic";
  if (!has("avx2") || !has("fma"))
    return "generic";
  if (has("avx512vnni") && has("avx512bw") && has("avx512vl"))
    return "x86-avx512vnni";
  if (has("avxvnniint8"))
    return "x86-avxvnniint8";
  return has("avxvnni") ? "x86-avxvnni" : "x86-avx2";
}

bool qdot::driver::hasRoundInstruction(const TargetMachine &machine) {
  const Triple &triple = machine.getTargetTriple();
  if (triple.isAArch64())
    return true;
  return triple.isX86() &&
         machine.getMCSubtargetInfo()->checkFeatures("+sse4.1");
}
