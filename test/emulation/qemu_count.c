//===- qemu_count.c - Counts the instructions that QEMU executes ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A plugin of QEMU's user mode (the dynamically linked one, package qemu-user):
// prints `N instructions` on stderr in the end. Debian has no header of the
// interface; what is declared here is in docs/devel/tcg-plugins.rst of QEMU.

#include <stdint.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t Id;
struct qemu_plugin_tb;
typedef void OnTranslate(Id, struct qemu_plugin_tb *);
typedef void OnExit(Id, void *);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(Id id, OnTranslate *callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block,
                                              int operation, void *to,
                                              uint64_t value);
void qemu_plugin_register_atexit_cb(Id id, OnExit *callback, void *data);

EXPORT int qemu_plugin_version = 1;

// Of the one thread that the counted programs have.
static uint64_t count;

static void onTranslate(Id id, struct qemu_plugin_tb *block) {
  (void)id;
  // Operation 0 adds.
  qemu_plugin_register_vcpu_tb_exec_inline(block, 0, &count,
                                           qemu_plugin_tb_n_insns(block));
}

static void onExit(Id id, void *data) {
  (void)id;
  (void)data;
  fprintf(stderr, "%llu instructions\n", (unsigned long long)count);
}

EXPORT int qemu_plugin_install(Id id, const void *info, int argc, char **argv) {
  (void)info;
  (void)argc;
  (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, onTranslate);
  qemu_plugin_register_atexit_cb(id, onExit, 0);
  return 0;
}
