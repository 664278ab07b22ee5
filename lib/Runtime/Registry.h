//===- Registry.h - The records of a process ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_REGISTRY_H
#define QDOT_RUNTIME_REGISTRY_H

#include "qdot/Statistics/File.h"
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace qdot::runtime {

using statistics::RecordView;
using statistics::TensorRecord;

/// All records, spread by site over shards with a lock each. Keyed by the
/// content of the name: its address may be another name's once the code that
/// held it was unloaded.
class Registry {
public:
  /// Calls `use` with the record of `site`, which nobody else touches
  /// meanwhile.
  template <typename Use>
  void withRecord(std::string_view site, Use use) {
    Shard &shard = getShard(site);
    std::lock_guard<std::mutex> lock(shard.mutex);
    use(shard.getRecord(site));
  }

  /// The same with two records. Precondition: the sites differ.
  template <typename Use>
  void withRecords(std::string_view first, std::string_view second, Use use) {
    Shard *one = &getShard(first), *other = &getShard(second);
    // In the order of `lockAll`, so that no two threads wait for each other.
    std::unique_lock<std::mutex> low(std::min(one, other)->mutex), high;
    if (one != other)
      high = std::unique_lock<std::mutex>(std::max(one, other)->mutex);
    use(one->getRecord(first), other->getRecord(second));
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
    /// Few: a search costs less than a hash. Found without a copy of the name.
    std::map<std::string, std::unique_ptr<TensorRecord>, std::less<>> records;

    TensorRecord &getRecord(std::string_view site) {
      auto known = records.find(site);
      if (known == records.end())
        known = records
                    .emplace(std::string(site), std::make_unique<TensorRecord>())
                    .first;
      return *known->second;
    }
  };

  Shard &getShard(std::string_view site) {
    return shards[std::hash<std::string_view>()(site) % numShards];
  }

  /// Everybody takes locks in this order.
  std::array<std::unique_lock<std::mutex>, numShards> lockAll() {
    std::array<std::unique_lock<std::mutex>, numShards> locks;
    for (size_t i = 0; i != numShards; ++i)
      locks[i] = std::unique_lock<std::mutex>(shards[i].mutex);
    return locks;
  }

  std::array<Shard, numShards> shards;
};

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_REGISTRY_H
