/*===- Threads.h - C interface of the threads under compiled models ---------===
 *
 * Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===
 *
 * What `qdot compile --threads` makes calls qdot_parallel_for. This library
 * implements it by a pool of POSIX threads; a program may bring its own. The
 * library needs nothing but libc, and allocates nothing. Every function may be
 * called from any number of threads.
 *
 *===----------------------------------------------------------------------===*/

#ifndef QDOT_THREADS_THREADS_H
#define QDOT_THREADS_THREADS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Raised by one whenever a signature or a meaning below changes. */
#define QDOT_THREADS_ABI_VERSION 1

/** The most threads that work on one layer. */
#define QDOT_MAX_THREADS 256

/** The version that the library was built with. */
int32_t qdot_threads_abi_version(void);

/** Computes the units [begin, end) of one layer. */
typedef void (*qdot_range_function)(void *context, int64_t begin, int64_t end);

/** Calls `body` for ranges that are disjoint and together [0, count), in any
 *  order and on any threads, and returns when all of them are done. What body
 *  computes does not depend on the ranges.
 *  `grain` >= 1: shorter ranges do not pay.
 *  `threads` >= 0: the number that the code was compiled for; 0: as many as
 *  there are. */
typedef void (*qdot_parallel_for_function)(qdot_range_function body,
                                           void *context, int64_t count,
                                           int64_t grain, int64_t threads);

/** What compiled models call. Runs everything on the calling thread when the
 *  pool is busy, by another thread or by a call around this one, so calls may
 *  be nested and never wait for each other. Threads start at the first call
 *  that has work for them, wait actively for some microseconds and then sleep,
 *  and end when the library is unloaded. A child after fork starts its own.
 *  The body sees the floating-point environment of the caller. */
void qdot_parallel_for(qdot_range_function body, void *context, int64_t count,
                       int64_t grain, int64_t threads);

/** Lets compiled models use `function` instead of the pool; null: the pool. */
void qdot_set_parallel_for(qdot_parallel_for_function function);

/** The number of threads of the pool from now on, the caller included: 1 to
 *  QDOT_MAX_THREADS, larger numbers count as that; 0 or less: the environment
 *  variable QDOT_THREADS if it holds such a number, else the number that a
 *  model was compiled for, but at most the processors that this process may
 *  use. */
void qdot_set_threads(int32_t threads);

/** How many threads a model would use now that was compiled for `threads`. */
int32_t qdot_get_threads(int32_t threads);

#ifdef __cplusplus
}
#endif

#endif /* QDOT_THREADS_THREADS_H */
