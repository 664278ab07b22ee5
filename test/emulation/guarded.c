//===- guarded.c - Calls functions with memory that nobody may touch ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// guarded < IN > OUT: IN is a sequence of calls, each i64 words {function,
// inputs, outputs, batch or -1, placement}, bytes and alignment of each operand,
// and the bytes of the inputs; OUT gets the bytes of the outputs. A buffer lies
// at either end of its pages, whose neighbours are forbidden, or 1 to 3 elements
// from it: guarded.py does the same. functions.h defines `functions`, a
// null-terminated array. Linux.

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int64_t Word;
typedef int Function(Word, Word, Word, Word, Word, Word, Word, Word, Word, Word,
                     Word, Word, Word, Word, Word, Word, Word, Word, Word, Word,
                     Word, Word, Word, Word);
#include "functions.h"

enum { MaxOperands = 23, Page = 4096, Mark = 0xA5 };

typedef struct {
  uint8_t *pages, *data;
  Word capacity, size;
} Slot;

static Slot slots[MaxOperands];
static Word call, head[5];

static void fail(const char *what) {
  fprintf(stderr, "call %ld: %s\n", (long)call, what);
  exit(2);
}

static void onFault(int signal) {
  char text[64];
  int size = snprintf(text, sizeof text, "call %ld: signal %d\n", (long)call,
                      signal);
  if (write(STDERR_FILENO, text, (size_t)size) != size)
    _exit(4);
  _exit(3);
}

static void get(void *to, Word bytes) {
  if (fread(to, 1, (size_t)bytes, stdin) != (size_t)bytes)
    fail("input ends early");
}

static void grow(Slot *slot, Word size) {
  slot->capacity = (size + 16 + Page - 1) / Page * Page;
  uint8_t *start = mmap(0, (size_t)slot->capacity + 2 * Page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED ||
      mprotect(start + Page, (size_t)slot->capacity, PROT_READ | PROT_WRITE))
    fail("no memory");
  slot->pages = start + Page;
}

static void place(int number, Word size, Word width) {
  Slot *slot = &slots[number];
  if (slot->capacity < size + 16)
    grow(slot, size);
  Word turn = head[4] + number, offset = turn % 8 ? turn / 2 % 4 * width : 0;
  slot->size = size;
  slot->data = slot->pages +
               (turn % 2 == 0 ? slot->capacity - size - offset : offset);
  memset(slot->pages, Mark, (size_t)slot->capacity);
}

static void checkMarks(const Slot *slot) {
  for (const uint8_t *at = slot->pages; at < slot->data; ++at)
    if (*at != Mark)
      fail("wrote before a buffer");
  for (const uint8_t *at = slot->data + slot->size;
       at < slot->pages + slot->capacity; ++at)
    if (*at != Mark)
      fail("wrote behind a buffer");
}

// Arguments that a function does not have do not disturb it.
static int callFunction(Function *function, const Word *a) {
  return function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9],
                  a[10], a[11], a[12], a[13], a[14], a[15], a[16], a[17], a[18],
                  a[19], a[20], a[21], a[22], a[23]);
}

static void runCall(void) {
  int inputs = (int)head[1], count = inputs + (int)head[2];
  Word sizes[MaxOperands], widths[MaxOperands], arguments[MaxOperands + 1] = {0};
  uint8_t *copies[MaxOperands];
  if (count > MaxOperands)
    fail("too many operands");
  get(sizes, count * (Word)sizeof *sizes);
  get(widths, count * (Word)sizeof *widths);
  for (int i = 0; i < count; ++i) {
    place(i, sizes[i], widths[i]);
    arguments[i] = (Word)(intptr_t)slots[i].data;
    if (i >= inputs)
      continue;
    get(slots[i].data, sizes[i]);
    copies[i] = malloc((size_t)sizes[i] + 1);
    memcpy(copies[i], slots[i].data, (size_t)sizes[i]);
  }
  arguments[count] = head[3];
  if (callFunction(functions[head[0]], arguments))
    fail("a function failed");
  for (int i = 0; i < count; ++i) {
    checkMarks(&slots[i]);
    if (i >= inputs) {
      fwrite(slots[i].data, 1, (size_t)sizes[i], stdout);
      continue;
    }
    if (memcmp(copies[i], slots[i].data, (size_t)sizes[i]))
      fail("wrote to an input");
    free(copies[i]);
  }
}

int main(void) {
  signal(SIGSEGV, onFault);
  signal(SIGBUS, onFault);
  signal(SIGILL, onFault);
  for (; fread(head, 1, sizeof head, stdin) == sizeof head; ++call)
    runCall();
  return fflush(stdout) != 0;
}
