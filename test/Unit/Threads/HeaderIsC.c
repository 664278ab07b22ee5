/*===- HeaderIsC.c - Threads.h compiles as C ----------------------------------===
 *
 * Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*/

#include "qdot/Threads/Threads.h"
