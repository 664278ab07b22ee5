//===- ChannelChoice.h - Which dimensions belong at the end ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_CHANNELCHOICE_H
#define QDOT_LIB_CODEGEN_CHANNELCHOICE_H

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qdot {

/// A contraction: the indices of both sides and of the result as functions of
/// the loops, and the loops' sizes (ShapedType::kDynamic where not known).
struct ContractionMaps {
  mlir::AffineMap lhs, rhs, out;
  llvm::SmallVector<int64_t> sizes;
};

/// The orders in which a kernel wants dimensions: place i takes `lhs[i]` of the
/// left side and `out[i]` of the result. One of them moves something.
struct ChannelOrders {
  int64_t column;  ///< dimension of the result that comes last
  int64_t channel; ///< dimension of the left side that comes last, or -1
  llvm::SmallVector<int64_t> lhs, out;
};

/// The output channels of a contraction at the end of its result, and the longest
/// reduction at the end of its left side; the channels of both where there are
/// few results per channel and short sums. Nullopt where all is in place, or
/// nothing is known to be better.
std::optional<ChannelOrders> chooseChannelOrders(const ContractionMaps &maps);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_CHANNELCHOICE_H
