//===- Runtime.cpp - C interface that instrumented code calls -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Runtime/Runtime.h"
#include "MemRef.h"
#include "Moments.h"
#include "Registry.h"
#include "Tally.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Statistics/AtomicFile.h"
#include "qdot/Statistics/File.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace qdot;
using namespace qdot::runtime;
using statistics::RecordView;
using statistics::TensorRecord;

//===----------------------------------------------------------------------===//
// Registry
//===----------------------------------------------------------------------===//

/// Never destroyed: threads may still observe while the process exits.
static Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

//===----------------------------------------------------------------------===//
// Observing
//===----------------------------------------------------------------------===//

namespace {
/// See qdot_rt_set_valid_rows.
struct ValidRows {
  int64_t valid = 0;
  int64_t batch = 0; ///< 0: no limit
};
} // namespace

static thread_local ValidRows validRows;

/// On the heap, because a thread that never observes should not pay for it.
static Tally &threadTally() {
  static thread_local std::unique_ptr<Tally> tally;
  if (!tally)
    tally = std::make_unique<Tally>();
  return *tally;
}

namespace {
/// A tensor as samples that lie behind each other.
struct Samples {
  Samples(View whole, const ValidRows &rows) : first(std::move(whole)) {
    bool isBatched = rows.batch > 0 && !first.axes.empty() &&
                     first.axes.front().size % rows.batch == 0;
    areSamples = isBatched || rows.batch <= 1;
    if (!isBatched)
      return;
    Axis &axis = first.axes.front();
    axis.size /= rows.batch;
    stride = axis.size * axis.stride;
    count = rows.valid;
  }

  /// All of them as one view.
  View getAll() const {
    View all = first;
    if (!all.axes.empty())
      all.axes.front().size *= count;
    return all;
  }

  View first;
  int64_t count = 1;
  int64_t stride = 0; ///< in elements, from one to the next
  bool areSamples;    ///< rather than a tensor that batches share
};

/// Adds values to the tally of this thread, and from there to a record.
class Counter {
public:
  Counter() : tally(threadTally()) {}

  /// Precondition: `view` is simplified and has values.
  template <typename Element>
  void add(const View &view) {
    forEachRun<Element>(view, [&](const float *values, size_t count) {
      while (count != 0) {
        size_t part = std::min(count, Tally::maxValues - tally.size());
        tally.add(values, part);
        values += part;
        count -= part;
        if (tally.size() == Tally::maxValues)
          spillTally();
      }
    });
  }

  /// Adds everything to `record`, and as the moved tensor to `moved` unless it
  /// is null.
  void flush(TensorRecord &record, TensorRecord *moved = nullptr) {
    if (spill)
      record.merge(*spill);
    if (spill && moved)
      moved->merge(*spill);
    tally.flush(record, moved);
    tally.flushSamples(record, moved);
  }

  Tally &tally;

private:
  void spillTally() {
    if (!spill)
      spill = std::make_unique<TensorRecord>();
    tally.flush(*spill);
  }

  /// Of tensors that the tally cannot hold; rare.
  std::unique_ptr<TensorRecord> spill;
};
} // namespace

/// Counts `view` into a record of its own.
static TensorRecord countAlone(View view) {
  TensorRecord record;
  Counter counter;
  view.simplify();
  if (view.size() != 0)
    counter.add<float>(view);
  counter.tally.dropSample();
  counter.flush(record);
  return record;
}

/// Adds the records of each index of an axis to those of `record`.
static void mergeChannels(TensorRecord &record,
                          std::vector<TensorRecord> channels) {
  TensorRecord carrier;
  carrier.channels = std::move(channels);
  record.merge(carrier);
}

/// Counts values that are few against the bins of a tally. Precondition: count
/// <= maxMomentsChunk.
static ChunkSummary addFew(TensorRecord &record, const float *values,
                           size_t count) {
  constexpr unsigned lowBits = 32 - TensorRecord::binBits;
  ChunkSummary s = summarize(values, count);
  record.count += count;
  record.nanCount += s.nanCount;
  record.infCount += s.infCount;
  record.zeroCount += s.zeroCount;
  addMoments(values, count, s, record.sum, record.sumOfSquares);
  bool isFinite = s.nanCount + s.infCount == 0;
  for (size_t i = 0; i != count; ++i)
    if (isFinite || statistics::isFinite(values[i]))
      ++record.bins[statistics::bitsOf(values[i]) >> lowBits];
  if (s.negativeZeroCount != 0) {
    record.bins[0] += s.negativeZeroCount;
    record.bins[TensorRecord::numBins / 2] -= s.negativeZeroCount;
  }
  return s;
}

/// Counts one sample of few values; with `hasZeros`, zeros belong to it.
template <typename Element>
static void addSmallSample(TensorRecord &record, const View &view,
                           bool isSample, bool hasZeros = false) {
  int32_t min = INT32_MAX, max = INT32_MIN;
  forEachRun<Element>(view, [&](const float *values, size_t count) {
    ChunkSummary s = addFew(record, values, count);
    min = std::min(min, s.minOrder);
    max = std::max(max, s.maxOrder);
  });
  if (hasZeros) {
    min = std::min(min, 0);
    max = std::max(max, 0);
  }
  if (min > max)
    return;
  record.addToRange(statistics::valueOf(min));
  record.addToRange(statistics::valueOf(max));
  if (isSample)
    record.addSample(statistics::valueOf(min), statistics::valueOf(max));
}

static void addZeros(TensorRecord &record, int64_t count) {
  if (count == 0)
    return;
  record.count += static_cast<uint64_t>(count);
  record.zeroCount += static_cast<uint64_t>(count);
  record.bins[0] += static_cast<uint64_t>(count);
  record.addToRange(0);
}

namespace {
/// Records the values of one call. Without a lock, which is taken to add the
/// sums, so that a call counts as a whole. Small tensors are counted under it.
template <typename Element>
class Observation {
public:
  /// `zeros`: how many a moved tensor has besides for each row.
  explicit Observation(const qdot_unranked_memref &values, int64_t zeros = 0)
      : samples(View(values), validRows), view(std::move(samples.first)) {
    int64_t rows = view.axes.empty() ? 1 : view.axes.front().size;
    zerosOfSample = zeros * rows;
    view.simplify();
    size = view.size() * static_cast<size_t>(samples.count);
    isSmall = size < worthATally;
    forEachSample([&](const View &sample) {
      if (isSmall)
        return;
      counter.add<Element>(sample);
      if (samples.areSamples)
        counter.tally.endSample(zerosOfSample != 0);
    });
    counter.tally.dropSample();
  }

  void addTo(TensorRecord &record) { add(record, nullptr); }

  /// Adds what a moved tensor holds to `moved`.
  void addTo(TensorRecord &record, TensorRecord &moved) {
    add(record, &moved);
    if (size != 0)
      addZeros(moved, zerosOfSample * samples.count);
  }

private:
  static constexpr size_t worthATally = 256;

  void add(TensorRecord &record, TensorRecord *moved) {
    if (!isSmall)
      counter.flush(record, moved);
    else
      forEachSample([&](const View &sample) {
        addSmallSample<Element>(record, sample, samples.areSamples);
        if (moved)
          addSmallSample<Element>(*moved, sample, samples.areSamples,
                                  zerosOfSample != 0);
      });
  }

  template <typename Visit>
  void forEachSample(Visit visit) {
    for (int64_t i = 0; i != samples.count && size != 0; ++i) {
      visit(view);
      view.offset += samples.stride;
    }
    if (size != 0)
      view.offset -= samples.count * samples.stride;
  }

  Samples samples; ///< without the view
  View view;       ///< the first sample, simplified
  int64_t zerosOfSample;
  size_t size;
  bool isSmall;
  Counter counter;
};
} // namespace

template <typename Element>
static void observe(const char *site, const qdot_unranked_memref &values) {
  Observation<Element> observation(values);
  registry().withRecord(
      site, [&](TensorRecord &record) { observation.addTo(record); });
}

extern "C" void _mlir_ciface_qdot_rt_observe_f32(const char *site,
                                                 qdot_unranked_memref *values) {
  observe<float>(site, *values);
}

extern "C" void _mlir_ciface_qdot_rt_observe_i8(const char *site,
                                                qdot_unranked_memref *values) {
  observe<int8_t>(site, *values);
}

extern "C" void _mlir_ciface_qdot_rt_observe_i32(const char *site,
                                                 qdot_unranked_memref *values) {
  observe<int32_t>(site, *values);
}

extern "C" void
_mlir_ciface_qdot_rt_observe_channels_f32(const char *site, int64_t axis,
                                          qdot_unranked_memref *values) {
  View view = Samples{View(*values), validRows}.getAll();
  int64_t rank = static_cast<int64_t>(view.axes.size());
  axis += axis < 0 ? rank : 0;
  std::vector<TensorRecord> channels;
  if (axis >= 0 && axis < rank)
    for (int64_t i = 0; i != view.axes[static_cast<size_t>(axis)].size; ++i)
      channels.push_back(countAlone(view.at(static_cast<size_t>(axis), i)));
  Observation<float> observation(*values);
  registry().withRecord(site, [&](TensorRecord &record) {
    observation.addTo(record);
    if (!channels.empty())
      mergeChannels(record, std::move(channels));
  });
}

extern "C" void
_mlir_ciface_qdot_rt_observe_moved_f32(const char *site, const char *moved_site,
                                       int64_t zeros,
                                       qdot_unranked_memref *values) {
  Observation<float> observation(*values, zeros);
  registry().withRecords(site, moved_site,
                         [&](TensorRecord &record, TensorRecord &moved) {
                           observation.addTo(record, moved);
                         });
}

extern "C" void qdot_rt_set_valid_rows(int64_t valid, int64_t batch) {
  batch = std::max<int64_t>(batch, 0);
  validRows = {std::clamp<int64_t>(valid, 0, batch), batch};
}

//===----------------------------------------------------------------------===//
// Reading the records
//===----------------------------------------------------------------------===//

extern "C" int32_t qdot_runtime_abi_version(void) {
  return QDOT_RUNTIME_ABI_VERSION;
}

extern "C" void qdot_rt_reset(void) { registry().reset(); }

void runtime::visitRecords(
    const std::function<void(const std::string &, const TensorRecord &)>
        &visit) {
  registry().withAll([&](const std::vector<RecordView> &views) {
    for (const RecordView &view : views)
      visit(std::string(view.site), *view.record);
  });
}

/// Returns 0 or an errno value, and why in `problem` if it is known better.
static int write(const char *path, std::string &problem) {
  std::string text;
  registry().withAll([&](const std::vector<RecordView> &views) {
    problem = statistics::findProblem(views);
    if (problem.empty())
      text = statistics::printRecords(views);
  });
  if (!problem.empty())
    return EINVAL;
  if (text.size() > statistics::maxFileBytes)
    return EFBIG;
  return statistics::writeFileAtomically(path, text);
}

extern "C" int32_t qdot_rt_write_statistics(const char *path) {
  std::string problem;
  return write(path, problem);
}

/// Returns an empty string or what is wrong.
static std::string merge(const char *path) {
  std::string problem;
  registry().withAll([&](const std::vector<RecordView> &views) {
    problem = statistics::findProblem(views);
    if (problem.empty())
      problem = statistics::mergeIntoFile(path, views, {});
  });
  return problem;
}

extern "C" int32_t qdot_rt_merge_statistics(const char *path) {
  std::string problem = merge(path);
  if (problem.empty())
    return 0;
  std::fprintf(stderr, "qdot_runtime: %s\n", problem.c_str());
  return EINVAL;
}

//===----------------------------------------------------------------------===//
// At exit
//===----------------------------------------------------------------------===//

static bool observedNothing() {
  bool nothing = false;
  registry().withAll(
      [&](const std::vector<RecordView> &views) { nothing = views.empty(); });
  return nothing;
}

namespace {
/// Writes to $QDOT_STATISTICS when the process exits or unloads the library.
struct WriteAtExit {
  ~WriteAtExit() {
    const char *path = std::getenv("QDOT_STATISTICS");
    // A process that ran nothing instrumented must not replace the file.
    if (!path || !*path || observedNothing())
      return;
    const char *isMerging = std::getenv("QDOT_STATISTICS_MERGE");
    if (isMerging && *isMerging) {
      qdot_rt_merge_statistics(path);
      return;
    }
    std::string problem;
    int error = write(path, problem);
    if (error != 0)
      std::fprintf(stderr, "qdot_runtime: cannot write statistics to %s: %s\n",
                   path, problem.empty() ? strerror(error) : problem.c_str());
  }
};
} // namespace

static WriteAtExit writeAtExit;
