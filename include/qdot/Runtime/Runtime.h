/*===- Runtime.h - C interface that instrumented code calls -----------------===
 *
 * Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===
 *
 * libqdot_runtime has no dependency on LLVM. Every function may be called from
 * any number of threads.
 *
 *===------------------------------------------------------------------------===*/

#ifndef QDOT_RUNTIME_RUNTIME_H
#define QDOT_RUNTIME_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Raised by one whenever a signature or a meaning below changes. */
#define QDOT_RUNTIME_ABI_VERSION 1

/** The version that the library was built with. */
int32_t qdot_runtime_abi_version(void);

/** An unranked memref as MLIR's C interface passes it: `descriptor` points at
 *  {T *allocated; T *aligned; int64_t offset; int64_t sizes[rank];
 *  int64_t strides[rank]}. */
typedef struct {
  int64_t rank;
  void *descriptor;
} qdot_unranked_memref;

/** Records the f32 values of one tensor under the structural id `site`
 *  (NUL-terminated `path#digest`). Called by the code that qdot-lower-observe
 *  makes from `qdot.observe`. */
void _mlir_ciface_qdot_rt_observe_f32(const char *site,
                                      qdot_unranked_memref *values);

/** Only the first `valid` of every `batch` rows of the first axis count, on
 *  the calling thread, until the next call: a partial last batch. A tensor
 *  whose first axis is no multiple of `batch` counts whole. `batch` 0 lifts
 *  the limit. */
void qdot_rt_set_valid_rows(int64_t valid, int64_t batch);

/** Forgets everything recorded. */
void qdot_rt_reset(void);

/** Writes the statistics file (docs/Statistics.md) to `path`, atomically
 *  (temporary file, fsync, rename). Returns 0, or an errno value and leaves the
 *  old file. When the environment variable QDOT_STATISTICS is set, the same is
 *  done to that path at exit, so that `mlir-runner` needs nothing else. */
int32_t qdot_rt_write_statistics(const char *path);

#ifdef __cplusplus
}
#endif

#endif /* QDOT_RUNTIME_RUNTIME_H */
