//===- Samples.h - Running a model over arrays of samples -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_SAMPLES_H
#define QDOT_TOOLS_QDOT_SAMPLES_H

#include "Executable.h"
#include "InputData.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace qdot::driver {

/// How the first axis of the data maps to calls of an entry point.
struct SampleLayout {
  int64_t numSamples = 0;
  /// Samples per call. The last call may get fewer real ones.
  int64_t groupSize = 1;
  /// The model's tensors have a batch dimension.
  bool isBatched = false;
  /// The arrays are the arguments of one call; results need no axis of samples.
  bool isOneCall = false;

  int64_t getNumGroups() const {
    return (numSamples + groupSize - 1) / groupSize;
  }
};

/// Element type and shape (samples on the first axis) of one result array.
struct ResultShape {
  Element element;
  llvm::SmallVector<int64_t> shape;
  /// Bytes of one sample.
  int64_t sampleBytes;
};

/// What one call of the model computed.
struct GroupResult {
  int64_t firstSample;
  /// Real samples; padding is behind them.
  int64_t count;
  /// Per result, the samples' values.
  llvm::ArrayRef<void *> outputs;
  double seconds;
};

/// Runs one entry point over all samples of its inputs.
class SampleRunner {
public:
  /// Matches the arrays with the inputs. `batch` is the group size where the
  /// model leaves it open. Errors name both shapes.
  static llvm::Expected<SampleRunner> create(const EntryPoint &entry,
                                             llvm::ArrayRef<InputData> data,
                                             int64_t batch);

  const SampleLayout &getLayout() const { return layout; }
  llvm::ArrayRef<ResultShape> getResults() const { return results; }

  /// Before and after a call, on the thread that makes it.
  struct Callbacks {
    /// Gets the real samples, one pointer per argument.
    llvm::function_ref<void(int64_t count, llvm::ArrayRef<void *> inputs)>
        before;
    llvm::function_ref<llvm::Error(int64_t group, const GroupResult &)> after;
  };

  /// Element type of argument `index`.
  Element getInputElement(size_t index) const { return inputElements[index]; }

  /// Samples [begin, end).
  struct Range {
    int64_t begin, end;
  };

  /// Bytes of one sample of argument `index`, as the model reads it.
  int64_t getInputBytes(size_t index) const {
    return data[index].getSampleSize() * getElementSize(inputElements[index]);
  }

  /// Calls the model once per group, on `threads` threads. The last group is
  /// filled up by repeating its first sample. Returns the error of the first
  /// group that failed, whatever the number of threads.
  llvm::Error run(const Executable &model, unsigned threads,
                  const Callbacks &callbacks) const;
  /// The same for the samples of `range`, until `shouldStop`: then the calls in
  /// progress end, and no other starts. Returns the first sample that was not
  /// run; all of the range before it were.
  llvm::Expected<int64_t>
  runRange(const Executable &model, unsigned threads,
           const Callbacks &callbacks, Range range,
           llvm::function_ref<bool()> shouldStop = nullptr) const;

private:
  struct Workspace;
  llvm::Error runGroup(const Executable &model, Workspace &workspace,
                       int64_t group, Range range,
                       const Callbacks &callbacks) const;

  llvm::ArrayRef<InputData> data;
  SampleLayout layout;
  llvm::SmallVector<Element> inputElements;
  llvm::SmallVector<ResultShape> results;
};

/// Element type of a tensor's storage, quantized or not.
Element getElement(mlir::RankedTensorType type);

/// Reads the data of every argument of `entry`; errors name the file. Arrays of
/// just the shapes of the arguments are one sample together where the first
/// axes of arguments and results disagree, so that there are no rows.
llvm::Expected<std::vector<InputData>>
readData(llvm::ArrayRef<std::string> paths, const EntryPoint &entry);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_SAMPLES_H
