//===- NpyTest.cpp - Strict reader and writer of .npy files ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Npy.h"
#include "llvm/Support/raw_ostream.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <vector>

using namespace qdot::driver;
using testing::HasSubstr;

template <typename T>
static std::string writeArray(Element element, std::vector<int64_t> shape,
                              const std::vector<T> &values) {
  std::string text;
  llvm::raw_string_ostream os(text);
  writeNpy(os, element, shape,
           llvm::ArrayRef(reinterpret_cast<const char *>(values.data()),
                          values.size() * sizeof(T)));
  return text;
}

static llvm::Expected<NpyFile> parse(llvm::StringRef bytes) {
  return NpyFile::parse(llvm::MemoryBuffer::getMemBufferCopy(bytes, "x.npy"));
}

/// What parsing says, or an empty string.
static std::string errorOf(llvm::StringRef bytes) {
  llvm::Expected<NpyFile> file = parse(bytes);
  return file ? "" : llvm::toString(file.takeError());
}

/// Reads all samples of `values` as `to`; the error's text goes to `error`.
template <typename To, typename From>
static std::vector<To> convert(Element from, const std::vector<From> &values,
                               Element to, std::string &error) {
  auto file = parse(
      writeArray(from, {static_cast<int64_t>(values.size())}, values));
  EXPECT_TRUE(bool(file));
  std::vector<To> out(values.size());
  llvm::Error result = file->readSamples(0, values.size(), to,
                                         reinterpret_cast<char *>(out.data()));
  error = llvm::toString(std::move(result));
  return out;
}

TEST(Npy, ReadsWhatItWrites) {
  std::string text = writeArray<int16_t>(Element::I16, {2, 3},
                                         {1, -2, 3, -4, 32767, -32768});
  EXPECT_EQ(text.size() % 64, 12u) << "data starts at a multiple of 64 bytes";
  auto file = parse(text);
  ASSERT_TRUE(bool(file));
  EXPECT_EQ(file->getElement(), Element::I16);
  EXPECT_THAT(file->getShape(), testing::ElementsAre(2, 3));
  EXPECT_EQ(file->getSampleSize(), 3);
  std::vector<int16_t> out(3);
  ASSERT_FALSE(bool(file->readSamples(1, 1, Element::I16,
                                      reinterpret_cast<char *>(out.data()))));
  EXPECT_THAT(out, testing::ElementsAre(-4, 32767, -32768));
}

TEST(Npy, ReadsHalves) {
  // 1, -2, the largest and the smallest number.
  std::vector<uint16_t> bits{0x3c00, 0xc000, 0x7bff, 0x0001};
  std::string error;
  EXPECT_THAT(convert<float>(Element::F16, bits, Element::F32, error),
              testing::ElementsAre(1.0f, -2.0f, 65504.0f, 0x1p-24f));
  EXPECT_EQ(error, "");
  convert<int8_t>(Element::F16, bits, Element::I8, error);
  EXPECT_THAT(error, HasSubstr("element 0: 65504 is not exactly"));
  convert<float>(Element::F16, std::vector<uint16_t>{0x7c00}, Element::F32,
                 error);
  EXPECT_THAT(error, HasSubstr("the value is Inf"));
}

TEST(Npy, HeaderIsThatOfNumpy) {
  EXPECT_THAT(writeArray<float>(Element::F32, {2}, {1, 2}),
              HasSubstr("{'descr': '<f4', 'fortran_order': False, "
                        "'shape': (2,), }"));
  EXPECT_THAT(writeArray<float>(Element::F32, {1, 2}, {1, 2}),
              HasSubstr("'shape': (1, 2), }"));
  EXPECT_THAT(writeArray<float>(Element::F32, {}, {1}),
              HasSubstr("'shape': (), }"));
}

/// Cut anywhere, a file is refused; nothing is read behind its end.
TEST(Npy, RefusesEveryPrefix) {
  std::string text = writeArray<float>(Element::F32, {2, 2}, {1, 2, 3, 4});
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_NE(errorOf(llvm::StringRef(text).take_front(size)), "") << size;
  EXPECT_EQ(errorOf(text), "");
  EXPECT_THAT(errorOf(text + "x"), HasSubstr("expected 16 bytes"));
}

/// Any changed byte of the header gives an array of the same size or an error.
TEST(Npy, SurvivesChangedHeaders) {
  std::string text = writeArray<float>(Element::F32, {2, 2}, {1, 2, 3, 4});
  for (size_t at = 0; at < text.size() - 16; ++at)
    for (int value = 0; value < 256; ++value) {
      std::string changed = text;
      changed[at] = static_cast<char>(value);
      auto file = parse(changed);
      if (!file) {
        llvm::consumeError(file.takeError());
        continue;
      }
      int64_t count = file->getSampleSize() * file->getShape().front();
      EXPECT_EQ(count * getElementSize(file->getElement()), 16u) << at;
    }
}

TEST(Npy, ConvertsExactValues) {
  std::string error;
  EXPECT_THAT((convert<float, uint8_t>(Element::U8, {0, 255}, Element::F32,
                                       error)),
              testing::ElementsAre(0.0f, 255.0f));
  EXPECT_EQ(error, "");
  EXPECT_THAT((convert<int8_t, float>(Element::F32, {-128, 127}, Element::I8,
                                      error)),
              testing::ElementsAre(-128, 127));
  EXPECT_EQ(error, "");
  EXPECT_THAT((convert<int32_t, int64_t>(Element::I64, {INT32_MIN, INT32_MAX},
                                         Element::I32, error)),
              testing::ElementsAre(INT32_MIN, INT32_MAX));
  EXPECT_EQ(error, "");
  EXPECT_THAT((convert<int64_t, double>(Element::F64, {-9223372036854775808.0},
                                        Element::I64, error)),
              testing::ElementsAre(INT64_MIN));
  EXPECT_EQ(error, "");
}

TEST(Npy, RefusesInexactValues) {
  std::string error;
  convert<float, double>(Element::F64, {1, 2, 0.1}, Element::F32, error);
  EXPECT_EQ(error, "x.npy: sample 2, element 0: 0.1 is not exactly "
                   "representable as f32, the model's element type");
  convert<int8_t, float>(Element::F32, {128}, Element::I8, error);
  EXPECT_THAT(error, HasSubstr("128 is not exactly representable as i8"));
  convert<int8_t, float>(Element::F32, {-129}, Element::I8, error);
  EXPECT_THAT(error, HasSubstr("-129"));
  convert<int8_t, float>(Element::F32, {0.5}, Element::I8, error);
  EXPECT_THAT(error, HasSubstr("0.5"));
  convert<uint8_t, int8_t>(Element::I8, {-1}, Element::U8, error);
  EXPECT_THAT(error, HasSubstr("-1"));
  convert<float, int32_t>(Element::I32, {16777217}, Element::F32, error);
  EXPECT_THAT(error, HasSubstr("16777217"));
  convert<int64_t, double>(Element::F64, {9223372036854775808.0}, Element::I64,
                           error);
  EXPECT_NE(error, "");
  convert<double, int64_t>(Element::I64, {INT64_MAX}, Element::F64, error);
  EXPECT_NE(error, "");
}

TEST(Npy, RefusesNonFiniteValues) {
  std::string error;
  float infinity = std::numeric_limits<float>::infinity();
  convert<float, float>(Element::F32, {0, std::nanf("")}, Element::F32, error);
  EXPECT_EQ(error, "x.npy: sample 1, element 0: the value is NaN");
  convert<float, float>(Element::F32, {infinity}, Element::F32, error);
  EXPECT_THAT(error, HasSubstr("the value is Inf"));
  convert<int8_t, float>(Element::F32, {-infinity}, Element::I8, error);
  EXPECT_THAT(error, HasSubstr("the value is -Inf"));
  convert<float, double>(Element::F64, {1e39}, Element::F32, error);
  EXPECT_THAT(error, HasSubstr("1e+39 is not exactly"));
}
