//===- KernelTable.cpp - Targets and their register tiles -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/KernelTable.h"
#include "mlir/IR/Operation.h"

using namespace qdot;

/// LLVM keeps some loads in flight.
static constexpr int64_t armFloatRegisters = 29;

// Latencies: vpdpbusd 5 cycles at two per cycle on Ice Lake and Alder Lake;
// vpaddd 1 cycle behind vpmaddwd (AVX2). sdot: 3 cycles (4 on N1) at four per
// cycle on V1 and V2, two on N1 and N2.
static constexpr KernelTarget table[] = {
    {"x86-avx2", 8, 8, 4, 1.0, true, false, 4, false,
     false, false, avxRegisters},
    {"x86-avxvnni", 8, 12, 10, 0.5, true, true, 4, false,
     false, false, avxRegisters},
    {"x86-avxvnniint8", 8, 12, 10, 0.5, true, true, 4, false,
     false, false, avxRegisters},
    {"x86-avx512vnni", 16, 24, 10, 0.5, true, true},
    {"aarch64-dotprod", 4, 24, 12, 0.25, false, true, 16, false, false, true,
     armFloatRegisters},
    {"aarch64-i8mm", 4, 24, 12, 0.25, false, true, 16, true, false, true,
     armFloatRegisters},
    {"aarch64-sve", 4, 24, 12, 0.25, false, true, 16, true, true, false,
     armFloatRegisters},
};

const KernelTarget *qdot::findKernelTarget(llvm::StringRef name) {
  for (const KernelTarget &target : table)
    if (target.name == name)
      return &target;
  return nullptr;
}

const KernelTarget *qdot::getKernelTarget(mlir::Operation *op,
                                          llvm::StringRef name) {
  const KernelTarget *target = findKernelTarget(name);
  if (!target)
    op->emitError() << "unknown target '" << name << "'; expected one of "
                    << listKernelTargets();
  return target;
}

bool qdot::isAArch64(const KernelTarget &target) {
  return target.name.starts_with("aarch64-");
}

std::string qdot::listKernelTargets() {
  std::string names;
  for (const KernelTarget &target : table)
    names += (names.empty() ? "" : ", ") + target.name.str();
  return names;
}
