//===- worker_openblas.cpp - f32 GEMM of OpenBLAS -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// load ID M N K X W: x[m, k] times w[k, n], given as u8 and s8, computed in
// f32. The interface has no call that packs constant weights beforehand.
//
//===----------------------------------------------------------------------===//

#include "worker.h"
#include <cblas.h>

using namespace bench;

template <typename T>
static Buffer toFloat(const Buffer &from) {
  Buffer to(from.size() / sizeof(T) * sizeof(float));
  for (size_t i = 0; i < from.size() / sizeof(T); ++i)
    to.as<float>()[i] = from.as<T>()[i];
  return to;
}

static Task load(std::istream &arguments) {
  int m = 0, n = 0, k = 0;
  std::string xPath, wPath;
  arguments >> m >> n >> k >> xPath >> wPath;
  Buffer x = toFloat<uint8_t>(readFile(xPath));
  Buffer w = toFloat<int8_t>(readFile(wPath));
  Buffer y(sizeof(float) * m * n);
  Task task;
  task.execute = [=] {
    const float *a = x.as<float>(), *b = w.as<float>();
    if (m == 1)
      cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1, b, n, a, 1, 0,
                  y.as<float>(), 1);
    else
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k,
                  b, n, 0, y.as<float>(), n);
  };
  task.save = [=](const std::string &path) {
    task.execute();
    writeFile(path, y.as<char>(), y.size());
  };
  return task;
}

int main() { return serve(load); }
