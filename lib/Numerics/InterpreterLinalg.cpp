//===- InterpreterLinalg.cpp - Loop nests of linalg ops -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qdot::interpreter {
namespace {

/// `offset + sum coefficients[i] * d_i`.
struct LinearForm {
  int64_t offset = 0;
  SmallVector<int64_t> coefficients;
};

/// nullopt for mod, floordiv, ceildiv, symbols and products of dimensions.
std::optional<LinearForm> getLinearForm(AffineExpr expr, unsigned numDims) {
  LinearForm form{0, SmallVector<int64_t>(numDims, 0)};
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    form.offset = constant.getValue();
    return form;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    form.coefficients[dim.getPosition()] = 1;
    return form;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = getLinearForm(binary.getLHS(), numDims);
  if (!lhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mul) {
    auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!factor)
      return std::nullopt;
    lhs->offset *= factor.getValue();
    for (int64_t &coefficient : lhs->coefficients)
      coefficient *= factor.getValue();
    return lhs;
  }
  auto rhs = getLinearForm(binary.getRHS(), numDims);
  if (expr.getKind() != AffineExprKind::Add || !rhs)
    return std::nullopt;
  lhs->offset += rhs->offset;
  for (unsigned i = 0; i < numDims; ++i)
    lhs->coefficients[i] += rhs->coefficients[i];
  return lhs;
}

/// The value of an index expression; nullopt on division by zero or less.
std::optional<int64_t> evaluateExpr(AffineExpr expr, ArrayRef<int64_t> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = evaluateExpr(binary.getLHS(), dims);
  auto rhs = evaluateExpr(binary.getRHS(), dims);
  if (!lhs || !rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return *lhs + *rhs;
  if (expr.getKind() == AffineExprKind::Mul)
    return *lhs * *rhs;
  if (*rhs <= 0)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mod)
    return llvm::mod(*lhs, *rhs);
  return expr.getKind() == AffineExprKind::FloorDiv
             ? llvm::divideFloorSigned(*lhs, *rhs)
             : llvm::divideCeilSigned(*lhs, *rhs);
}

/// How one operand is accessed.
struct Access {
  /// What to read; for an init, also what to write. Null for a scalar operand.
  const Tensor *tensor = nullptr;
  std::shared_ptr<Tensor> output;
  Scalar scalar{0};
  AffineMap map;
  /// Position of the element, in elements, when the map is linear.
  std::optional<LinearForm> position;
  /// Registers of the block argument and of the yielded value, or -1.
  int argument = -1;
  int yielded = -1;
};

/// One execution of a linalg op.
class LoopNest {
public:
  LoopNest(linalg::LinalgOp op, Lookup lookup) : op(op), lookup(lookup) {}

  Results run();

private:
  llvm::Error gatherOperands();
  llvm::Error computeRanges();
  llvm::Error resolveAccess(Access &access);
  llvm::Error checkBounds(const Access &access, unsigned dim,
                          const LinearForm &form);
  llvm::Error compile();
  void splitProgram();
  llvm::Error runLoops();
  llvm::Error runLanes(int count);
  llvm::Error loadArguments(int count);
  void runDependent(int count);
  llvm::Error storeResults(int count);
  llvm::Expected<int64_t> getPosition(const Access &access);
  int chooseLaneDimension() const;
  int64_t getLaneStride(const Access &access) const;
  bool isCarried(const Access &access) const;
  bool advance();

  linalg::LinalgOp op;
  Lookup lookup;
  SmallVector<Access> inputs;
  SmallVector<Access> outputs;
  /// Sizes of the loops; at least one.
  SmallVector<int64_t> ranges;
  Program program;
  Frame frame;
  /// Instructions that work on all lanes at once, and those that depend on the
  /// value carried from one lane to the next.
  std::vector<Instruction> independent;
  std::vector<Instruction> dependent;
  /// Registers of the argument and the yielded value of carried outputs.
  SmallVector<std::pair<unsigned, unsigned>> carried;
  int maxLanes = laneCount;
};

llvm::Error LoopNest::gatherOperands() {
  for (OpOperand &operand : op->getOpOperands()) {
    const RuntimeValue &value = lookup(operand.get());
    Access access;
    access.map = op.getMatchingIndexingMap(&operand);
    access.scalar = value.scalar;
    access.tensor = value.tensor.get();
    bool isInit = op.isDpsInit(&operand);
    if (isInit && !access.tensor)
      return failAt(op, "expected an init of tensor type");
    if (isInit) {
      access.output = std::make_shared<Tensor>(*access.tensor);
      access.tensor = access.output.get();
    }
    (isInit ? outputs : inputs).push_back(std::move(access));
  }
  return llvm::Error::success();
}

llvm::Error LoopNest::computeRanges() {
  AffineMap shapesToLoops = op.getShapesToLoopsMap();
  if (!shapesToLoops)
    return failAt(op, "loop bounds do not follow from the operands' shapes");
  SmallVector<int64_t> sizes;
  for (const auto &accesses : {std::cref(inputs), std::cref(outputs)})
    for (const Access &access : accesses.get())
      if (access.tensor)
        llvm::append_range(sizes, access.tensor->shape);
  if (sizes.size() != shapesToLoops.getNumDims())
    return failAt(op, "expected tensors for all shaped operands");
  for (AffineExpr expr : shapesToLoops.getResults()) {
    auto range = evaluateExpr(expr, sizes);
    if (!range)
      return failAt(op, "loop bounds do not follow from the operands' shapes");
    ranges.push_back(*range);
  }
  return llvm::Error::success();
}

/// The extreme values of `form` over all loops must lie in the dimension; a
/// dimension indexed by one loop alone must have exactly its size.
llvm::Error LoopNest::checkBounds(const Access &access, unsigned dim,
                                  const LinearForm &form) {
  if (auto loop = dyn_cast<AffineDimExpr>(access.map.getResult(dim)))
    if (access.tensor->shape[dim] != ranges[loop.getPosition()])
      return failAt(op, "size " + Twine(access.tensor->shape[dim]) +
                            " of dimension " + Twine(dim) +
                            " differs from the loop's " +
                            Twine(ranges[loop.getPosition()]));
  int64_t min = form.offset, max = form.offset;
  for (auto [coefficient, range] : llvm::zip(form.coefficients, ranges))
    (coefficient < 0 ? min : max) += coefficient * (range - 1);
  int64_t size = access.tensor->shape[dim];
  if (min >= 0 && max < size)
    return llvm::Error::success();
  return failAt(op, "index range [" + Twine(min) + ", " + Twine(max) +
                        "] of dimension " + Twine(dim) +
                        " is outside of size " + Twine(size));
}

llvm::Error LoopNest::resolveAccess(Access &access) {
  if (!access.tensor)
    return llvm::Error::success();
  if (access.map.getNumResults() != access.tensor->shape.size())
    return failAt(op, "rank of an operand does not match its indexing map");
  LinearForm position{0, SmallVector<int64_t>(ranges.size(), 0)};
  for (auto [dim, stride] : llvm::enumerate(access.tensor->getStrides())) {
    auto form = getLinearForm(access.map.getResult(dim), ranges.size());
    if (!form) {
      maxLanes = 1;
      return llvm::Error::success();
    }
    if (auto error = checkBounds(access, dim, *form))
      return error;
    position.offset += form->offset * stride;
    for (size_t i = 0; i < ranges.size(); ++i)
      position.coefficients[i] += form->coefficients[i] * stride;
  }
  access.position = std::move(position);
  return llvm::Error::success();
}

llvm::Error LoopNest::compile() {
  Block *body = op.getBlock();
  auto compiled = Program::compileBlock(*body);
  if (!compiled)
    return compiled.takeError();
  program = std::move(*compiled);
  frame = program.createFrame(lookup);
  ArrayRef<unsigned> arguments = program.getInputs();
  if (arguments.size() < inputs.size() ||
      program.getOutputs().size() != outputs.size())
    return failAt(op, "body does not match the operands");
  for (auto [i, input] : llvm::enumerate(inputs))
    input.argument = static_cast<int>(arguments[i]);
  for (auto [i, output] : llvm::enumerate(outputs)) {
    output.yielded = static_cast<int>(program.getOutputs()[i]);
    // linalg.map has no argument for its init.
    size_t number = inputs.size() + i;
    if (number < arguments.size() && !body->getArgument(number).use_empty())
      output.argument = static_cast<int>(arguments[number]);
  }
  return llvm::Error::success();
}

int64_t LoopNest::getLaneStride(const Access &access) const {
  return access.position ? access.position->coefficients[frame.laneDimension]
                         : 0;
}

/// Lanes go along the longest loop that every output moves with. Making it the
/// innermost leaves the order in which one element is updated as it is. Without
/// such a loop, lanes go along the innermost one.
int LoopNest::chooseLaneDimension() const {
  int chosen = static_cast<int>(ranges.size()) - 1;
  bool isSafe = llvm::all_of(outputs, [](const Access &output) {
    return output.position && output.map.isProjectedPermutation();
  });
  if (!isSafe)
    return chosen;
  int64_t longest = 0;
  for (int dim = 0; dim < static_cast<int>(ranges.size()); ++dim) {
    bool moves = llvm::all_of(outputs, [&](const Access &output) {
      return output.position->coefficients[dim] != 0;
    });
    if (moves && ranges[dim] >= longest) {
      longest = ranges[dim];
      chosen = dim;
    }
  }
  return chosen;
}

/// A reduction along the lanes: what a lane writes, the next one reads.
bool LoopNest::isCarried(const Access &access) const {
  return access.argument >= 0 && access.position && getLaneStride(access) == 0;
}

void LoopNest::splitProgram() {
  llvm::BitVector isLate(frame.registers.size() / laneCount);
  for (const Access &output : outputs)
    if (isCarried(output)) {
      isLate.set(output.argument);
      carried.push_back({output.argument, output.yielded});
    }
  for (const Instruction &instruction : program.getInstructions()) {
    bool depends = llvm::any_of(instruction.operands,
                                [&](unsigned reg) { return isLate[reg]; });
    if (depends)
      for (unsigned reg : instruction.results)
        isLate.set(reg);
    (depends ? dependent : independent).push_back(instruction);
  }
}

/// Position of lane 0, in elements.
llvm::Expected<int64_t> LoopNest::getPosition(const Access &access) {
  if (access.position) {
    int64_t position = access.position->offset;
    for (auto [coefficient, index] :
         llvm::zip(access.position->coefficients, frame.indices))
      position += coefficient * index;
    return position;
  }
  int64_t position = 0;
  for (auto [dim, expr] : llvm::enumerate(access.map.getResults())) {
    auto index = evaluateExpr(expr, frame.indices);
    int64_t size = access.tensor->shape[dim];
    if (!index || *index < 0 || *index >= size)
      return failAt(op, "index of dimension " + Twine(dim) +
                            " is outside of size " + Twine(size));
    position = position * size + *index;
  }
  return position;
}

llvm::Error LoopNest::loadArguments(int count) {
  auto load = [&](const Access &access) -> llvm::Error {
    if (access.argument < 0)
      return llvm::Error::success();
    Scalar *lanes = frame.lanes(access.argument);
    if (!access.tensor) {
      std::fill_n(lanes, count, access.scalar);
      return llvm::Error::success();
    }
    auto position = getPosition(access);
    if (!position)
      return position.takeError();
    access.tensor->loadLanes(*position, getLaneStride(access), count, lanes);
    return llvm::Error::success();
  };
  for (const Access &input : inputs)
    if (auto error = load(input))
      return error;
  for (const Access &output : outputs)
    if (auto error = load(output))
      return error;
  return llvm::Error::success();
}

/// Runs the dependent instructions lane after lane.
void LoopNest::runDependent(int count) {
  for (int lane = 0; lane < count; ++lane) {
    if (lane > 0)
      for (auto [argument, yielded] : carried)
        frame.lanes(argument)[lane] = frame.lanes(yielded)[lane - 1];
    Program::run(frame, dependent, lane, lane + 1);
  }
}

llvm::Error LoopNest::storeResults(int count) {
  for (const Access &output : outputs) {
    auto position = getPosition(output);
    if (!position)
      return position.takeError();
    int64_t stride = getLaneStride(output);
    // Without a stride the last lane wins.
    int first = stride == 0 ? count - 1 : 0;
    output.output->storeLanes(*position, stride, count - first,
                              frame.lanes(output.yielded) + first);
  }
  return llvm::Error::success();
}

llvm::Error LoopNest::runLanes(int count) {
  if (auto error = loadArguments(count))
    return error;
  Program::run(frame, independent, 0, count);
  if (!dependent.empty())
    runDependent(count);
  if (auto error = Program::takeFailure(frame))
    return error;
  return storeResults(count);
}

/// Steps the loops around the lanes; false at the end.
bool LoopNest::advance() {
  for (int dim = static_cast<int>(ranges.size()) - 1; dim >= 0; --dim) {
    if (dim == frame.laneDimension)
      continue;
    if (++frame.indices[dim] < ranges[dim])
      return true;
    frame.indices[dim] = 0;
  }
  return false;
}

llvm::Error LoopNest::runLoops() {
  frame.indices.assign(ranges.size(), 0);
  int64_t range = ranges[frame.laneDimension];
  do {
    for (int64_t at = 0; at < range; at += maxLanes) {
      frame.indices[frame.laneDimension] = at;
      int64_t left = range - at;
      if (auto error =
              runLanes(static_cast<int>(std::min<int64_t>(left, maxLanes))))
        return error;
    }
  } while (advance());
  return llvm::Error::success();
}

Results LoopNest::run() {
  if (auto error = gatherOperands())
    return error;
  if (auto error = computeRanges())
    return error;
  bool isEmpty = llvm::is_contained(ranges, 0);
  if (!isEmpty) {
    // A body without loops runs once.
    if (ranges.empty())
      ranges.push_back(1);
    for (auto *accesses : {&inputs, &outputs})
      for (Access &access : *accesses)
        if (auto error = resolveAccess(access))
          return error;
    if (auto error = compile())
      return error;
    frame.laneDimension = chooseLaneDimension();
    splitProgram();
    if (auto error = runLoops())
      return error;
  }
  SmallVector<RuntimeValue> results;
  for (Access &output : outputs)
    results.push_back({output.output, Scalar{0}});
  return results;
}

} // namespace

Results evaluateLinalg(linalg::LinalgOp op, Lookup lookup) {
  if (!op.hasPureTensorSemantics())
    return failAt(op, "expected operands that are tensors");
  return LoopNest(op, lookup).run();
}

} // namespace qdot::interpreter
