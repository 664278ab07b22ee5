//===- InterpreterFloatKernels.cpp - Float arithmetic ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterKernels.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Numerics/Exponential.h"
#include "qdot/Numerics/Quantization.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace qdot::interpreter {
namespace {

// One struct per function: `apply` on float calls the f32 function of libm.
#define QDOT_UNARY(Name, expression)                                           \
  struct Name {                                                                \
    template <typename T>                                                      \
    static T apply(T x) {                                                      \
      return expression;                                                       \
    }                                                                          \
  };
QDOT_UNARY(Negate, -x)
QDOT_UNARY(Abs, std::fabs(x))
QDOT_UNARY(Acos, std::acos(x))
QDOT_UNARY(Acosh, std::acosh(x))
QDOT_UNARY(Asin, std::asin(x))
QDOT_UNARY(Asinh, std::asinh(x))
QDOT_UNARY(Atan, std::atan(x))
QDOT_UNARY(Atanh, std::atanh(x))
QDOT_UNARY(Cbrt, std::cbrt(x))
QDOT_UNARY(Ceil, std::ceil(x))
QDOT_UNARY(Cos, std::cos(x))
QDOT_UNARY(Cosh, std::cosh(x))
QDOT_UNARY(Erf, std::erf(x))
QDOT_UNARY(Erfc, std::erfc(x))
QDOT_UNARY(Exp2, std::exp2(x))
QDOT_UNARY(ExpM1, std::expm1(x))
QDOT_UNARY(Floor, std::floor(x))
QDOT_UNARY(Log, std::log(x))
QDOT_UNARY(Log10, std::log10(x))
QDOT_UNARY(Log1p, std::log1p(x))
QDOT_UNARY(Log2, std::log2(x))
QDOT_UNARY(Round, std::round(x))
QDOT_UNARY(RoundEven,
           static_cast<T>(numerics::roundHalfEven(static_cast<double>(x))))
QDOT_UNARY(Rsqrt, T(1) / std::sqrt(x))
QDOT_UNARY(Sin, std::sin(x))
QDOT_UNARY(Sinh, std::sinh(x))
QDOT_UNARY(Sqrt, std::sqrt(x))
QDOT_UNARY(Tan, std::tan(x))
QDOT_UNARY(Tanh, std::tanh(x))
QDOT_UNARY(Trunc, std::trunc(x))
#undef QDOT_UNARY

/// Rule X1 in f32.
struct Exp {
  static float apply(float x) { return numerics::exponential(x); }
  static double apply(double x) { return std::exp(x); }
};

#define QDOT_CLASSIFY(Name, expression)                                        \
  struct Name {                                                                \
    template <typename T>                                                      \
    static int64_t apply(T x) {                                                \
      return fromBool(expression);                                             \
    }                                                                          \
  };
QDOT_CLASSIFY(IsFinite, std::isfinite(x))
QDOT_CLASSIFY(IsInf, std::isinf(x))
QDOT_CLASSIFY(IsNaN, std::isnan(x))
QDOT_CLASSIFY(IsNormal, std::isnormal(x))
#undef QDOT_CLASSIFY

#define QDOT_BINARY(Name, expression)                                          \
  struct Name {                                                                \
    template <typename T>                                                      \
    static T apply(T a, T b) {                                                 \
      return expression;                                                       \
    }                                                                          \
  };
QDOT_BINARY(Add, a + b)
QDOT_BINARY(Subtract, a - b)
QDOT_BINARY(Multiply, a *b)
QDOT_BINARY(Divide, a / b)
QDOT_BINARY(Remainder, std::fmod(a, b))
QDOT_BINARY(Atan2, std::atan2(a, b))
QDOT_BINARY(CopySign, std::copysign(a, b))
QDOT_BINARY(Power, std::pow(a, b))
#undef QDOT_BINARY

/// IEEE 754-2019 maximum: NaN wins, -0 is less than +0.
struct Maximum {
  template <typename T>
  static T apply(T a, T b) {
    if (std::isnan(a) || std::isnan(b))
      return std::numeric_limits<T>::quiet_NaN();
    if (a == b)
      return std::signbit(a) ? b : a;
    return a > b ? a : b;
  }
};
struct Minimum {
  template <typename T>
  static T apply(T a, T b) {
    return -Maximum::apply(-a, -b);
  }
};
/// The other operand wins over NaN.
struct MaxNum {
  template <typename T>
  static T apply(T a, T b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : Maximum::apply(a, b);
  }
};
struct MinNum {
  template <typename T>
  static T apply(T a, T b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : Minimum::apply(a, b);
  }
};

struct FusedMultiplyAdd {
  template <typename T>
  static T apply(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
struct Clamp {
  template <typename T>
  static T apply(T x, T min, T max) {
    return Maximum::apply(Minimum::apply(x, max), min);
  }
};

struct Extend {
  static double apply(float x) { return x; }
};
struct Truncate {
  static float apply(double x) { return static_cast<float>(x); }
};

/// Predicates as in arith::CmpFPredicate.
template <typename T>
void compareKernel(const Instruction &in, Frame &frame, int begin, int end) {
  // false oeq ogt oge olt ole one ord ueq ugt uge ult ule une uno true:
  // bit 0 equal, 1 greater, 2 less, 3 unordered.
  static constexpr int accepted[] = {0, 1,  2,  3,  4,  5,  6, 7,
                                     9, 10, 11, 12, 13, 14, 8, 15};
  const Scalar *a = frame.lanes(in.operands[0]);
  const Scalar *b = frame.lanes(in.operands[1]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i) {
    T x = read<T>(a[i]), y = read<T>(b[i]);
    int bit = x == y ? 1 : x > y ? 2 : x < y ? 4 : 8;
    result[i].i = fromBool((accepted[in.immediate] & bit) != 0);
  }
}

/// compiler-rt's __powisf2.
template <typename T>
void powerIntegerKernel(const Instruction &in, Frame &frame, int begin,
                        int end) {
  for (int i = begin; i < end; ++i) {
    T base = read<T>(frame.lanes(in.operands[0])[i]), product = 1;
    int64_t exponent = frame.lanes(in.operands[1])[i].i;
    for (int64_t rest = exponent; rest != 0; rest /= 2, base *= base)
      if (rest % 2 != 0)
        product *= base;
    write(frame.lanes(in.results[0])[i],
          exponent < 0 ? T(1) / product : product);
  }
}

template <typename T>
void sincosKernel(const Instruction &in, Frame &frame, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    T x = read<T>(frame.lanes(in.operands[0])[i]);
    write(frame.lanes(in.results[0])[i], std::sin(x));
    write(frame.lanes(in.results[1])[i], std::cos(x));
  }
}

/// Rounds toward zero, saturates; NaN becomes 0.
template <typename T, bool isSigned>
void toIntegerKernel(const Instruction &in, Frame &frame, int begin, int end) {
  double top = std::ldexp(1.0, int(in.resultWidth) - (isSigned ? 1 : 0));
  double bottom = isSigned ? -top : 0.0;
  for (int i = begin; i < end; ++i) {
    double x = std::trunc(read<T>(frame.lanes(in.operands[0])[i]));
    int64_t &result = frame.lanes(in.results[0])[i].i;
    if (std::isnan(x))
      result = 0;
    else if (x >= top)
      result = isSigned ? wrapInteger(INT64_MAX >> (64 - in.resultWidth),
                                      in.resultWidth)
                        : -1;
    else if (x < bottom)
      result = isSigned ? INT64_MIN >> (64 - in.resultWidth) : 0;
    else
      result =
          wrapInteger(isSigned ? static_cast<int64_t>(x)
                               : static_cast<int64_t>(static_cast<uint64_t>(x)),
                      in.resultWidth);
  }
}

template <typename T, bool isSigned>
void fromIntegerKernel(const Instruction &in, Frame &frame, int begin,
                       int end) {
  const Scalar *a = frame.lanes(in.operands[0]);
  Scalar *result = frame.lanes(in.results[0]);
  for (int i = begin; i < end; ++i)
    write(result[i], isSigned
                         ? static_cast<T>(a[i].i)
                         : static_cast<T>(asUnsigned(a[i].i, in.operandWidth)));
}

/// Kernels for f32 and f64; `byResult` says that the result's type decides.
struct FloatKernels {
  Kernel f32;
  Kernel f64;
  bool byResult = false;
};

template <typename F>
FloatKernels unary() {
  return {unaryKernel<float, F>, unaryKernel<double, F>};
}
template <typename F>
FloatKernels binary() {
  return {binaryKernel<float, F>, binaryKernel<double, F>};
}
template <typename F>
FloatKernels ternary() {
  return {ternaryKernel<float, F>, ternaryKernel<double, F>};
}

const llvm::StringMap<FloatKernels> &getTable() {
  static const llvm::StringMap<FloatKernels> table = {
      {"arith.addf", binary<Add>()},
      {"arith.subf", binary<Subtract>()},
      {"arith.mulf", binary<Multiply>()},
      {"arith.divf", binary<Divide>()},
      {"arith.remf", binary<Remainder>()},
      {"arith.negf", unary<Negate>()},
      {"arith.maximumf", binary<Maximum>()},
      {"arith.minimumf", binary<Minimum>()},
      {"arith.maxnumf", binary<MaxNum>()},
      {"arith.minnumf", binary<MinNum>()},
      {"arith.cmpf", {compareKernel<float>, compareKernel<double>}},
      {"arith.extf", {unaryKernel<float, Extend>, nullptr}},
      {"arith.truncf", {nullptr, unaryKernel<double, Truncate>}},
      {"arith.fptosi",
       {toIntegerKernel<float, true>, toIntegerKernel<double, true>}},
      {"arith.fptoui",
       {toIntegerKernel<float, false>, toIntegerKernel<double, false>}},
      {"arith.sitofp",
       {fromIntegerKernel<float, true>, fromIntegerKernel<double, true>, true}},
      {"arith.uitofp",
       {fromIntegerKernel<float, false>, fromIntegerKernel<double, false>,
        true}},
      {"math.absf", unary<Abs>()},
      {"math.acos", unary<Acos>()},
      {"math.acosh", unary<Acosh>()},
      {"math.asin", unary<Asin>()},
      {"math.asinh", unary<Asinh>()},
      {"math.atan", unary<Atan>()},
      {"math.atan2", binary<Atan2>()},
      {"math.atanh", unary<Atanh>()},
      {"math.cbrt", unary<Cbrt>()},
      {"math.ceil", unary<Ceil>()},
      {"math.clampf", ternary<Clamp>()},
      {"math.copysign", binary<CopySign>()},
      {"math.cos", unary<Cos>()},
      {"math.cosh", unary<Cosh>()},
      {"math.erf", unary<Erf>()},
      {"math.erfc", unary<Erfc>()},
      {"math.exp", unary<Exp>()},
      {"math.exp2", unary<Exp2>()},
      {"math.expm1", unary<ExpM1>()},
      {"math.floor", unary<Floor>()},
      {"math.fma", ternary<FusedMultiplyAdd>()},
      {"math.fpowi", {powerIntegerKernel<float>, powerIntegerKernel<double>}},
      {"math.isfinite", unary<IsFinite>()},
      {"math.isinf", unary<IsInf>()},
      {"math.isnan", unary<IsNaN>()},
      {"math.isnormal", unary<IsNormal>()},
      {"math.log", unary<Log>()},
      {"math.log10", unary<Log10>()},
      {"math.log1p", unary<Log1p>()},
      {"math.log2", unary<Log2>()},
      {"math.powf", binary<Power>()},
      {"math.round", unary<Round>()},
      {"math.roundeven", unary<RoundEven>()},
      {"math.rsqrt", unary<Rsqrt>()},
      {"math.sin", unary<Sin>()},
      {"math.sincos", {sincosKernel<float>, sincosKernel<double>}},
      {"math.sinh", unary<Sinh>()},
      {"math.sqrt", unary<Sqrt>()},
      {"math.tan", unary<Tan>()},
      {"math.tanh", unary<Tanh>()},
      {"math.trunc", unary<Trunc>()},
  };
  return table;
}

} // namespace

Kernel findFloatKernel(Operation *op) {
  auto found = getTable().find(op->getName().getStringRef());
  if (found == getTable().end())
    return nullptr;
  const FloatKernels &kernels = found->second;
  Value decisive = kernels.byResult ? op->getResult(0) : op->getOperand(0);
  Type type = getElementTypeOrSelf(decisive.getType());
  return type.isF32() ? kernels.f32 : type.isF64() ? kernels.f64 : nullptr;
}

} // namespace qdot::interpreter
