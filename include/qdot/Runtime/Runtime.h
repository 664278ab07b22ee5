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
#define QDOT_RUNTIME_ABI_VERSION 2

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
 *  (NUL-terminated `path#digest`). Both are read during the call only. A
 *  tensor without values makes the site known. Called by the code that
 *  qdot-lower-observe makes from `qdot.observe`. */
void _mlir_ciface_qdot_rt_observe_f32(const char *site,
                                      qdot_unranked_memref *values);

/** The same for signed integers, recorded as the nearest f32: exact for every
 *  i8, and for i32 up to 2^24 in magnitude. */
void _mlir_ciface_qdot_rt_observe_i8(const char *site,
                                     qdot_unranked_memref *values);
void _mlir_ciface_qdot_rt_observe_i32(const char *site,
                                      qdot_unranked_memref *values);

/** As ..._f32, and also records each index of the axis `axis` by itself. A
 *  negative `axis` counts from the end: -1 is the last one. A tensor that has
 *  no such axis is recorded as a whole only. */
void _mlir_ciface_qdot_rt_observe_channels_f32(const char *site, int64_t axis,
                                               qdot_unranked_memref *values);

/** As ..._f32, and also records under `moved_site` what a tensor holds that has
 *  the same values, in another order, and `zeros` zeros besides for each index
 *  of the first axis: both have the same first axis, of rank 1 or more. */
void _mlir_ciface_qdot_rt_observe_moved_f32(const char *site,
                                            const char *moved_site,
                                            int64_t zeros,
                                            qdot_unranked_memref *values);

/** How tensors hold samples: on the calling thread, until the next call, a
 *  tensor whose first axis has `k * batch` rows holds `batch` samples of `k`
 *  rows each (k > 1 where an axis was collapsed into the batch), of which the
 *  first `valid` count: the last batch may be partial. A tensor of rank 0, or
 *  whose first axis is no multiple of `batch`, counts whole, and as no sample
 *  unless `batch` is 1. `valid` is clamped to [0, batch]; `batch` 0 (or less),
 *  the state at the start, means that every tensor is one sample. */
void qdot_rt_set_valid_rows(int64_t valid, int64_t batch);

/** Forgets everything recorded. */
void qdot_rt_reset(void);

/** Writes the statistics file (docs/Statistics.md) of everything recorded by
 *  all threads to `path`, atomically (temporary file, fsync, rename). Returns
 *  0, or an errno value and leaves the old file: EINVAL when the format cannot
 *  hold a record (a site that is not UTF-8 or too long), EFBIG when the file
 *  would be too large to be read again. When the environment variable
 *  QDOT_STATISTICS is set, the same is done to that path at exit, so that
 *  `mlir-runner` needs nothing else; not when nothing was observed. */
int32_t qdot_rt_write_statistics(const char *path);

/** Merges everything recorded into the statistics file `path`, which need not
 *  exist, under a lock: any number of processes may do so at a time. Returns 0,
 *  or EINVAL, prints the reason on stderr and leaves the old file: it is
 *  damaged, of another model, or cannot be written. Records stay, so that a
 *  second call counts them twice; see qdot_rt_reset. With QDOT_STATISTICS_MERGE
 *  set to anything but an empty string, QDOT_STATISTICS merges at exit. */
int32_t qdot_rt_merge_statistics(const char *path);

#ifdef __cplusplus
}
#endif

#endif /* QDOT_RUNTIME_RUNTIME_H */
