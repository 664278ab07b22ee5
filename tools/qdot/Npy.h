//===- Npy.h - Strict reader and writer of .npy files ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_NPY_H
#define QDOT_TOOLS_QDOT_NPY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace qdot::driver {

/// Element types that occur in files and, but for F16, in entry points.
enum class Element { F32, F64, I8, U8, I16, U16, I32, I64, F16 };

/// Bytes of one element.
size_t getElementSize(Element element);
/// `f32`, `i8`, ... for messages.
llvm::StringRef getElementName(Element element);
/// The element type of a name that `getElementName` returns.
std::optional<Element> findElement(llvm::StringRef name);

/// An array read from a file; its data stays in the (mapped) file.
class NpyFile {
public:
  /// Reads versions 1 to 3, little endian, C order. Refuses everything else,
  /// sizes that do not match the file, and arrays without elements. Errors name
  /// the file and the value.
  static llvm::Expected<NpyFile> read(llvm::StringRef path);
  /// As `read`, of a buffer whose identifier is the file's name.
  static llvm::Expected<NpyFile>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer);

  /// An array without a header. Precondition: the buffer holds exactly `shape`.
  static NpyFile createRaw(std::unique_ptr<llvm::MemoryBuffer> buffer,
                           Element element, llvm::ArrayRef<int64_t> shape);

  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }
  Element getElement() const { return element; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  /// Elements of all dimensions but the first.
  int64_t getSampleSize() const { return sampleSize; }

  /// Converts `count` samples from `first` on to `to`, written to `out`.
  /// Refuses NaN and infinities, and values that `to` does not hold exactly;
  /// the message names the sample, the position and the value.
  llvm::Error readSamples(int64_t first, int64_t count, Element to,
                          char *out) const;
  /// The same for the whole array.
  llvm::Error readAll(Element to, char *out) const;

private:
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  Element element = Element::F32;
  llvm::SmallVector<int64_t> shape;
  int64_t sampleSize = 1;
  const char *data = nullptr;
};

/// Writes version 1.0: header, then `data`, which holds the elements in C order.
void writeNpy(llvm::raw_ostream &os, Element element,
              llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<char> data);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_NPY_H
