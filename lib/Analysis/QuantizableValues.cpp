//===- QuantizableValues.cpp - Values that carry a scale -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/QuantizableValues.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Which values
//===----------------------------------------------------------------------===//

namespace {
/// Collects the values that quantized layers read and make.
class ValueCollector {
public:
  ValueCollector(const LayerAnalysis &layers,
                 function_ref<bool(const Layer &)> isKeptFloat)
      : layers(layers), isKeptFloat(isKeptFloat) {}

  llvm::DenseSet<Value> collect() {
    // A function that computes nothing (one pooling layer) is worth its moves.
    bool isAllMoves =
        llvm::all_of(layers.getLayers(), [](const Layer &layer) {
          return layer.kind == LayerKind::SameScale;
        });
    for (const Layer &layer : layers.getLayers())
      if (!isKeptFloat(layer) &&
          (isAllMoves || layer.kind != LayerKind::SameScale))
        add(layer);
    while (growThroughMoves())
      ;
    return std::move(values);
  }

private:
  void add(const Layer &layer) {
    values.insert(layer.activations.begin(), layer.activations.end());
    values.insert(layer.result);
  }

  /// A move is quantized when one of its ends is.
  bool growThroughMoves() {
    bool changed = false;
    for (const Layer &layer : layers.getLayers()) {
      if (layer.kind != LayerKind::SameScale || isKeptFloat(layer))
        continue;
      bool touches = values.contains(layer.result) ||
                     llvm::any_of(layer.activations, [&](Value value) {
                       return values.contains(value);
                     });
      size_t before = values.size();
      if (touches)
        add(layer);
      changed |= values.size() != before;
    }
    return changed;
  }

  const LayerAnalysis &layers;
  function_ref<bool(const Layer &)> isKeptFloat;
  llvm::DenseSet<Value> values;
};

//===----------------------------------------------------------------------===//
// Structural sites
//===----------------------------------------------------------------------===//

/// Mixes one word into a digest (the finalizer of SplitMix64).
uint64_t mix(uint64_t digest, uint64_t word) {
  uint64_t x = digest ^ (word + 0x9e3779b97f4a7c15ull);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

uint64_t mix(uint64_t digest, StringRef text) {
  for (char c : text)
    digest = mix(digest, static_cast<unsigned char>(c));
  return mix(digest, text.size());
}

/// Names every layer, argument and float value of a function by its place in
/// the data flow, counted from the results.
class SiteBuilder {
public:
  SiteBuilder(func::FuncOp function, const LayerAnalysis &layers)
      : function(function), layers(layers) {
    for (Block &block : function.getBody())
      for (Value operand : block.getTerminator()->getOperands())
        visit(operand);
    // Values that reach no result (dead or used by calls only).
    function.walk([&](Operation *op) {
      for (Value result : op->getResults())
        visit(result);
    });
    for (BlockArgument argument : function.getArguments())
      visit(argument);
  }

  SiteAttr getSite(Value value) const {
    std::string key = paths.lookup(value) + "#" +
                      llvm::utohexstr(digests.lookup(value), true, 16);
    return SiteAttr::get(value.getContext(), key);
  }

  StringRef getPath(Value value) const {
    auto it = paths.find(value);
    return it == paths.end() ? StringRef() : StringRef(it->second);
  }

private:
  /// Post-order, iterative: models may be thousands of layers deep.
  void visit(Value root) {
    SmallVector<std::pair<Value, bool>> stack{{root, false}};
    while (!stack.empty()) {
      auto [value, expanded] = stack.pop_back_val();
      if (paths.count(value) || !isInteresting(value))
        continue;
      if (expanded) {
        name(value);
        continue;
      }
      stack.push_back({value, true});
      SmallVector<Value> operands = getOperands(value);
      for (Value operand : llvm::reverse(operands))
        if (!paths.count(operand))
          stack.push_back({operand, false});
    }
  }

  /// What gives results a shape and a start may be shared or not.
  static bool isInteresting(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && !isConstantTensor(value) &&
           !isa_and_nonnull<tensor::EmptyOp, linalg::FillOp>(
               value.getDefiningOp());
  }

  /// The values that `value` is computed from: a layer's activations, or all
  /// operands of an operation that is no layer.
  SmallVector<Value> getOperands(Value value) const {
    if (const Layer *layer = layers.getProducer(value))
      return layer->activations;
    if (Operation *op = value.getDefiningOp())
      return SmallVector<Value>(op->getOperands());
    return {};
  }

  void name(Value value) {
    std::string kind = getKind(value);
    std::string prefix = escape(function.getSymName()) + "/" + kind + "_";
    unsigned number = counts[kind]++;
    if (isFunctionArgument(value))
      number = cast<BlockArgument>(value).getArgNumber();
    paths[value] = prefix + std::to_string(number);
    digests[value] = computeDigest(value, kind);
  }

  static bool isFunctionArgument(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner()->isEntryBlock() &&
           isa<func::FuncOp>(argument.getOwner()->getParentOp());
  }

  /// Symbol names may hold any character, sites only printable ones.
  static std::string escape(StringRef name) {
    std::string escaped;
    for (char c : name)
      if (llvm::isPrint(c) && !StringRef("\"\\%").contains(c))
        escaped += c;
      else
        escaped += "%" + llvm::utohexstr(static_cast<unsigned char>(c),
                                         /*LowerCase=*/true, /*Width=*/2);
    return escaped;
  }

  std::string getKind(Value value) const {
    if (isFunctionArgument(value))
      return "input";
    if (isa<BlockArgument>(value))
      return "argument";
    if (const Layer *layer = layers.getProducer(value))
      return layer->name;
    return "float";
  }

  uint64_t computeDigest(Value value, StringRef kind) const {
    uint64_t digest = mix(0, kind);
    for (Value operand : getOperands(value))
      digest = mix(digest, getPath(operand));
    if (const Layer *layer = layers.getProducer(value))
      digest = mixLayer(digest, *layer);
    else if (Operation *op = value.getDefiningOp())
      digest = mix(digest, op->getName().getStringRef());
    return digest;
  }

  /// What the layer computes with: constants (whatever their layout), loop
  /// steps and reduction sizes, clamp bounds. Sizes of parallel loops stay out:
  /// they hold the batch.
  static uint64_t mixLayer(uint64_t digest, const Layer &layer) {
    uint64_t constants = 0;
    for (Value operand : layer.op->getOperands())
      constants += digestConstant(operand);
    digest = mix(digest, constants);
    for (int64_t number : getLoopNumbers(layer.op))
      digest = mix(digest, number);
    digest = mix(digest, llvm::bit_cast<uint32_t>(layer.clampMin));
    digest = mix(digest, llvm::bit_cast<uint32_t>(layer.clampMax));
    for (double factor : layer.factors)
      digest = mix(digest, llvm::bit_cast<uint64_t>(factor));
    return digest;
  }

  /// Digest of a constant operand's elements; 0 for anything else, and for
  /// initial values that hold only zeros.
  static uint64_t digestConstant(Value value) {
    FailureOr<ConstantTensor> constant = ConstantTensor::get(value);
    if (succeeded(constant))
      return digestElements(*constant);
    if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>())
      return digestConstant(broadcast.getInput());
    return 0;
  }

  /// `map` at index 0 of every loop that runs once: the step of a window that
  /// never moves means nothing.
  static AffineMap dropUnitLoops(AffineMap map, linalg::LinalgOp op) {
    llvm::DenseMap<AffineExpr, AffineExpr> replacement;
    MLIRContext *context = map.getContext();
    for (auto [loop, size] : llvm::enumerate(op.getStaticLoopRanges()))
      if (size == 1)
        replacement[getAffineDimExpr(loop, context)] =
            getAffineConstantExpr(0, context);
    return map.replace(replacement);
  }

  /// Steps of windows and sizes of reductions, sorted: the same in any layout,
  /// and whether or not a reduced dimension is kept with extent 1 (index 0).
  static SmallVector<int64_t> getLoopNumbers(Operation *op) {
    SmallVector<int64_t> numbers;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!linalgOp)
      return numbers;
    for (auto [size, kind] :
         llvm::zip_equal(linalgOp.getStaticLoopRanges(),
                         linalgOp.getIteratorTypesArray()))
      if (kind == utils::IteratorType::reduction)
        numbers.push_back(size);
    for (AffineMap map : linalgOp.getIndexingMapsArray())
      dropUnitLoops(map, linalgOp).walkExprs([&](AffineExpr expr) {
        auto constant = dyn_cast<AffineConstantExpr>(expr);
        if (constant && constant.getValue() != 0)
          numbers.push_back(-constant.getValue());
      });
    llvm::sort(numbers);
    return numbers;
  }

  func::FuncOp function;
  const LayerAnalysis &layers;
  llvm::DenseMap<Value, std::string> paths;
  llvm::DenseMap<Value, uint64_t> digests;
  llvm::StringMap<unsigned> counts;
};
/// The order of definition in the text: arguments, then operations.
llvm::SmallVector<Value> sortByDefinition(func::FuncOp function,
                                          const llvm::DenseSet<Value> &values) {
  SmallVector<Value> sorted;
  auto take = [&](Value value) {
    if (values.contains(value))
      sorted.push_back(value);
  };
  for (Block &block : function.getBody()) {
    llvm::for_each(block.getArguments(), take);
    for (Operation &op : block)
      llvm::for_each(op.getResults(), take);
  }
  return sorted;
}
} // namespace

//===----------------------------------------------------------------------===//
// QuantizableValues
//===----------------------------------------------------------------------===//

bool qdot::isQuantizedAlready(Value value) {
  if (value.getDefiningOp<DequantizeOp>())
    return true;
  return !value.use_empty() && llvm::all_of(value.getUsers(), [](Operation *user) {
    return isa<QuantizeOp>(user);
  });
}

QuantizableValues::QuantizableValues(func::FuncOp function,
                                     const LayerAnalysis &layers,
                                     llvm::Regex *keepFloat) {
  SiteBuilder sites(function, layers);
  for (const Layer &layer : layers.getLayers())
    if (layer.op->hasAttr(keepFloatAttrName) ||
        (keepFloat && keepFloat->match(sites.getPath(layer.result))))
      kept.insert(layer.op);
  llvm::DenseSet<Value> collected =
      ValueCollector(layers, [&](const Layer &layer) {
        return isKeptFloat(layer);
      }).collect();
  for (Value value : sortByDefinition(function, collected)) {
    index[value] = values.size();
    values.push_back({value, sites.getSite(value), layers.getProducer(value)});
  }
}

const QuantizableValue *QuantizableValues::lookup(Value value) const {
  auto it = index.find(value);
  return it == index.end() ? nullptr : &values[it->second];
}

bool QuantizableValues::isQuantized(const Layer &layer) const {
  return !isKeptFloat(layer) && lookup(layer.result) &&
         llvm::all_of(layer.activations,
                      [&](Value value) { return lookup(value) != nullptr; });
}
