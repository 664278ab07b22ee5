//===- SoftFloatTest.cpp - Rule N1: the operations themselves -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Numerics/SoftFloat.h"
#include "Random.h"
#include "gtest/gtest.h"

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

/// Finite, any bit pattern; every other one within 130 binades of 1, so that
/// sums and products of two meet.
double anyFinite(Random &random) {
  while (true) {
    uint64_t bits = random.next();
    if (random.next() & 1)
      bits = (bits & 0x800FFFFFFFFFFFFFull) |
             (uint64_t(random.between(1023 - 65, 1023 + 65)) << 52);
    if (random.next() % 8 == 0)
      bits &= ~0ull << random.between(0, 52); // Few significant bits: ties.
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value))
      return value;
  }
}

uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return value == 0 ? 0 : bits; // The sign of zero is not promised.
}

TEST(N1, F64OperationsEqualTheMachine) {
  Random random(1);
  for (int i = 0; i < 2000000; ++i) {
    double a = anyFinite(random), b = anyFinite(random);
    volatile double product = a * b, difference = a - b, quotient = a / b;
    ASSERT_EQ(bitsOf(soft::multiplyF64(a, b)), bitsOf(product))
        << a << " " << b;
    ASSERT_EQ(bitsOf(soft::subtractF64(a, b)), bitsOf(difference))
        << a << " " << b;
    if (b != 0)
      ASSERT_EQ(bitsOf(soft::divideF64(a, b)), bitsOf(quotient))
          << a << " " << b;
    ASSERT_EQ(soft::compare(a, b), a < b ? -1 : a > b ? 1 : 0);
  }
}

TEST(N1, SubtractionBorrowsForLostBits) {
  double tiny = std::ldexp(1.0 + 0x1p-52, -54);
  EXPECT_EQ(soft::subtractF64(1.0, tiny), 1.0 - 0x1p-53);
  EXPECT_EQ(soft::subtractF64(tiny, 1.0), 0x1p-53 - 1.0);
  EXPECT_EQ(soft::subtractF64(1.0, 0x1p-54), 1.0);
  EXPECT_EQ(soft::subtractF64(1.0, -DBL_TRUE_MIN), 1.0);
  EXPECT_EQ(soft::subtractF64(1.0, DBL_TRUE_MIN), 1.0);
  EXPECT_EQ(soft::subtractF64(-DBL_MAX, DBL_MAX), -INFINITY);
}

TEST(N1, ConversionsKeepEveryFloat) {
  Random random(2);
  for (int i = 0; i < 1000000; ++i) {
    float value = random.anyFloat();
    if (!std::isfinite(value))
      continue;
    ASSERT_EQ(soft::toFloat(soft::fromFloat(value)), value);
    volatile double wide = anyFinite(random);
    volatile float narrow = static_cast<float>(wide);
    ASSERT_EQ(soft::toFloat(soft::roundTo(soft::fromDouble(wide), soft::f32)),
              narrow);
  }
}

} // namespace
