//===- standalone.c - Times kernels that are linked into the program ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// standalone [--csv] [--turn MS] [--only TEXT]: for every kernel in kernels.h
// and every target in it, checks the result against the exact one and prints the
// best and the median time of some turns. A process per target, as a compiled
// model chooses its target (QDOT_TARGET) once. Exit code 1: a result was wrong.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  const char *name;
  int32_t (*run)(const int8_t *input, int8_t *output);
  /// The target that is chosen, null where the machine can run none.
  const char *(*getTarget)(void);
  const int8_t *input, *expected;
  size_t outputBytes;
  double operations;
} Kernel;

// `kernels`, `targets`, each with an element of zeros at the end.
#include "kernels.h"

enum { MaxSamples = 512 };

static int isCsv;
static double turn = 0.1;
static const char *only = "";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double timeRuns(const Kernel *kernel, int8_t *output, long runs) {
  double start = now();
  for (long i = 0; i < runs; ++i)
    kernel->run(kernel->input, output);
  return (now() - start) / (double)runs;
}

static int compare(const void *lhs, const void *rhs) {
  double a = *(const double *)lhs, b = *(const double *)rhs;
  return (a > b) - (a < b);
}

static void print(const Kernel *kernel, const char *target, double best,
                  double median) {
  double giga = kernel->operations / best * 1e-9;
  printf(isCsv ? "%s,%s,%.3f,%.3f,%.2f\n" : "%-28s %-16s %12.3f %12.3f %10.2f\n",
         kernel->name, target, best * 1e6, median * 1e6, giga);
}

static void measure(const Kernel *kernel, const char *target, int8_t *output) {
  double samples[MaxSamples], once = timeRuns(kernel, output, 1);
  // Long enough for the clock; at least three samples.
  long runs = once > 1e-3 ? 1 : (long)(1e-3 / once) + 1, count = 0;
  for (double end = now() + turn; count < MaxSamples && (count < 3 || now() < end);)
    samples[count++] = timeRuns(kernel, output, runs);
  qsort(samples, (size_t)count, sizeof *samples, compare);
  print(kernel, target, samples[0], samples[count / 2]);
}

/// Runs one kernel; 1 if its result is wrong.
static int runKernel(const Kernel *kernel, const char *target) {
  const char *chosen = kernel->getTarget();
  if (!chosen || strcmp(chosen, target))
    return fprintf(stderr, "%s: this machine cannot run %s\n", kernel->name,
                   target),
           0;
  int8_t *output = aligned_alloc(64, (kernel->outputBytes + 63) / 64 * 64);
  if (!output)
    return 1;
  // A kernel that writes too little must show.
  memset(output, 0x7F, kernel->outputBytes);
  int isWrong = kernel->run(kernel->input, output) != 0 ||
                memcmp(output, kernel->expected, kernel->outputBytes) != 0;
  if (isWrong)
    printf("%s, %s: WRONG\n", kernel->name, target);
  else
    measure(kernel, target, output);
  free(output);
  return isWrong;
}

/// All kernels for one target, in a process of its own.
static int runTarget(const char *target) {
  fflush(stdout);
  pid_t child = fork();
  if (child < 0)
    return 1;
  if (child == 0) {
    int wrong = 0;
    setenv("QDOT_TARGET", target, 1);
    for (const Kernel *kernel = kernels; kernel->name; ++kernel)
      if (strstr(kernel->name, only))
        wrong |= runKernel(kernel, target);
    fflush(stdout);
    _exit(wrong);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    printf("%s: signal %d\n", target, WTERMSIG(status));
  return status != 0;
}

int main(int count, char **words) {
  for (int i = 1; i < count; ++i) {
    if (!strcmp(words[i], "--csv"))
      isCsv = 1;
    else if (!strcmp(words[i], "--turn") && i + 1 < count)
      turn = atof(words[++i]) * 1e-3;
    else if (!strcmp(words[i], "--only") && i + 1 < count)
      only = words[++i];
    else
      return fprintf(stderr, "usage: %s [--csv] [--turn MS] [--only TEXT]\n",
                     words[0]),
             2;
  }
  printf(isCsv ? "%s,%s,%s,%s,%s\n" : "%-28s %-16s %12s %12s %10s\n", "kernel",
         "target", "best us", "median us", "GOP/s");
  int wrong = 0;
  for (const char *const *target = targets; *target; ++target)
    wrong |= runTarget(*target);
  return wrong;
}
