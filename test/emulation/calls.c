//===- calls.c - Calls functions of a compiled model ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// calls IN OUT [REPEATS]: IN is a sequence of calls, each i64 words {function,
// inputs, outputs, batch or -1, bytes of each operand} and the bytes of the
// inputs; OUT gets the bytes of the outputs. Buffers are at odd addresses and
// followed by marks. functions.h defines `functions`, a null-terminated array.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t Word;
typedef int Function(Word, Word, Word, Word, Word, Word, Word, Word, Word, Word,
                     Word, Word, Word, Word, Word, Word, Word, Word, Word, Word,
                     Word, Word, Word, Word);
#include "functions.h"

enum { MaxOperands = 23, Guard = 64 };
static uint8_t *blocks[MaxOperands];
static int repeats = 1;

static void fail(const char *what) {
  fprintf(stderr, "calls: %s\n", what);
  exit(2);
}

static void get(void *to, size_t bytes, FILE *in) {
  if (fread(to, 1, bytes, in) != bytes)
    fail("input ends early");
}

// Bytes of i32 must be at multiples of 4, others may be anywhere.
static uint8_t *allocate(int number, Word bytes) {
  blocks[number] = malloc(bytes + 2 * Guard);
  if (!blocks[number])
    fail("no memory");
  memset(blocks[number], 0xA5, bytes + 2 * Guard);
  return blocks[number] + Guard +
         (bytes % 4 ? number % 3 + 1 : 4 * (number % 3));
}

static void checkMarks(const uint8_t *data, int number, Word bytes) {
  const uint8_t *end = blocks[number] + bytes + 2 * Guard;
  for (const uint8_t *at = blocks[number]; at < data; ++at)
    if (*at != 0xA5)
      fail("wrote before a buffer");
  for (const uint8_t *at = data + bytes; at < end; ++at)
    if (*at != 0xA5)
      fail("wrote behind a buffer");
}

// Arguments that a function does not have do not disturb it.
static int callFunction(Function *function, const Word *a) {
  return function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9],
                  a[10], a[11], a[12], a[13], a[14], a[15], a[16], a[17], a[18],
                  a[19], a[20], a[21], a[22], a[23]);
}

static void runCall(const Word *head, FILE *in, FILE *out) {
  int inputs = (int)head[1], count = inputs + (int)head[2];
  Word sizes[MaxOperands], arguments[MaxOperands + 1] = {0};
  if (count > MaxOperands)
    fail("too many operands");
  get(sizes, count * sizeof *sizes, in);
  for (int i = 0; i < count; ++i) {
    uint8_t *data = allocate(i, sizes[i]);
    arguments[i] = (Word)(intptr_t)data;
    if (i < inputs)
      get(data, sizes[i], in);
  }
  arguments[count] = head[3];
  for (int i = 0; i < repeats; ++i)
    if (callFunction(functions[head[0]], arguments))
      fail("a function failed");
  for (int i = 0; i < count; ++i) {
    const uint8_t *data = (const uint8_t *)(intptr_t)arguments[i];
    checkMarks(data, i, sizes[i]);
    if (i >= inputs)
      fwrite(data, 1, sizes[i], out);
    free(blocks[i]);
  }
}

int main(int count, char **names) {
  FILE *in = count >= 3 ? fopen(names[1], "rb") : 0;
  FILE *out = count >= 3 ? fopen(names[2], "wb") : 0;
  if (!in || !out)
    fail("cannot open IN or OUT");
  if (count > 3)
    repeats = atoi(names[3]);
  Word head[4];
  while (fread(head, 1, sizeof head, in) == sizeof head)
    runCall(head, in, out);
  return fclose(out) != 0;
}
