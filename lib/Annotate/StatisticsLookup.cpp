//===- StatisticsLookup.cpp - Match statistics with a model --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Annotate/StatisticsLookup.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qdot;

/// At most this many sites are listed one by one.
static constexpr unsigned maxListed = 10;

static StringRef getPath(StringRef key) { return key.rsplit('#').first; }

/// Lists sites as notes, the first ones by name and the rest by number.
static void noteSites(InFlightDiagnostic &diag, StringRef what,
                      ArrayRef<std::pair<std::string, Location>> sites) {
  for (const auto &[key, loc] : sites.take_front(maxListed))
    diag.attachNote(loc) << what << " value " << key;
  if (sites.size() > maxListed)
    diag.attachNote() << "and " << sites.size() - maxListed << " more "
                      << what << " values";
}

LogicalResult qdot::checkSameModel(Operation *module,
                                   ArrayRef<QuantizableValue> wanted,
                                   const statistics::StatisticsFile &file,
                                   StringRef fileName) {
  using Site = std::pair<std::string, Location>;
  llvm::StringSet<> keys, filePaths, modelPaths;
  for (const auto &[key, record] : file.records)
    filePaths.insert(getPath(key));
  SmallVector<Site> added, changed, missing;
  for (const QuantizableValue &value : wanted) {
    std::string key = value.site.getKey().str();
    keys.insert(key);
    modelPaths.insert(value.site.getPath());
    if (file.records.count(key))
      continue;
    bool isChanged = filePaths.contains(value.site.getPath());
    (isChanged ? changed : added).push_back({key, value.value.getLoc()});
  }
  for (const auto &[key, record] : file.records)
    if (!keys.contains(key) && !modelPaths.contains(getPath(key)))
      missing.push_back({key, module->getLoc()});
  if (added.empty() && changed.empty() && missing.empty())
    return success();
  InFlightDiagnostic diag =
      module->emitError() << "statistics file '" << fileName
                          << "' was recorded on another model: " << added.size()
                          << " new, " << changed.size() << " changed, "
                          << missing.size() << " missing values";
  noteSites(diag, "new", added);
  noteSites(diag, "changed", changed);
  noteSites(diag, "missing", missing);
  return failure();
}
