//===- ScalarStep.cpp - Host evaluation of arith and math ops -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Basic f32 arithmetic is done in f64 and rounded to f32, which gives the same
// bits as f32 arithmetic: 53 >= 2 * 24 + 2 (Figueroa, "When is double rounding
// innocuous?"), and f32 denormals are normal in f64.
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;

namespace qdot {

namespace {
/// One application of an op: what the rules below read and write.
struct Application {
  Operation *op;
  ArrayRef<Scalar> operands;
  Rounding rounding;
  Scalar result;

  double real(unsigned i) const { return operands[i].real; }
  int64_t integer(unsigned i) const { return operands[i].integer; }
  Type operandType(unsigned i) const { return op->getOperand(i).getType(); }
  Type resultType() const { return op->getResult(0).getType(); }

  /// The rules end with these: they store the result and succeed.
  bool yieldReal(double value) {
    result.real = value;
    return true;
  }
  bool yieldInteger(int64_t value) {
    result.integer = value;
    return true;
  }
};

using RealUnary = double (*)(double);
using RealBinary = double (*)(double, double);
using SignedResult = std::optional<int64_t>;
using SignedBinary = SignedResult (*)(int64_t, int64_t);
using UnsignedResult = std::optional<uint64_t>;
using UnsignedBinary = UnsignedResult (*)(uint64_t, uint64_t);
using General = bool (*)(Application &);
template <typename RuleT>
using Rules = const std::pair<StringLiteral, RuleT>[];
} // namespace

static unsigned getWidth(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// `value` as an unsigned number of the width of `type`.
static uint64_t zeroExtend(int64_t value, Type type) {
  return static_cast<uint64_t>(value) &
         llvm::maskTrailingOnes<uint64_t>(getWidth(type));
}

/// `value` as a signed number: a set `i1` is -1.
static int64_t signExtend(int64_t value, Type type) {
  return getWidth(type) == 1 ? -value : value;
}

/// `value` reduced to the width of `type`, in the form that Scalar prescribes.
static int64_t wrap(int64_t value, Type type) {
  unsigned width = getWidth(type);
  if (width == 64)
    return value;
  if (width == 1)
    return value & 1;
  return llvm::SignExtend64(static_cast<uint64_t>(value), width);
}

/// NaN wins; -0.0 is less than +0.0.
static double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::nan("");
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
static double minimum(double a, double b) { return -maximum(-a, -b); }

/// The other operand wins over NaN.
static double maxNumber(double a, double b) {
  return std::isnan(a) ? b : std::isnan(b) ? a : maximum(a, b);
}
static double minNumber(double a, double b) {
  return std::isnan(a) ? b : std::isnan(b) ? a : minimum(a, b);
}

static Rules<RealUnary> realUnaryRules = {
    {"arith.negf", [](double x) { return -x; }},
    {"arith.extf", [](double x) { return x; }},
    {"arith.truncf", [](double x) { return x; }},
    {"math.absf", [](double x) { return std::fabs(x); }},
    {"math.acos", [](double x) { return std::acos(x); }},
    {"math.acosh", [](double x) { return std::acosh(x); }},
    {"math.asin", [](double x) { return std::asin(x); }},
    {"math.asinh", [](double x) { return std::asinh(x); }},
    {"math.atan", [](double x) { return std::atan(x); }},
    {"math.atanh", [](double x) { return std::atanh(x); }},
    {"math.cbrt", [](double x) { return std::cbrt(x); }},
    {"math.ceil", [](double x) { return std::ceil(x); }},
    {"math.cos", [](double x) { return std::cos(x); }},
    {"math.cosh", [](double x) { return std::cosh(x); }},
    {"math.erf", [](double x) { return std::erf(x); }},
    {"math.erfc", [](double x) { return std::erfc(x); }},
    {"math.exp", [](double x) { return std::exp(x); }},
    {"math.exp2", [](double x) { return std::exp2(x); }},
    {"math.expm1", [](double x) { return std::expm1(x); }},
    {"math.floor", [](double x) { return std::floor(x); }},
    {"math.log", [](double x) { return std::log(x); }},
    {"math.log10", [](double x) { return std::log10(x); }},
    {"math.log1p", [](double x) { return std::log1p(x); }},
    {"math.log2", [](double x) { return std::log2(x); }},
    {"math.round", [](double x) { return std::round(x); }},
    {"math.roundeven", [](double x) { return std::nearbyint(x); }},
    {"math.rsqrt", [](double x) { return 1.0 / std::sqrt(x); }},
    {"math.sin", [](double x) { return std::sin(x); }},
    {"math.sinh", [](double x) { return std::sinh(x); }},
    {"math.sqrt", [](double x) { return std::sqrt(x); }},
    {"math.tan", [](double x) { return std::tan(x); }},
    {"math.tanh", [](double x) { return std::tanh(x); }},
    {"math.trunc", [](double x) { return std::trunc(x); }},
};

static Rules<RealBinary> realBinaryRules = {
    {"arith.addf", [](double a, double b) { return a + b; }},
    {"arith.subf", [](double a, double b) { return a - b; }},
    {"arith.mulf", [](double a, double b) { return a * b; }},
    {"arith.divf", [](double a, double b) { return a / b; }},
    {"arith.remf", [](double a, double b) { return std::fmod(a, b); }},
    {"arith.maximumf", maximum},
    {"arith.minimumf", minimum},
    {"arith.maxnumf", maxNumber},
    {"arith.minnumf", minNumber},
    {"math.atan2", [](double a, double b) { return std::atan2(a, b); }},
    {"math.copysign", [](double a, double b) { return std::copysign(a, b); }},
    {"math.powf", [](double a, double b) { return std::pow(a, b); }},
};

/// True when a / b is defined for 64-bit signed numbers.
static bool canDivide(int64_t a, int64_t b) {
  return b != 0 && !(b == -1 && a == INT64_MIN);
}
static SignedResult divideSigned(int64_t a, int64_t b) {
  return canDivide(a, b) ? SignedResult(a / b) : std::nullopt;
}
static SignedResult remainderSigned(int64_t a, int64_t b) {
  return canDivide(a, b) ? SignedResult(a % b) : std::nullopt;
}
static SignedResult divideFloor(int64_t a, int64_t b) {
  return canDivide(a, b) ? SignedResult(llvm::divideFloorSigned(a, b))
                         : std::nullopt;
}
static SignedResult divideCeil(int64_t a, int64_t b) {
  return canDivide(a, b) ? SignedResult(llvm::divideCeilSigned(a, b))
                         : std::nullopt;
}
static UnsignedResult divideUnsigned(uint64_t a, uint64_t b) {
  return b ? UnsignedResult(a / b) : std::nullopt;
}
static UnsignedResult remainderUnsigned(uint64_t a, uint64_t b) {
  return b ? UnsignedResult(a % b) : std::nullopt;
}
static UnsignedResult divideCeilUnsigned(uint64_t a, uint64_t b) {
  return b ? UnsignedResult(a / b + (a % b != 0)) : std::nullopt;
}

static Rules<SignedBinary> signedRules = {
    {"arith.divsi", divideSigned},
    {"arith.remsi", remainderSigned},
    {"arith.floordivsi", divideFloor},
    {"arith.ceildivsi", divideCeil},
    {"arith.maxsi",
     [](int64_t a, int64_t b) -> SignedResult { return std::max(a, b); }},
    {"arith.minsi",
     [](int64_t a, int64_t b) -> SignedResult { return std::min(a, b); }},
};

static Rules<UnsignedBinary> unsignedRules = {
    {"arith.addi",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a + b; }},
    {"arith.subi",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a - b; }},
    {"arith.muli",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a * b; }},
    {"arith.andi",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a & b; }},
    {"arith.ori",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a | b; }},
    {"arith.xori",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return a ^ b; }},
    {"arith.maxui",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return std::max(a, b); }},
    {"arith.minui",
     [](uint64_t a, uint64_t b) -> UnsignedResult { return std::min(a, b); }},
    {"arith.divui", divideUnsigned},
    {"arith.remui", remainderUnsigned},
    {"arith.ceildivui", divideCeilUnsigned},
};

/// What a predicate accepts, as a sum of these outcomes of a comparison.
enum Outcome : unsigned { Equal = 1, Greater = 2, Less = 4, Unordered = 8 };

static unsigned getAccepted(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return 0;
  case arith::CmpFPredicate::OEQ:
    return Equal;
  case arith::CmpFPredicate::OGT:
    return Greater;
  case arith::CmpFPredicate::OGE:
    return Greater | Equal;
  case arith::CmpFPredicate::OLT:
    return Less;
  case arith::CmpFPredicate::OLE:
    return Less | Equal;
  case arith::CmpFPredicate::ONE:
    return Less | Greater;
  case arith::CmpFPredicate::ORD:
    return Less | Greater | Equal;
  case arith::CmpFPredicate::UEQ:
    return Unordered | Equal;
  case arith::CmpFPredicate::UGT:
    return Unordered | Greater;
  case arith::CmpFPredicate::UGE:
    return Unordered | Greater | Equal;
  case arith::CmpFPredicate::ULT:
    return Unordered | Less;
  case arith::CmpFPredicate::ULE:
    return Unordered | Less | Equal;
  case arith::CmpFPredicate::UNE:
    return Unordered | Less | Greater;
  case arith::CmpFPredicate::UNO:
    return Unordered;
  case arith::CmpFPredicate::AlwaysTrue:
    return Unordered | Less | Greater | Equal;
  }
  llvm_unreachable("unknown predicate");
}

static Outcome compare(double l, double r) {
  if (std::isnan(l) || std::isnan(r))
    return Unordered;
  return l == r ? Equal : l > r ? Greater : Less;
}

static bool compareReals(Application &a) {
  auto predicate = cast<arith::CmpFOp>(a.op).getPredicate();
  unsigned outcome = compare(a.real(0), a.real(1));
  return a.yieldInteger((getAccepted(predicate) & outcome) != 0);
}

static bool compareIntegers(Application &a) {
  auto op = cast<arith::CmpIOp>(a.op);
  unsigned width = getWidth(a.operandType(0));
  APInt lhs(width, zeroExtend(a.integer(0), a.operandType(0)));
  APInt rhs(width, zeroExtend(a.integer(1), a.operandType(1)));
  return a.yieldInteger(arith::applyCmpPredicate(op.getPredicate(), lhs, rhs));
}

static bool select(Application &a) {
  a.result = a.operands[a.integer(0) ? 1 : 2];
  return true;
}

/// Conversion to an integer type; false when the value does not fit.
static bool realToSigned(Application &a) {
  double value = std::trunc(a.real(0));
  double end = std::ldexp(1.0, getWidth(a.resultType()) - 1);
  if (!(value >= -end && value < end))
    return false;
  return a.yieldInteger(static_cast<int64_t>(value));
}
static bool realToUnsigned(Application &a) {
  double value = std::trunc(a.real(0));
  if (!(value >= 0.0 && value < std::ldexp(1.0, getWidth(a.resultType()))))
    return false;
  return a.yieldInteger(static_cast<int64_t>(static_cast<uint64_t>(value)));
}
static bool signedToReal(Application &a) {
  return a.yieldReal(
      static_cast<double>(signExtend(a.integer(0), a.operandType(0))));
}
static bool unsignedToReal(Application &a) {
  return a.yieldReal(
      static_cast<double>(zeroExtend(a.integer(0), a.operandType(0))));
}
static bool extendSigned(Application &a) {
  return a.yieldInteger(signExtend(a.integer(0), a.operandType(0)));
}
static bool extendUnsigned(Application &a) {
  return a.yieldInteger(zeroExtend(a.integer(0), a.operandType(0)));
}

static bool bitcastScalar(Application &a) {
  Type from = a.operandType(0), to = a.resultType();
  if (from.isF32() && to.isInteger(32))
    return a.yieldInteger(
        llvm::bit_cast<int32_t>(static_cast<float>(a.real(0))));
  if (from.isInteger(32) && to.isF32())
    return a.yieldReal(
        llvm::bit_cast<float>(static_cast<int32_t>(a.integer(0))));
  return false;
}

/// The amount of a shift, unless it is undefined because the width is reached.
static std::optional<uint64_t> getShiftAmount(const Application &a) {
  uint64_t amount = zeroExtend(a.integer(1), a.operandType(1));
  return amount < getWidth(a.resultType()) ? std::optional(amount)
                                           : std::nullopt;
}
static bool shiftLeft(Application &a) {
  std::optional<uint64_t> amount = getShiftAmount(a);
  return amount && a.yieldInteger(static_cast<int64_t>(
                       static_cast<uint64_t>(a.integer(0)) << *amount));
}
static bool shiftRightSigned(Application &a) {
  std::optional<uint64_t> amount = getShiftAmount(a);
  return amount &&
         a.yieldInteger(signExtend(a.integer(0), a.resultType()) >> *amount);
}
static bool shiftRightUnsigned(Application &a) {
  std::optional<uint64_t> amount = getShiftAmount(a);
  return amount && a.yieldInteger(static_cast<int64_t>(
                       zeroExtend(a.integer(0), a.resultType()) >> *amount));
}

/// In f32 product and sum round once together, which f64 cannot give.
static bool multiplyAdd(Application &a) {
  bool single = a.resultType().isF32() && a.rounding == Rounding::EachStep;
  if (!single)
    return a.yieldReal(std::fma(a.real(0), a.real(1), a.real(2)));
  return a.yieldReal(std::fma(static_cast<float>(a.real(0)),
                              static_cast<float>(a.real(1)),
                              static_cast<float>(a.real(2))));
}

static bool clampReal(Application &a) {
  return a.yieldReal(maximum(minimum(a.real(0), a.real(2)), a.real(1)));
}
static bool powerOfInteger(Application &a) {
  return a.yieldReal(std::pow(a.real(0), static_cast<double>(a.integer(1))));
}
static bool absoluteInteger(Application &a) {
  uint64_t bits = static_cast<uint64_t>(a.integer(0));
  return a.yieldInteger(static_cast<int64_t>(a.integer(0) < 0 ? -bits : bits));
}

static Rules<General> generalRules = {
    {"arith.cmpf", compareReals},
    {"arith.cmpi", compareIntegers},
    {"arith.select", select},
    {"arith.sitofp", signedToReal},
    {"arith.uitofp", unsignedToReal},
    {"arith.fptosi", realToSigned},
    {"arith.fptoui", realToUnsigned},
    {"arith.extsi", extendSigned},
    {"arith.extui", extendUnsigned},
    {"arith.trunci", extendSigned},
    {"arith.index_cast", extendSigned},
    {"arith.index_castui", extendUnsigned},
    {"arith.bitcast", bitcastScalar},
    {"arith.shli", shiftLeft},
    {"arith.shrsi", shiftRightSigned},
    {"arith.shrui", shiftRightUnsigned},
    {"math.absi", absoluteInteger},
    {"math.clampf", clampReal},
    {"math.fma", multiplyAdd},
    {"math.fpowi", powerOfInteger},
    {"math.isfinite",
     [](Application &a) { return a.yieldInteger(std::isfinite(a.real(0))); }},
    {"math.isinf",
     [](Application &a) { return a.yieldInteger(std::isinf(a.real(0))); }},
    {"math.isnan",
     [](Application &a) { return a.yieldInteger(std::isnan(a.real(0))); }},
};

namespace {
/// The rule of one kind of op; exactly one member is set.
struct Rule {
  RealUnary realUnary = nullptr;
  RealBinary realBinary = nullptr;
  SignedBinary signedBinary = nullptr;
  UnsignedBinary unsignedBinary = nullptr;
  General general = nullptr;

  bool apply(Application &a) const {
    if (realUnary)
      return a.yieldReal(realUnary(a.real(0)));
    if (realBinary)
      return a.yieldReal(realBinary(a.real(0), a.real(1)));
    if (signedBinary)
      return applySigned(a);
    if (unsignedBinary)
      return applyUnsigned(a);
    return general(a);
  }

private:
  bool applySigned(Application &a) const {
    Type type = a.operandType(0);
    SignedResult value = signedBinary(signExtend(a.integer(0), type),
                                      signExtend(a.integer(1), type));
    return value && a.yieldInteger(*value);
  }
  bool applyUnsigned(Application &a) const {
    Type type = a.operandType(0);
    UnsignedResult value = unsignedBinary(zeroExtend(a.integer(0), type),
                                          zeroExtend(a.integer(1), type));
    return value && a.yieldInteger(static_cast<int64_t>(*value));
  }
};
} // namespace

/// All rules by op name.
static const llvm::StringMap<Rule> &getRules() {
  static const llvm::StringMap<Rule> rules = [] {
    llvm::StringMap<Rule> map;
    for (auto [name, rule] : realUnaryRules)
      map[name].realUnary = rule;
    for (auto [name, rule] : realBinaryRules)
      map[name].realBinary = rule;
    for (auto [name, rule] : signedRules)
      map[name].signedBinary = rule;
    for (auto [name, rule] : unsignedRules)
      map[name].unsignedBinary = rule;
    for (auto [name, rule] : generalRules)
      map[name].general = rule;
    return map;
  }();
  return rules;
}

bool isEvaluableType(Type type) {
  return type.isF32() || type.isF64() || type.isIndex() ||
         (type.isSignlessInteger() && type.getIntOrFloatBitWidth() <= 64);
}

bool isEvaluable(Operation *op) {
  return op->getNumResults() == 1 && op->getNumRegions() == 0 &&
         getRules().contains(op->getName().getStringRef()) &&
         llvm::all_of(op->getOperandTypes(), isEvaluableType) &&
         llvm::all_of(op->getResultTypes(), isEvaluableType);
}

bool ScalarStep::run(MutableArrayRef<Scalar> slots, Rounding rounding) const {
  auto rule = getRules().find(op->getName().getStringRef());
  assert(rule != getRules().end() && "expected an evaluable op");
  SmallVector<Scalar, 3> values;
  for (unsigned operand : operands)
    values.push_back(slots[operand]);
  Application application{op, values, rounding, Scalar()};
  if (!rule->second.apply(application))
    return false;
  Type type = op->getResult(0).getType();
  Scalar &value = slots[result] = application.result;
  if (!isa<FloatType>(type))
    value.integer = wrap(value.integer, type);
  else if (type.isF32() && rounding == Rounding::EachStep)
    value.real = static_cast<float>(value.real);
  return true;
}

} // namespace qdot
