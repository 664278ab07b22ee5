//===- Plugin.cpp - Entry points for --load-{dialect,pass}-plugin --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "qdot/InitAll.h"
#include "llvm/Config/llvm-config.h"
#include <cstdio>
#include <dlfcn.h>

/// True when the process runs the LLVM that libqdot was compiled against.
/// `LLVMGetVersion` is looked up at run time: in a host of another release the
/// symbol that is found first is the host's.
static bool isHostVersionRight() {
  using GetVersion = void (*)(unsigned *, unsigned *, unsigned *);
  auto getVersion =
      reinterpret_cast<GetVersion>(dlsym(RTLD_DEFAULT, "LLVMGetVersion"));
  unsigned major = 0, minor = 0, patch = 0;
  if (getVersion)
    getVersion(&major, &minor, &patch);
  if (major == LLVM_VERSION_MAJOR && minor == LLVM_VERSION_MINOR)
    return true;
  std::fprintf(stderr,
               "qdot: built for LLVM %d.%d, but the host runs LLVM %u.%u; the "
               "plugin is not loaded\n",
               LLVM_VERSION_MAJOR, LLVM_VERSION_MINOR, major, minor);
  return false;
}

/// True when the code that called the entry point and the MLIR that libqdot is
/// bound to come from one image. A host with its own static MLIR has other
/// TypeIDs, and registration would crash later.
static bool isHostImageRight(const void *caller) {
  Dl_info host, own;
  const void *context = dlsym(
      RTLD_DEFAULT, "_ZN4mlir11MLIRContext24loadAllAvailableDialectsEv");
  if (!dladdr(caller, &host) || !context || !dladdr(context, &own))
    return true;
  if (host.dli_fbase == own.dli_fbase)
    return true;
  std::fprintf(stderr,
               "qdot: the host %s does not use the shared %s; the plugin is "
               "not loaded\n",
               host.dli_fname, own.dli_fname);
  return false;
}

/// Prints why and returns false when the plugin must not be used.
static bool isHostRight(const void *caller) {
  return isHostVersionRight() && isHostImageRight(caller);
}

/// `--load-dialect-plugin` is enough for everything: it registers the passes
/// and pipelines too.
extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  if (!isHostRight(__builtin_return_address(0)))
    return {0, "qdot", QDOT_VERSION, nullptr};
  return {MLIR_PLUGIN_API_VERSION, "qdot", QDOT_VERSION,
          [](mlir::DialectRegistry *registry) {
            qdot::registerAllDialects(*registry);
            qdot::registerAllPasses();
          }};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  if (!isHostRight(__builtin_return_address(0)))
    return {0, "qdot", QDOT_VERSION, nullptr};
  return {MLIR_PLUGIN_API_VERSION, "qdot", QDOT_VERSION,
          [] { qdot::registerAllPasses(); }};
}
