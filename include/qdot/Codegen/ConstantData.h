//===- ConstantData.h - Data of tensor constants --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_CONSTANTDATA_H
#define QDOT_CODEGEN_CONSTANTDATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Support/LLVM.h"
#include <string>

namespace qdot {

/// Whether a tensor constant has data that can be read; if not, the `reason`: a
/// resource without data or of the wrong size, or elements that do not fill
/// bytes.
bool hasConstantData(mlir::ElementsAttr value, std::string &reason);

/// The data of a tensor constant, whatever its form (dense, splat,
/// `dense_resource`), or null with the `reason`.
mlir::DenseElementsAttr getConstantData(mlir::ElementsAttr value,
                                        std::string &reason);

/// `value` with its dimensions permuted: dimension i of the result is dimension
/// `permutation[i]` of `value`. Precondition: elements of whole bytes.
mlir::DenseElementsAttr transposeConstant(mlir::DenseElementsAttr value,
                                          llvm::ArrayRef<int64_t> permutation);

/// `value` with the element `order[i]` of dimension `dim` at place i.
/// Precondition: elements of whole bytes; `order` is a permutation.
mlir::DenseElementsAttr permuteConstant(mlir::DenseElementsAttr value,
                                        int64_t dim,
                                        llvm::ArrayRef<int64_t> order);

} // namespace qdot

#endif // QDOT_CODEGEN_CONSTANTDATA_H
