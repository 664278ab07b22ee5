//===- host.c - A process that loads a plugin as mlir-opt does ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Usage: host LIBRARY ENTRY_POINT. Prints the API version that the entry point
// gives. Compiled with -DVERSION=N it has the LLVM of release N in itself.

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

#ifdef VERSION
void LLVMGetVersion(unsigned *major, unsigned *minor, unsigned *patch) {
  *major = VERSION;
  *minor = 1;
  *patch = 0;
}
#endif

// The layout of mlir::{Pass,Dialect}PluginLibraryInfo.
struct PluginInfo {
  uint32_t apiVersion;
  const char *pluginName;
  const char *pluginVersion;
  void (*registration)(void);
};

int main(int argc, char **argv) {
  void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
  if (!library) {
    fprintf(stderr, "host: %s\n", argc == 3 ? dlerror() : "two arguments");
    return 1;
  }
  struct PluginInfo (*entry)(void) =
      (struct PluginInfo(*)(void))dlsym(library, argv[2]);
  if (!entry)
    return 1;
  printf("apiVersion %u\n", entry().apiVersion);
  return 0;
}
