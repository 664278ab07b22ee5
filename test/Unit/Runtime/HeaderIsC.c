/*===- HeaderIsC.c - Runtime.h is a C header --------------------------------===
 *
 * Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*/

#include "qdot/Runtime/Runtime.h"

_Static_assert(offsetof(qdot_unranked_memref, descriptor) == 8,
               "a rank and a pointer");

/** Records the value 1.5 under `site`, from C. */
void observeFromC(const char *site);
void observeFromC(const char *site) {
  float value = 1.5f;
  struct {
    float *allocated;
    float *aligned;
    int64_t offset;
  } scalar = {&value, &value, 0};
  qdot_unranked_memref values = {0, &scalar};
  _mlir_ciface_qdot_rt_observe_f32(site, &values);
}
