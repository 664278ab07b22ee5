//===- InterpreterTensorOps.cpp - Ops of the tensor dialect ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace qdot::interpreter {
namespace {

using Expected = llvm::Expected<TensorRef>;
using Sizes = SmallVector<int64_t>;

Sizes resolve(ArrayRef<OpFoldResult> values, Lookup lookup) {
  Sizes sizes;
  for (OpFoldResult value : values) {
    if (auto constant = dyn_cast<Attribute>(value))
      sizes.push_back(cast<IntegerAttr>(constant).getInt());
    else
      sizes.push_back(lookup(cast<Value>(value)).scalar.i);
  }
  return sizes;
}

llvm::Expected<std::shared_ptr<Tensor>>
allocateResult(Operation *op, ArrayRef<int64_t> shape) {
  auto type = getElementType(
      cast<ShapedType>(op->getResult(0).getType()).getElementType());
  if (!type)
    return failAt(op, "element type is not supported");
  return allocateTensor(op, *type, shape);
}

/// The same elements under another shape.
Expected reshaped(Operation *op, const Tensor &source,
                  ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Tensor>();
  result->type = source.type;
  result->shape.assign(shape.begin(), shape.end());
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }) ||
      result->getNumElements() != source.getNumElements())
    return failAt(op, "cannot reshape " + Twine(source.getNumElements()) +
                          " elements to a shape of " +
                          Twine(result->getNumElements()));
  result->bytes = source.bytes;
  return result;
}

Expected evaluate(tensor::EmptyOp op, Lookup lookup) {
  auto result = allocateResult(op, resolve(op.getMixedSizes(), lookup));
  if (!result)
    return result.takeError();
  return *result;
}

Expected evaluate(tensor::CastOp op, Lookup lookup) {
  return lookup(op.getSource()).tensor;
}

Expected evaluate(tensor::BitcastOp op, Lookup lookup) {
  auto result = std::make_shared<Tensor>(*lookup(op.getSource()).tensor);
  auto type = getElementType(getElementTypeOrSelf(op.getType()));
  if (!type || type->getByteSize() != result->type.getByteSize())
    return failAt(op, "element type is not supported");
  result->type = *type;
  return result;
}

Expected evaluate(tensor::CollapseShapeOp op, Lookup lookup) {
  const Tensor &source = *lookup(op.getSrc()).tensor;
  Sizes shape;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    int64_t size = 1;
    for (int64_t dim : group)
      size *= source.shape[dim];
    shape.push_back(size);
  }
  return reshaped(op, source, shape);
}

Expected evaluate(tensor::ExpandShapeOp op, Lookup lookup) {
  return reshaped(op, *lookup(op.getSrc()).tensor,
                  resolve(op.getMixedOutputShape(), lookup));
}

Expected evaluate(tensor::ReshapeOp op, Lookup lookup) {
  const Tensor &shape = *lookup(op.getShape()).tensor;
  Sizes sizes;
  for (int64_t i = 0; i < shape.getNumElements(); ++i)
    sizes.push_back(shape.load(i).i);
  return reshaped(op, *lookup(op.getSource()).tensor, sizes);
}

Expected evaluate(tensor::SplatOp op, Lookup lookup) {
  SmallVector<OpFoldResult> mixed = getMixedValues(
      op.getType().getShape(), op.getDynamicSizes(), op.getContext());
  auto result = allocateResult(op, resolve(mixed, lookup));
  if (!result)
    return result.takeError();
  for (int64_t i = 0; i < (*result)->getNumElements(); ++i)
    (*result)->store(i, lookup(op.getInput()).scalar);
  return *result;
}

Expected evaluate(tensor::FromElementsOp op, Lookup lookup) {
  auto result = allocateResult(op, op.getType().getShape());
  if (!result)
    return result.takeError();
  for (auto [i, element] : llvm::enumerate(op.getElements()))
    (*result)->store(i, lookup(element).scalar);
  return *result;
}

Expected evaluate(tensor::InsertOp op, Lookup lookup) {
  auto result = std::make_shared<Tensor>(*lookup(op.getDest()).tensor);
  int64_t position = 0;
  for (auto [dim, operand] : llvm::enumerate(op.getIndices())) {
    int64_t index = lookup(operand).scalar.i, size = result->shape[dim];
    if (index < 0 || index >= size)
      return failAt(op, "index " + Twine(index) + " of dimension " +
                            Twine(dim) + " is outside of size " + Twine(size));
    position = position * size + index;
  }
  result->store(position, lookup(op.getScalar()).scalar);
  return result;
}

/// A box within a tensor.
struct Slice {
  Sizes offsets, sizes, strides;
};

template <typename Op>
Slice getSlice(Op op, Lookup lookup) {
  return {resolve(op.getMixedOffsets(), lookup),
          resolve(op.getMixedSizes(), lookup),
          resolve(op.getMixedStrides(), lookup)};
}

llvm::Error checkSlice(Operation *op, const Slice &slice,
                       const Tensor &tensor) {
  for (size_t dim = 0; dim < slice.sizes.size(); ++dim) {
    int64_t size = slice.sizes[dim], first = slice.offsets[dim];
    if (size < 0)
      return failAt(op, "size of dimension " + Twine(dim) + " is negative");
    if (size == 0)
      continue;
    int64_t last = first + (size - 1) * slice.strides[dim];
    if (std::min(first, last) < 0 || std::max(first, last) >= tensor.shape[dim])
      return failAt(op, "slice from " + Twine(first) + " to " + Twine(last) +
                            " of dimension " + Twine(dim) +
                            " is outside of size " + Twine(tensor.shape[dim]));
  }
  return llvm::Error::success();
}

StridedLayout getLayout(const Slice &slice, const Tensor &tensor) {
  StridedLayout layout{0, tensor.getStrides()};
  for (size_t dim = 0; dim < slice.sizes.size(); ++dim) {
    layout.offset += slice.offsets[dim] * layout.strides[dim];
    layout.strides[dim] *= slice.strides[dim];
  }
  return layout;
}

/// Row-major over `sizes`.
StridedLayout getDenseLayout(ArrayRef<int64_t> sizes) {
  Tensor shape{{}, {}, {}};
  shape.shape.assign(sizes.begin(), sizes.end());
  return {0, shape.getStrides()};
}

Sizes withoutDims(ArrayRef<int64_t> sizes,
                  const llvm::SmallBitVector &dropped) {
  Sizes kept;
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (!dropped[dim])
      kept.push_back(size);
  return kept;
}

Expected evaluate(tensor::ExtractSliceOp op, Lookup lookup) {
  const Tensor &source = *lookup(op.getSource()).tensor;
  Slice slice = getSlice(op, lookup);
  if (auto error = checkSlice(op, slice, source))
    return error;
  auto result =
      allocateResult(op, withoutDims(slice.sizes, op.getDroppedDims()));
  if (!result)
    return result.takeError();
  copyStrided(source, getLayout(slice, source), **result,
              getDenseLayout(slice.sizes), slice.sizes);
  return *result;
}

Expected evaluate(tensor::InsertSliceOp op, Lookup lookup) {
  const Tensor &source = *lookup(op.getSource()).tensor;
  auto result = std::make_shared<Tensor>(*lookup(op.getDest()).tensor);
  Slice slice = getSlice(op, lookup);
  if (auto error = checkSlice(op, slice, *result))
    return error;
  if (withoutDims(slice.sizes, op.getDroppedDims()) != source.shape)
    return failAt(op, "sizes of the slice differ from the source's shape");
  copyStrided(source, getDenseLayout(slice.sizes), *result,
              getLayout(slice, *result), slice.sizes);
  return result;
}

Expected evaluate(tensor::ConcatOp op, Lookup lookup) {
  int64_t dim = static_cast<int64_t>(op.getDim()), total = 0;
  Sizes shape = lookup(op.getInputs().front()).tensor->shape;
  for (Value input : op.getInputs()) {
    Sizes other = lookup(input).tensor->shape;
    total += other[dim];
    other[dim] = shape[dim];
    if (other != shape)
      return failAt(op, "operands differ in a dimension that is not joined");
  }
  shape[dim] = total;
  auto result = allocateResult(op, shape);
  if (!result)
    return result.takeError();
  StridedLayout to{0, (*result)->getStrides()};
  for (Value input : op.getInputs()) {
    const Tensor &source = *lookup(input).tensor;
    copyStrided(source, {0, source.getStrides()}, **result, to, source.shape);
    to.offset += source.shape[dim] * to.strides[dim];
  }
  return *result;
}

/// Sets every element of `target` to what `region` yields for its indices.
llvm::Error fillFromRegion(Operation *op, Region &region, Tensor &target,
                           Lookup lookup) {
  auto program = Program::compileBlock(region.front());
  if (!program)
    return program.takeError();
  Frame frame = program->createFrame(lookup);
  unsigned output = program->getOutputs().front();
  Sizes index(target.shape.size(), 0);
  for (int64_t at = 0, end = target.getNumElements(); at < end; ++at) {
    for (auto [value, reg] : llvm::zip(index, program->getInputs()))
      frame.lanes(reg)[0].i = value;
    program->run(frame, 0, 1);
    if (auto error = Program::takeFailure(frame))
      return error;
    target.store(at, frame.lanes(output)[0]);
    for (size_t dim = index.size(); dim-- > 0;) {
      if (++index[dim] < target.shape[dim])
        break;
      index[dim] = 0;
    }
  }
  return llvm::Error::success();
}

Expected evaluate(tensor::GenerateOp op, Lookup lookup) {
  SmallVector<OpFoldResult> mixed =
      getMixedValues(cast<ShapedType>(op.getType()).getShape(),
                     op.getDynamicExtents(), op.getContext());
  auto result = allocateResult(op, resolve(mixed, lookup));
  if (!result)
    return result.takeError();
  if (auto error = fillFromRegion(op, op.getBody(), **result, lookup))
    return error;
  return *result;
}

Expected evaluate(tensor::PadOp op, Lookup lookup) {
  const Tensor &source = *lookup(op.getSource()).tensor;
  Sizes low = resolve(op.getMixedLowPad(), lookup);
  Sizes high = resolve(op.getMixedHighPad(), lookup);
  Sizes shape;
  for (size_t dim = 0; dim < low.size(); ++dim) {
    if (low[dim] < 0 || high[dim] < 0)
      return failAt(op, "negative padding is not supported");
    shape.push_back(low[dim] + source.shape[dim] + high[dim]);
  }
  auto result = allocateResult(op, shape);
  if (!result)
    return result.takeError();
  if (auto error = fillFromRegion(op, op.getRegion(), **result, lookup))
    return error;
  Slice inner{low, source.shape, Sizes(low.size(), 1)};
  copyStrided(source, {0, source.getStrides()}, **result,
              getLayout(inner, **result), source.shape);
  return *result;
}

/// The box of one gathered slice; the coordinates start at `at` in `indices`.
llvm::Expected<Slice> getGatheredSlice(tensor::GatherOp op,
                                       const Tensor &source,
                                       const Tensor &indices, int64_t at) {
  Slice slice{Sizes(source.shape.size(), 0), source.shape,
              Sizes(source.shape.size(), 1)};
  for (auto [i, dim] : llvm::enumerate(op.getGatherDims())) {
    int64_t index = indices.load(at + int64_t(i)).i;
    if (index < 0 || index >= source.shape[dim])
      return failAt(op, "index " + Twine(index) + " of dimension " +
                            Twine(dim) + " is outside of size " +
                            Twine(source.shape[dim]));
    slice.offsets[dim] = index;
    slice.sizes[dim] = 1;
  }
  return slice;
}

Expected evaluate(tensor::GatherOp op, Lookup lookup) {
  const Tensor &source = *lookup(op.getSource()).tensor;
  const Tensor &indices = *lookup(op.getIndices()).tensor;
  Sizes shape(indices.shape.begin(), indices.shape.end() - 1);
  int64_t sliceSize = 1, sliceRank = op.getType().getRank() - shape.size();
  bool keepsRank = sliceRank == int64_t(source.shape.size());
  for (auto [dim, size] : llvm::enumerate(source.shape)) {
    bool isGathered = llvm::is_contained(op.getGatherDims(), int64_t(dim));
    sliceSize *= isGathered ? 1 : size;
    if (!isGathered || keepsRank)
      shape.push_back(isGathered ? 1 : size);
  }
  auto result = allocateResult(op, shape);
  if (!result)
    return result.takeError();
  int64_t coordinates = indices.shape.back(), target = 0;
  for (int64_t at = 0; at < indices.getNumElements(); at += coordinates) {
    auto slice = getGatheredSlice(op, source, indices, at);
    if (!slice)
      return slice.takeError();
    StridedLayout to = getDenseLayout(slice->sizes);
    to.offset = target;
    copyStrided(source, getLayout(*slice, source), **result, to, slice->sizes);
    target += sliceSize;
  }
  return *result;
}

} // namespace

bool isTensorOp(Operation *op) {
  return isa<tensor::BitcastOp, tensor::CastOp, tensor::CollapseShapeOp,
             tensor::ConcatOp, tensor::EmptyOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp, tensor::FromElementsOp, tensor::GatherOp,
             tensor::GenerateOp, tensor::InsertOp, tensor::InsertSliceOp,
             tensor::PadOp, tensor::ReshapeOp, tensor::SplatOp>(op);
}

Results evaluateTensor(Operation *op, Lookup lookup) {
  auto result =
      llvm::TypeSwitch<Operation *, Expected>(op)
          .Case<tensor::BitcastOp, tensor::CastOp, tensor::CollapseShapeOp,
                tensor::ConcatOp, tensor::EmptyOp, tensor::ExpandShapeOp,
                tensor::ExtractSliceOp, tensor::FromElementsOp,
                tensor::GatherOp, tensor::GenerateOp, tensor::InsertOp,
                tensor::InsertSliceOp, tensor::PadOp, tensor::ReshapeOp,
                tensor::SplatOp>([&](auto op) { return evaluate(op, lookup); })
          .Default([](Operation *op) -> Expected {
            return failAt(op, "operation is not supported by the interpreter");
          });
  if (!result)
    return result.takeError();
  return SmallVector<RuntimeValue>{{*result, Scalar{0}}};
}

} // namespace qdot::interpreter
