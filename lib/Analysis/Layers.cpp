//===- Layers.cpp - What a quantizer sees in a linalg function -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/Layers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/Normalization.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/Softmax.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cfloat>

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Small predicates
//===----------------------------------------------------------------------===//

/// A value that is written over before it is read: holds nothing.
static bool isEmptyTensor(Value value) {
  return value.getDefiningOp<tensor::EmptyOp>() != nullptr;
}

/// True for values whose elements are not known at compile time.
static bool isActivation(Value value) {
  return isF32Tensor(value) && !isConstantTensor(value) &&
         !isEmptyTensor(value) && !value.getDefiningOp<linalg::FillOp>();
}

/// True when an index map mixes loop dimensions in one result: a window.
static bool hasWindow(linalg::LinalgOp op) {
  return llvm::any_of(op.getIndexingMapsArray(), [](AffineMap map) {
    return llvm::any_of(map.getResults(), [](AffineExpr expr) {
      return !isa<AffineDimExpr, AffineConstantExpr>(expr);
    });
  });
}

//===----------------------------------------------------------------------===//
// Classification of one operation
//===----------------------------------------------------------------------===//

namespace {
/// A layer, or the reason why there is none.
struct Classification {
  std::optional<Layer> layer;
  FloatReason reason;

  static Classification refuse(StringRef reason, const Twine &message) {
    return {std::nullopt, {reason.str(), message.str()}};
  }
  /// Only a move makes something of constants alone: a gather from a table.
  static Classification accept(Layer layer) {
    if (layer.activations.empty() && layer.kind != LayerKind::SameScale)
      return refuse("constant", "no operand is an activation");
    return {std::move(layer), {}};
  }
};
} // namespace

static Layer createLayer(LayerKind kind, Operation *op,
                         ArrayRef<Value> operands, StringRef name) {
  Layer layer;
  layer.kind = kind;
  layer.op = op;
  for (Value operand : operands)
    if (isActivation(operand))
      layer.activations.push_back(operand);
  layer.result = op->getResult(0);
  layer.name = name.str();
  return layer;
}

/// True when the result is indexed by exactly the parallel loops, each once, so
/// that the other loops are the terms of one sum.
static bool hasPlainResult(linalg::LinalgOp op) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return map.isProjectedPermutation() &&
         llvm::all_of(llvm::enumerate(op.getIteratorTypesArray()),
                      [&](auto loop) {
                        return (loop.value() == utils::IteratorType::parallel) ==
                               map.isFunctionOfDim(loop.index());
                      });
}

/// True when each element of `operand` belongs to one channel: the sums over a
/// weight that is read through a window depend on the position.
static bool isPlainOperand(linalg::LinalgOp op, OpOperand *operand) {
  return op.getMatchingIndexingMap(operand).isProjectedPermutation();
}

static Classification classifyContraction(linalg::LinalgOp op,
                                          ArrayRef<unsigned> inputs) {
  OpOperand *lhs = op.getDpsInputOperand(inputs[0]);
  OpOperand *rhs = op.getDpsInputOperand(inputs[1]);
  Value init = op.getDpsInits()[0];
  if (failed(getConstantInit(init)))
    return Classification::refuse(
        "accumulates-into-value",
        "the contraction adds to a value that is no constant");
  Layer layer =
      createLayer(LayerKind::Contraction, op, {lhs->get(), rhs->get()},
                  hasWindow(op) ? "conv" : "matmul");
  if (layer.activations.empty())
    return Classification::refuse("constant", "every operand is constant");
  for (OpOperand *operand : {lhs, rhs})
    if (isConstantTensor(operand->get()))
      layer.weight = operand;
  if (!hasPlainResult(op) ||
      (layer.weight && !isPlainOperand(op, layer.weight)))
    return Classification::refuse(
        "unsupported-maps",
        "the result or the weight is not indexed by one loop per dimension");
  return Classification::accept(std::move(layer));
}

/// The scalar that fills `init`, when it is one.
static std::optional<double> getFillValue(Value init) {
  FailureOr<ConstantInit> constant = getConstantInit(init);
  if (failed(constant) || constant->values.empty() ||
      !llvm::all_equal(constant->values))
    return std::nullopt;
  return constant->values.front();
}

static Classification classifySum(linalg::LinalgOp op, unsigned input) {
  if (getFillValue(op.getDpsInits()[0]) != 0.0)
    return Classification::refuse("accumulates-into-value",
                                  "the sum does not start at zero");
  return Classification::accept(createLayer(
      LayerKind::Sum, op, {op.getDpsInputOperand(input)->get()}, "sum"));
}

static Classification classifyExtremum(linalg::LinalgOp op, unsigned input,
                                       bool isMax) {
  std::optional<double> init = getFillValue(op.getDpsInits()[0]);
  bool isNeutral = init && (isMax ? *init <= -FLT_MAX : *init >= FLT_MAX);
  if (!isNeutral)
    return Classification::refuse(
        "accumulates-into-value",
        "the extremum does not start at the neutral element");
  return Classification::accept(createLayer(
      LayerKind::SameScale, op, {op.getDpsInputOperand(input)->get()},
      isMax ? "max_pool" : "min_pool"));
}

/// True when the body reads elements of f32 tensors only, no scalar operands.
static bool readsTensors(linalg::LinalgOp op, const StructuralBody &body) {
  return llvm::all_of(body.inputs, [&](unsigned input) {
    return isF32Tensor(op.getDpsInputOperand(input)->get());
  });
}

/// Elementwise operations of two activations.
static Classification classifyPair(linalg::LinalgOp op,
                                   const StructuralBody &body) {
  static const std::pair<BodyKind, LayerKind> kinds[] = {
      {BodyKind::Add, LayerKind::Add},
      {BodyKind::Sub, LayerKind::Sub},
      {BodyKind::Mul, LayerKind::Mul},
      {BodyKind::Maximum, LayerKind::SameScale},
      {BodyKind::Minimum, LayerKind::SameScale}};
  for (auto [bodyKind, layerKind] : kinds) {
    if (body.kind != bodyKind || !readsTensors(op, body))
      continue;
    StringRef name = getLayerName(layerKind);
    if (layerKind == LayerKind::SameScale)
      name = bodyKind == BodyKind::Maximum ? "maximum" : "minimum";
    return Classification::accept(
        createLayer(layerKind, op,
                    {op.getDpsInputOperand(body.inputs[0])->get(),
                     op.getDpsInputOperand(body.inputs[1])->get()},
                    name));
  }
  return Classification::refuse(
      "unsupported-body",
      "the body computes more than one operation of several activations");
}

/// A selection among activations, quantized constants and zero: all of them and
/// the result share a scale. Other constants, such as -1e9, might dwarf it.
static std::optional<Classification> classifyChoice(linalg::LinalgOp op) {
  arith::SelectOp choice = matchChoice(op);
  if (!choice)
    return std::nullopt;
  SmallVector<Value> operands;
  for (Value value : {choice.getTrueValue(), choice.getFalseValue()}) {
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument)
      continue;
    operands.push_back(op.getDpsInputOperand(argument.getArgNumber())->get());
    if (!isF32Tensor(operands.back()) ||
        (isConstantTensor(operands.back()) &&
         !operands.back().getDefiningOp<DequantizeOp>()))
      return std::nullopt;
  }
  return Classification::accept(
      createLayer(LayerKind::SameScale, op, operands, "select"));
}

/// True for a pair of which one is a constant that integer code can hold: a
/// quantized one, or any next to a maximum or minimum.
static bool isPairWithConstant(linalg::LinalgOp op,
                               const StructuralBody &body) {
  if (body.inputs.size() != 2 || body.inputs[0] == body.inputs[1])
    return false;
  bool isChoice =
      body.kind == BodyKind::Maximum || body.kind == BodyKind::Minimum;
  return llvm::any_of(body.inputs, [&](unsigned input) {
    Value value = op.getDpsInputOperand(input)->get();
    return isConstantTensor(value) &&
           (isChoice || value.getDefiningOp<DequantizeOp>());
  });
}

static Classification classifyCopy(linalg::LinalgOp op, Value source) {
  Layer layer = createLayer(LayerKind::SameScale, op, {source}, "move");
  if (layer.activations.empty())
    return Classification::refuse("constant", "what is copied is no activation");
  return Classification::accept(std::move(layer));
}

/// True for a body that takes elements of an activation at computed positions.
static bool extractsActivation(linalg::LinalgOp op) {
  return llvm::any_of(*op.getBlock(), [](Operation &inner) {
    auto extract = dyn_cast<tensor::ExtractOp>(inner);
    return extract && isActivation(extract.getTensor());
  });
}

static Classification classifyElementwise(linalg::LinalgOp op,
                                          const StructuralBody &body) {
  if (tensor::ExtractOp extract = matchGather(op))
    return Classification::accept(createLayer(
        LayerKind::SameScale, op, {extract.getTensor()}, "gather"));
  SmallVector<Value> inputs = op.getDpsInputs();
  unsigned activations = llvm::count_if(inputs, [](Value value) {
    return isActivation(value) && !matchBroadcastConstant(value);
  });
  if (activations == 0)
    return extractsActivation(op)
               ? Classification::refuse(
                     "interpolation",
                     "elements at computed positions are mixed")
               : Classification::refuse("constant",
                                        "no operand is an activation");
  if (body.kind == BodyKind::Copy)
    return classifyCopy(op, inputs[body.inputs[0]]);
  if (std::optional<Classification> choice = classifyChoice(op))
    return *choice;
  if (activations > 1)
    return classifyPair(op, body);
  FailureOr<UnaryFunction> function = UnaryFunction::get(op);
  if (succeeded(function))
    return Classification::accept(createLayer(
        LayerKind::Unary, op, {function->getInput()->get()}, "unary"));
  if (std::optional<Affine> affine = matchAffine(op))
    return Classification::accept(
        createLayer(LayerKind::Affine, op, {affine->input}, "affine"));
  if (isPairWithConstant(op, body))
    return classifyPair(op, body);
  return Classification::refuse(
      "position-dependent-body",
      "the body is neither the same function everywhere nor affine");
}

static Classification classifyLinalg(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || !isF32Tensor(op->getResult(0)))
    return Classification::refuse(
        "unsupported-result", "expected one result with f32 elements");
  if (isa<linalg::FillOp>(op.getOperation()))
    return Classification::refuse("constant", "a fill");
  StructuralBody body = matchBody(op);
  if (isContractionBody(op))
    return classifyContraction(op, body.inputs);
  if (isAllParallel(op))
    return classifyElementwise(op, body);
  if (body.kind == BodyKind::Sum)
    return classifySum(op, body.inputs[0]);
  if (body.kind == BodyKind::Max || body.kind == BodyKind::Min)
    return classifyExtremum(op, body.inputs[0], body.kind == BodyKind::Max);
  return Classification::refuse("unsupported-body",
                                "the reduction is none that qdot knows");
}

/// True when only maxima read the padded value. Padding from below then stands
/// for "nothing": -inf, the lowest float, or any number that its author found
/// low enough, none of which must widen the range.
static bool padsMaximum(tensor::PadOp op) {
  return !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
    auto reduction = dyn_cast<linalg::LinalgOp>(user);
    return reduction && matchBody(reduction).kind == BodyKind::Max;
  });
}

static Classification classifyPad(tensor::PadOp op) {
  Value padding = op.getConstantPaddingValue();
  FloatAttr value;
  if (!padding || !matchPattern(padding, m_Constant(&value)))
    return Classification::refuse("unsupported-pad",
                                  "the padding is no constant");
  Layer layer =
      createLayer(LayerKind::SameScale, op, {op.getSource()}, "pad");
  float number = value.getValue().convertToFloat();
  bool standsForNothing = number < 0.0f && padsMaximum(op);
  if (std::abs(number) < FLT_MAX && !standsForNothing)
    layer.padValue = number;
  return Classification::accept(std::move(layer));
}

/// Tensor operations that move values.
static std::optional<Classification> classifyTensorOp(Operation *op) {
  return TypeSwitch<Operation *, std::optional<Classification>>(op)
      .Case([](tensor::PadOp pad) { return classifyPad(pad); })
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
            tensor::CastOp>([](Operation *move) {
        return Classification::accept(createLayer(
            LayerKind::SameScale, move, {move->getOperand(0)}, "reshape"));
      })
      .Case([](tensor::ExtractSliceOp slice) {
        return Classification::accept(createLayer(
            LayerKind::SameScale, slice, {slice.getSource()}, "slice"));
      })
      .Case([](tensor::InsertSliceOp insert) {
        return Classification::accept(
            createLayer(LayerKind::SameScale, insert,
                        {insert.getSource(), insert.getDest()}, "insert"));
      })
      .Case([](tensor::ConcatOp concat) {
        return Classification::accept(
            createLayer(LayerKind::SameScale, concat,
                        SmallVector<Value>(concat.getInputs()), "concat"));
      })
      .Case([](tensor::GatherOp gather) {
        return Classification::accept(createLayer(
            LayerKind::SameScale, gather, {gather.getSource()}, "gather"));
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// True when a move has one f32 result and all its shapes have a rank.
static bool isRankedMove(Operation *op) {
  return isF32Tensor(op->getResult(0)) &&
         llvm::none_of(op->getOperandTypes(), llvm::IsaPred<UnrankedTensorType>);
}

static Classification classify(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return classifyLinalg(linalgOp);
  if (std::optional<Classification> result = classifyTensorOp(op)) {
    if (!isRankedMove(op))
      return Classification::refuse(
          "unsupported-result", "expected ranked tensors with f32 elements");
    return *std::move(result);
  }
  return Classification::refuse(
      "unsupported-op", "no integer form of " + op->getName().getStringRef());
}

//===----------------------------------------------------------------------===//
// Fusion of what follows
//===----------------------------------------------------------------------===//

/// Layers whose last step is a requantization, which clamps for free.
static bool endsInRequantization(LayerKind kind) {
  return kind != LayerKind::Unary && kind != LayerKind::SameScale;
}

/// The only user of the layer's result, when it is a linalg op on it, in the
/// same block, that reads each element at the position where it writes.
static linalg::LinalgOp getOnlyUser(const Layer &layer) {
  if (!layer.result.hasOneUse())
    return {};
  OpOperand &use = *layer.result.use_begin();
  auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
  if (!user || user->getBlock() != layer.op->getBlock() ||
      user.getNumDpsInits() != 1 ||
      user.getMatchingIndexingMap(&use) !=
          user.getMatchingIndexingMap(user.getDpsInitOperand(0)))
    return {};
  return user;
}

static bool fuseClamp(Layer &layer, linalg::LinalgOp user) {
  std::optional<Clamp> clamp = matchClamp(user);
  if (!clamp || clamp->input != layer.result)
    return false;
  layer.clampMin = std::min(std::max(layer.clampMin, clamp->lo), clamp->hi);
  layer.clampMax = std::max(std::min(layer.clampMax, clamp->hi), clamp->lo);
  return true;
}

/// Average pooling: a positive factor behind a sum, the same everywhere or by
/// position.
static bool fuseFactor(Layer &layer, linalg::LinalgOp user) {
  if (layer.kind != LayerKind::Sum || !layer.fused.empty())
    return false;
  std::optional<Affine> affine = matchAffine(user);
  if (!affine || affine->input != layer.result ||
      llvm::any_of(affine->b, [](double b) { return b != 0.0; }) ||
      !llvm::all_of(affine->a, [](double a) { return a > 0.0; }))
    return false;
  layer.factors.assign(affine->a.begin(), affine->a.end());
  layer.factorDims.assign(affine->dims.begin(), affine->dims.end());
  layer.factorShape.assign(affine->shape.begin(), affine->shape.end());
  layer.name = "avg_pool";
  return true;
}

/// Moves the end of the layer behind the activation functions that follow it.
static void fuseFollowers(Layer &layer) {
  if (!endsInRequantization(layer.kind))
    return;
  while (linalg::LinalgOp user = getOnlyUser(layer)) {
    if (user->getNumResults() != 1 || user->hasAttr(keepFloatAttrName))
      return;
    if (!fuseFactor(layer, user) && !fuseClamp(layer, user))
      return;
    layer.fused.push_back(user);
    layer.result = user->getResult(0);
  }
}

//===----------------------------------------------------------------------===//
// LayerAnalysis
//===----------------------------------------------------------------------===//

/// Operations that neither compute nor need an explanation.
static bool isNeutral(Operation *op) {
  return op->hasTrait<OpTrait::ConstantLike>() ||
         op->hasTrait<OpTrait::IsTerminator>() ||
         isa<tensor::EmptyOp, tensor::DimOp, linalg::FillOp, ObserveOp,
             QuantizeOp, DequantizeOp, quant::StorageCastOp>(op);
}

LayerAnalysis::LayerAnalysis(func::FuncOp function) {
  llvm::DenseSet<Operation *> softmax = findSoftmaxOps(function);
  llvm::DenseSet<Operation *> normalization = findNormalizationOps(function);
  for (Block &block : function.getBody())
    for (Operation &op : block) {
      if (isNeutral(&op) || !isFloatTensorOp(&op) || members.count(&op))
        continue;
      if (softmax.contains(&op)) {
        refuse(&op, "softmax", "softmax is computed in float");
        continue;
      }
      if (normalization.contains(&op)) {
        refuse(&op, "normalization",
               "the norm that everything is divided by is computed in float");
        continue;
      }
      Classification result = classify(&op);
      if (!result.layer) {
        reasons[&op] = result.reason;
        continue;
      }
      fuseFollowers(*result.layer);
      addLayer(*std::move(result.layer));
    }
}

void LayerAnalysis::addLayer(Layer layer) {
  unsigned index = layers.size();
  producers[layer.result] = index;
  byOperation[layer.op] = index;
  members[layer.op] = index;
  for (Operation *op : layer.fused)
    members[op] = index;
  layers.push_back(std::move(layer));
}

void LayerAnalysis::refuse(Operation *op, StringRef reason,
                           const Twine &message) {
  reasons[op] = {reason.str(), message.str()};
}

const Layer *LayerAnalysis::getProducer(Value value) const {
  auto it = producers.find(value);
  return it == producers.end() ? nullptr : &layers[it->second];
}

const Layer *LayerAnalysis::getLayer(Operation *op) const {
  auto it = byOperation.find(op);
  return it == byOperation.end() ? nullptr : &layers[it->second];
}

const FloatReason *LayerAnalysis::getReason(Operation *op) const {
  auto it = reasons.find(op);
  return it == reasons.end() ? nullptr : &it->second;
}
