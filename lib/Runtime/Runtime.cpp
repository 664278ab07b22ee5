//===- Runtime.cpp - C interface that instrumented code calls -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Runtime/Runtime.h"
#include "MemRef.h"
#include "Moments.h"
#include "Tally.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Statistics/AtomicFile.h"
#include "qdot/Statistics/File.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <unordered_map>

using namespace qdot;
using namespace qdot::runtime;
using statistics::RecordView;
using statistics::TensorRecord;

//===----------------------------------------------------------------------===//
// Registry
//===----------------------------------------------------------------------===//

namespace {

/// All records, spread by site over shards with a lock each. Keyed by the
/// content of the name: its address may be another name's once the code that
/// held it was unloaded.
class Registry {
public:
  /// Calls `use` with the record of `site`, which nobody else touches
  /// meanwhile.
  template <typename Use>
  void withRecord(const std::string &site, Use use) {
    Shard &shard = shards[std::hash<std::string>()(site) % shards.size()];
    std::lock_guard<std::mutex> lock(shard.mutex);
    std::unique_ptr<TensorRecord> &record = shard.records[site];
    if (!record)
      record = std::make_unique<TensorRecord>();
    use(*record);
  }

  /// Calls `use` with all records in the order of their sites, at one moment.
  template <typename Use>
  void withAll(Use use) {
    std::array<std::unique_lock<std::mutex>, numShards> locks = lockAll();
    std::vector<RecordView> views;
    for (const Shard &shard : shards)
      for (const auto &[site, record] : shard.records)
        views.push_back({site, record.get()});
    std::sort(views.begin(), views.end(),
              [](const RecordView &a, const RecordView &b) {
                return a.site < b.site;
              });
    use(views);
  }

  void reset() {
    std::array<std::unique_lock<std::mutex>, numShards> locks = lockAll();
    for (Shard &shard : shards)
      shard.records.clear();
  }

private:
  static constexpr size_t numShards = 64;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::unique_ptr<TensorRecord>> records;
  };

  /// Nobody else holds more than one lock, so this cannot wait for itself.
  std::array<std::unique_lock<std::mutex>, numShards> lockAll() {
    std::array<std::unique_lock<std::mutex>, numShards> locks;
    for (size_t i = 0; i != numShards; ++i)
      locks[i] = std::unique_lock<std::mutex>(shards[i].mutex);
    return locks;
  }

  std::array<Shard, numShards> shards;
};

} // namespace

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

  /// Adds everything to `record`.
  void flush(TensorRecord &record) {
    if (spill)
      record.merge(*spill);
    tally.flush(record);
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

/// Counts one sample of few values.
template <typename Element>
static void addSmallSample(TensorRecord &record, const View &view,
                           bool isSample) {
  int32_t min = INT32_MAX, max = INT32_MIN;
  forEachRun<Element>(view, [&](const float *values, size_t count) {
    ChunkSummary s = addFew(record, values, count);
    min = std::min(min, s.minOrder);
    max = std::max(max, s.maxOrder);
  });
  if (min > max)
    return;
  record.addToRange(statistics::valueOf(min));
  record.addToRange(statistics::valueOf(max));
  if (isSample)
    record.addSample(statistics::valueOf(min), statistics::valueOf(max));
}

/// Counts without a lock; takes it to add the sums, so that a call counts as a
/// whole. Small tensors are counted under the lock.
template <typename Element>
static void observe(const char *site, const qdot_unranked_memref &values,
                    std::vector<TensorRecord> channels = {}) {
  constexpr size_t worthATally = 256;
  Samples samples{View(values), validRows};
  View view = samples.first;
  view.simplify();
  size_t size = view.size() * static_cast<size_t>(samples.count);
  bool isSmall = size < worthATally;
  Counter counter;
  for (int64_t i = 0; i != samples.count && size != 0 && !isSmall; ++i) {
    counter.add<Element>(view);
    if (samples.areSamples)
      counter.tally.endSample();
    view.offset += samples.stride;
  }
  counter.tally.dropSample();
  registry().withRecord(site, [&](TensorRecord &record) {
    if (!isSmall)
      counter.flush(record);
    for (int64_t i = 0; i != samples.count && size != 0 && isSmall; ++i) {
      addSmallSample<Element>(record, view, samples.areSamples);
      view.offset += samples.stride;
    }
    if (!channels.empty())
      mergeChannels(record, std::move(channels));
  });
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
  observe<float>(site, *values, std::move(channels));
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
