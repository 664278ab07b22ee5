//===- InterpreterKernels.h - Shapes of interpreter kernels ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_INTERPRETERKERNELS_H
#define QDOT_LIB_NUMERICS_INTERPRETERKERNELS_H

#include "InterpreterProgram.h"

namespace qdot::interpreter {

template <typename T>
T read(Scalar value);
template <>
inline float read<float>(Scalar value) {
  return value.f;
}
template <>
inline double read<double>(Scalar value) {
  return value.d;
}
template <>
inline int64_t read<int64_t>(Scalar value) {
  return value.i;
}

inline void write(Scalar &to, float value) { to.f = value; }
inline void write(Scalar &to, double value) { to.d = value; }
inline void write(Scalar &to, int64_t value) { to.i = value; }

/// True is -1, as a sign-extended i1.
inline int64_t fromBool(bool value) { return value ? -1 : 0; }

/// result = F::apply(a).
template <typename T, typename F>
void unaryKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    write(result[i], F::apply(read<T>(a[i])));
}

/// result = F::apply(a, b).
template <typename T, typename F>
void binaryKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  const Scalar *b = frame.lanes(in.operands[1]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    write(result[i], F::apply(read<T>(a[i]), read<T>(b[i])));
}

/// result = F::apply(a, b, c).
template <typename T, typename F>
void ternaryKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  const Scalar *b = frame.lanes(in.operands[1]);
  const Scalar *c = frame.lanes(in.operands[2]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    write(result[i], F::apply(read<T>(a[i]), read<T>(b[i]), read<T>(c[i])));
}

} // namespace qdot::interpreter

#endif // QDOT_LIB_NUMERICS_INTERPRETERKERNELS_H
