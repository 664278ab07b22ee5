//===- InputData.h - Samples from files, archives and folders -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_INPUTDATA_H
#define QDOT_TOOLS_QDOT_INPUTDATA_H

#include "Npy.h"
#include <vector>

namespace qdot::driver {

/// The samples of one argument, on the first axis: one array in memory or in a
/// mapped file, or the files of a folder, which are opened as they are needed.
class InputData {
public:
  /// The argument that the data is for.
  struct Wanted {
    Element element;
    llvm::ArrayRef<int64_t> shape;
  };

  explicit InputData(NpyFile array);
  InputData(InputData &&) = default;
  InputData &operator=(InputData &&) = default;

  /// Reads `path`:
  /// * an .npy file;
  /// * a folder: all its .npy files by name, each one sample (of the argument's
  ///   shape, or of that without its batch), or an array of samples;
  /// * a raw binary, NAME.bin or NAME.raw: samples behind each other, little
  ///   endian, of the argument's type, or of another one: NAME.bin:ui8.
  /// Errors name the file and the value.
  static llvm::Expected<InputData> read(llvm::StringRef path,
                                        const Wanted &wanted);

  llvm::StringRef getPath() const { return path; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  /// Elements of one sample.
  int64_t getSampleSize() const { return sampleSize; }

  /// Whether this is one array, not a folder.
  bool isArray() const { return !array.empty(); }
  /// Makes all of an array one sample: its shape gets a first axis of size 1.
  void makeOneSample();
  bool isOneSample() const { return isWhole; }

  /// As NpyFile::readSamples. Any thread may call.
  llvm::Error readSamples(int64_t first, int64_t count, Element to,
                          char *out) const;

private:
  /// One file of a folder.
  struct Part {
    std::string path;
    int64_t first;
    int64_t count;
  };

  InputData() = default;
  static llvm::Expected<InputData> readFolder(llvm::StringRef path,
                                              const Wanted &wanted);
  llvm::Error addPart(const std::string &file, const Wanted &wanted);
  llvm::Error readPart(const Part &part, int64_t first, int64_t count,
                       Element to, char *out) const;

  std::string path;
  llvm::SmallVector<int64_t> shape;
  int64_t sampleSize = 1;
  std::vector<NpyFile> array; ///< one, or none where there are parts
  std::vector<Part> parts;
  bool isSamplePerFile = false;
  bool isWhole = false;
};

/// Reads the data of all arguments. A path is what InputData::read takes, or an
/// .npz archive, which stands for its arrays in their order, or one array of
/// it: FILE.npz:NAME. Errors also say how many arguments there are.
llvm::Expected<std::vector<InputData>>
readInputs(llvm::ArrayRef<std::string> paths,
           llvm::ArrayRef<InputData::Wanted> wanted);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_INPUTDATA_H
