//===- main.c - Calls the code that tinyc made of model.mlir --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <stdio.h>

/// The entry point of @main: one pointer per argument, one per result; 0 on
/// success.
int tiny_main(const float *input, float *output);

int main(void) {
  const float input[4] = {1, 2, 3, 4};
  float output[3];
  if (tiny_main(input, output) != 0)
    return 1;
  printf("%g %g %g\n", output[0], output[1], output[2]);
  return 0;
}
