//===- Runtime.cpp - C interface that instrumented code calls -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Runtime/Runtime.h"
#include "MemRef.h"
#include "Tally.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Statistics/AtomicFile.h"
#include "qdot/Statistics/Format.h"
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

/// Drops the rows that are no samples.
static void limitRows(View &view, const ValidRows &rows) {
  if (rows.batch == 0 || view.axes.empty())
    return;
  Axis &first = view.axes.front();
  if (first.size % rows.batch == 0)
    first.size = first.size / rows.batch * rows.valid;
}

/// Counts a large tensor without a lock, except for the sums.
template <typename Element>
static void observeLarge(const std::string &site, const View &view) {
  Tally &tally = threadTally();
  auto flush = [&] {
    registry().withRecord(site,
                          [&](TensorRecord &record) { tally.flush(record); });
  };
  forEachRun<Element>(view, [&](const float *values, size_t count) {
    while (count != 0) {
      size_t part = std::min(count, Tally::maxValues - tally.size());
      tally.add(values, part);
      values += part;
      count -= part;
      if (tally.size() == Tally::maxValues)
        flush();
    }
  });
  flush();
}

/// Counts a tensor that is small against the bins of a tally.
template <typename Element>
static void observeSmall(const std::string &site, const View &view) {
  registry().withRecord(site, [&](TensorRecord &record) {
    if (view.size() == 0)
      return;
    forEachRun<Element>(view, [&](const float *values, size_t count) {
      for (size_t i = 0; i != count; ++i)
        record.add(values[i]);
    });
  });
}

template <typename Element>
static void observe(const char *site, const qdot_unranked_memref &values) {
  constexpr size_t worthATally = 2048;
  View view(values);
  limitRows(view, validRows);
  view.simplify();
  if (view.size() >= worthATally)
    observeLarge<Element>(site, view);
  else
    observeSmall<Element>(site, view);
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
    std::string problem;
    int error = write(path, problem);
    if (error != 0)
      std::fprintf(stderr, "qdot_runtime: cannot write statistics to %s: %s\n",
                   path, problem.empty() ? strerror(error) : problem.c_str());
  }
};
} // namespace

static WriteAtExit writeAtExit;
