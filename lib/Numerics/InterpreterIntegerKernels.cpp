//===- InterpreterIntegerKernels.cpp - Integer arithmetic -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterKernels.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace qdot::interpreter {
namespace {

/// result = wrap(F::apply(a, b, width)).
template <typename F>
void integerKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  const Scalar *b = frame.lanes(in.operands[1]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    result[i].i =
        wrapInteger(F::apply(a[i].i, b[i].i, in.operandWidth), in.operandWidth);
}

// Signed operands; computed without signed overflow.
#define QDOT_SIGNED(Name, expression)                                          \
  struct Name {                                                                \
    static int64_t apply(int64_t a, int64_t b, unsigned width) {               \
      return expression;                                                       \
    }                                                                          \
  };
QDOT_SIGNED(Add, int64_t(uint64_t(a) + uint64_t(b)))
QDOT_SIGNED(Subtract, int64_t(uint64_t(a) - uint64_t(b)))
QDOT_SIGNED(Multiply, int64_t(uint64_t(a) * uint64_t(b)))
QDOT_SIGNED(And, a &b)
QDOT_SIGNED(Or, a | b)
QDOT_SIGNED(Xor, a ^ b)
QDOT_SIGNED(MaxSigned, a > b ? a : b)
QDOT_SIGNED(MinSigned, a < b ? a : b)
#undef QDOT_SIGNED

// Operands zero-extended from their width.
#define QDOT_UNSIGNED(Name, expression)                                        \
  struct Name {                                                                \
    static int64_t apply(int64_t x, int64_t y, unsigned width) {               \
      [[maybe_unused]] uint64_t a = asUnsigned(x, width);                      \
      uint64_t b = asUnsigned(y, width);                                       \
      return int64_t(expression);                                              \
    }                                                                          \
  };
QDOT_UNSIGNED(MaxUnsigned, a > b ? a : b)
QDOT_UNSIGNED(MinUnsigned, a < b ? a : b)
QDOT_UNSIGNED(ShiftLeft, b >= width ? 0 : a << b)
QDOT_UNSIGNED(ShiftRightUnsigned, b >= width ? 0 : a >> b)
QDOT_UNSIGNED(ShiftRightSigned, x >> (b >= width ? 63 : b))
QDOT_UNSIGNED(DivideUnsigned, a / b)
QDOT_UNSIGNED(CeilDivideUnsigned, a / b + (a % b != 0))
QDOT_UNSIGNED(RemainderUnsigned, a % b)
#undef QDOT_UNSIGNED

struct DivideSigned {
  static int64_t apply(int64_t a, int64_t b, unsigned) { return a / b; }
};
struct RemainderSigned {
  static int64_t apply(int64_t a, int64_t b, unsigned) { return a % b; }
};
struct FloorDivideSigned {
  static int64_t apply(int64_t a, int64_t b, unsigned) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
  }
};
struct CeilDivideSigned {
  static int64_t apply(int64_t a, int64_t b, unsigned) {
    return a / b + (a % b != 0 && (a < 0) == (b < 0));
  }
};

/// A division: undefined on zero and, signed, where the quotient overflows.
template <typename F, bool isSigned>
void divisionKernel(const Instruction &in, Frame &frame, int begin, int end) {
  int64_t lowest = INT64_MIN >> (64 - in.operandWidth);
  for (int i = begin; i < end; ++i) {
    int64_t a = frame.lanes(in.operands[0])[i].i;
    int64_t b = frame.lanes(in.operands[1])[i].i;
    if (b == 0)
      return frame.fail(in, "division by zero");
    if (isSigned && a == lowest && b == -1)
      return frame.fail(in, "signed division overflows");
    frame.lanes(in.results[0])[i].i =
        wrapInteger(F::apply(a, b, in.operandWidth), in.operandWidth);
  }
}

/// Predicates as in arith::CmpIPredicate.
void compareKernel(const Instruction &in, Frame &frame, int begin, int end) {
  // eq ne slt sle sgt sge ult ule ugt uge: bit 0 equal, 1 less, 2 greater.
  static constexpr int accepted[] = {1, 6, 2, 3, 4, 5, 2, 3, 4, 5};
  bool isUnsigned = in.immediate >= 6;
  for (int i = begin; i < end; ++i) {
    int64_t a = frame.lanes(in.operands[0])[i].i;
    int64_t b = frame.lanes(in.operands[1])[i].i;
    bool isLess = isUnsigned ? asUnsigned(a, in.operandWidth) <
                                   asUnsigned(b, in.operandWidth)
                             : a < b;
    int bit = a == b ? 1 : isLess ? 2 : 4;
    frame.lanes(in.results[0])[i].i =
        fromBool((accepted[in.immediate] & bit) != 0);
  }
}

void selectKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *condition = frame.lanes(in.operands[0]);
  const Scalar *yes = frame.lanes(in.operands[1]);
  const Scalar *no = frame.lanes(in.operands[2]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    result[i] = condition[i].i != 0 ? yes[i] : no[i];
}

/// extsi, trunci, index_cast: the value, wrapped to the result's width.
void signedCastKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    result[i].i = wrapInteger(a[i].i, in.resultWidth);
}

void unsignedCastKernel(const Instruction &in, Frame &frame, int begin,
                        int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    result[i].i = wrapInteger(int64_t(asUnsigned(a[i].i, in.operandWidth)),
                              in.resultWidth);
}

/// An f32 lane holds its bits in the low half; which half of the register a
/// float occupies is the machine's business, so they are moved explicitly.
void bitcastKernel(const Instruction &in, Frame &frame, int begin, int end) {
  bool fromF32 = in.op->getOperand(0).getType().isF32();
  bool toF32 = in.op->getResult(0).getType().isF32();
  for (int i = begin; i < end; ++i) {
    Scalar value = frame.lanes(in.operands[0])[i];
    if (fromF32) {
      int32_t bits;
      std::memcpy(&bits, &value.f, sizeof bits);
      value.i = bits;
    }
    if (toF32) {
      auto bits = static_cast<int32_t>(value.i);
      std::memcpy(&value.f, &bits, sizeof bits);
    }
    frame.lanes(in.results[0])[i] = value;
  }
}

/// Low and high half of the double-width product.
template <bool isSigned>
void multiplyExtendedKernel(const Instruction &in, Frame &frame, int begin,
                            int end) {
  unsigned width = in.operandWidth;
  for (int i = begin; i < end; ++i) {
    int64_t a = frame.lanes(in.operands[0])[i].i;
    int64_t b = frame.lanes(in.operands[1])[i].i;
    using Unsigned = unsigned __int128;
    Unsigned product =
        isSigned ? static_cast<Unsigned>(__int128(a) * b)
                 : Unsigned(asUnsigned(a, width)) * asUnsigned(b, width);
    frame.lanes(in.results[0])[i].i = wrapInteger(int64_t(product), width);
    frame.lanes(in.results[1])[i].i =
        wrapInteger(int64_t(product >> width), width);
  }
}

/// Sum and carry.
void addExtendedKernel(const Instruction &in, Frame &frame, int begin,
                       int end) {
  unsigned width = in.operandWidth;
  for (int i = begin; i < end; ++i) {
    uint64_t a = asUnsigned(frame.lanes(in.operands[0])[i].i, width);
    uint64_t b = asUnsigned(frame.lanes(in.operands[1])[i].i, width);
    uint64_t sum = asUnsigned(int64_t(a + b), width);
    frame.lanes(in.results[0])[i].i = wrapInteger(int64_t(sum), width);
    frame.lanes(in.results[1])[i].i = fromBool(sum < a);
  }
}

/// result = wrap(F::apply(a, width)).
template <typename F>
void integerUnaryKernel(const Instruction &in, Frame &frame, int begin,
                        int end) {
  for (int i = begin; i < end; ++i)
    frame.lanes(in.results[0])[i].i =
        wrapInteger(F::apply(frame.lanes(in.operands[0])[i].i, in.operandWidth),
                    in.operandWidth);
}

struct Abs {
  static int64_t apply(int64_t a, unsigned) {
    return int64_t(a < 0 ? 0 - uint64_t(a) : uint64_t(a));
  }
};
struct CountLeadingZeros {
  static int64_t apply(int64_t a, unsigned width) {
    uint64_t bits = asUnsigned(a, width);
    return bits == 0 ? width : __builtin_clzll(bits) - (64 - width);
  }
};
struct CountTrailingZeros {
  static int64_t apply(int64_t a, unsigned width) {
    uint64_t bits = asUnsigned(a, width);
    return bits == 0 ? width : __builtin_ctzll(bits);
  }
};
struct CountOnes {
  static int64_t apply(int64_t a, unsigned width) {
    return __builtin_popcountll(asUnsigned(a, width));
  }
};
/// Negative exponents: 1/base truncated, undefined for 0.
void powerKernel(const Instruction &in, Frame &frame, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    int64_t base = frame.lanes(in.operands[0])[i].i;
    int64_t exponent = frame.lanes(in.operands[1])[i].i;
    if (base == 0 && exponent < 0)
      return frame.fail(in, "division by zero");
    if (exponent < 0) {
      exponent = base == -1 ? exponent & 1 : 0;
      base = base == 1 || base == -1 ? base : 0;
      exponent = base == 0 ? 1 : exponent;
    }
    uint64_t product = 1, factor = uint64_t(base);
    for (; exponent != 0; exponent >>= 1, factor *= factor)
      if (exponent & 1)
        product *= factor;
    frame.lanes(in.results[0])[i].i =
        wrapInteger(int64_t(product), in.operandWidth);
  }
}

const llvm::StringMap<Kernel> &getTable() {
  static const llvm::StringMap<Kernel> table = {
      {"arith.addi", integerKernel<Add>},
      {"arith.subi", integerKernel<Subtract>},
      {"arith.muli", integerKernel<Multiply>},
      {"arith.andi", integerKernel<And>},
      {"arith.ori", integerKernel<Or>},
      {"arith.xori", integerKernel<Xor>},
      {"arith.maxsi", integerKernel<MaxSigned>},
      {"arith.minsi", integerKernel<MinSigned>},
      {"arith.maxui", integerKernel<MaxUnsigned>},
      {"arith.minui", integerKernel<MinUnsigned>},
      {"arith.shli", integerKernel<ShiftLeft>},
      {"arith.shrui", integerKernel<ShiftRightUnsigned>},
      {"arith.shrsi", integerKernel<ShiftRightSigned>},
      {"arith.divsi", divisionKernel<DivideSigned, true>},
      {"arith.divui", divisionKernel<DivideUnsigned, false>},
      {"arith.remsi", divisionKernel<RemainderSigned, true>},
      {"arith.remui", divisionKernel<RemainderUnsigned, false>},
      {"arith.floordivsi", divisionKernel<FloorDivideSigned, true>},
      {"arith.ceildivsi", divisionKernel<CeilDivideSigned, true>},
      {"arith.ceildivui", divisionKernel<CeilDivideUnsigned, false>},
      {"arith.addui_extended", addExtendedKernel},
      {"arith.mulsi_extended", multiplyExtendedKernel<true>},
      {"arith.mului_extended", multiplyExtendedKernel<false>},
      {"arith.cmpi", compareKernel},
      {"arith.select", selectKernel},
      {"arith.extsi", signedCastKernel},
      {"arith.trunci", signedCastKernel},
      {"arith.index_cast", signedCastKernel},
      {"arith.extui", unsignedCastKernel},
      {"arith.index_castui", unsignedCastKernel},
      {"arith.bitcast", bitcastKernel},
      {"math.absi", integerUnaryKernel<Abs>},
      {"math.ctlz", integerUnaryKernel<CountLeadingZeros>},
      {"math.cttz", integerUnaryKernel<CountTrailingZeros>},
      {"math.ctpop", integerUnaryKernel<CountOnes>},
      {"math.ipowi", powerKernel},
  };
  return table;
}

} // namespace

Kernel findIntegerKernel(Operation *op) {
  return getTable().lookup(op->getName().getStringRef());
}

} // namespace qdot::interpreter
