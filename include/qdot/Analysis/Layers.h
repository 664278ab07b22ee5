//===- Layers.h - What a quantizer sees in a linalg function -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Classifies operations on float tensors by structure (linalg interfaces, index
// maps, scalar bodies), never by name. Observe, annotate and integerize share
// this one answer to "what is a layer, and which values does it read and make".
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_LAYERS_H
#define QDOT_ANALYSIS_LAYERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <limits>
#include <optional>
#include <string>

namespace qdot {

/// What an operation computes, as far as quantization is concerned.
enum class LayerKind {
  /// Sum of products of two operands: matmul, convolution, any contraction.
  Contraction,
  /// Sum over a window or a reduction dimension; average pooling with its
  /// division fused.
  Sum,
  /// Elementwise sum and difference of two activations.
  Add,
  Sub,
  /// Elementwise product of two activations.
  Mul,
  /// `a * x + b` with constants that vary over the tensor.
  Affine,
  /// A function of one activation, the same at every position.
  Unary,
  /// Values only move or are selected (reshape, transpose, slice, pad, concat,
  /// gather, maximum, one of two by a mask): operands and result share scale and zero point.
  SameScale,
};

/// Name of a kind, as in sites: "matmul", "conv", "add", ...
llvm::StringRef getLayerName(LayerKind kind);

/// One layer: an operation with the activation functions fused behind it.
struct Layer {
  LayerKind kind;
  /// The operation that computes.
  mlir::Operation *op = nullptr;
  /// Operands of `op` that are activations (not constants), in order. Includes
  /// a tensor captured by the body of a gather.
  llvm::SmallVector<mlir::Value> activations;
  /// Contraction with a constant operand: that operand, else null.
  mlir::OpOperand *weight = nullptr;
  /// Operations fused behind `op`, in order: clamps, and for Sum a scaling.
  llvm::SmallVector<mlir::Operation *> fused;
  /// Bounds of the fused clamps; infinite when there is none.
  float clampMin = -std::numeric_limits<float>::infinity();
  float clampMax = std::numeric_limits<float>::infinity();
  /// Sum: the positive factors behind the sum (1 / count for an average), one,
  /// or row-major over `factorShape` where they vary along dims of the result
  /// (an average that counts no padding).
  llvm::SmallVector<double, 1> factors = {1.0};
  llvm::SmallVector<int64_t, 0> factorDims, factorShape;
  /// SameScale pad: the constant that is padded, when it is a value of the
  /// tensor, and not something low in front of a maximum.
  std::optional<float> padValue;
  /// The value that the layer makes, behind everything fused.
  mlir::Value result;
  /// The name in sites, finer than the kind ("conv", "max_pool", "concat").
  std::string name;
};

/// Why an operation is no layer: a word for machines, a sentence for people.
struct FloatReason {
  std::string reason;
  std::string message;
};

/// The layers of one function.
class LayerAnalysis {
public:
  explicit LayerAnalysis(mlir::func::FuncOp function);

  /// The layers in textual order.
  llvm::ArrayRef<Layer> getLayers() const { return layers; }

  /// The layer that makes `value`, or null.
  const Layer *getProducer(mlir::Value value) const;

  /// The layer of which `op` is the computing operation, or null.
  const Layer *getLayer(mlir::Operation *op) const;

  /// True when `op` belongs to a layer, as computing or fused operation.
  bool isInLayer(mlir::Operation *op) const { return members.count(op); }

  /// Why an operation on float tensors belongs to no layer.
  const FloatReason *getReason(mlir::Operation *op) const;

private:
  void addLayer(Layer layer);
  void refuse(mlir::Operation *op, llvm::StringRef reason,
              const llvm::Twine &message);

  llvm::SmallVector<Layer, 0> layers;
  llvm::DenseMap<mlir::Value, unsigned> producers;
  llvm::DenseMap<mlir::Operation *, unsigned> byOperation;
  llvm::DenseMap<mlir::Operation *, unsigned> members;
  llvm::DenseMap<mlir::Operation *, FloatReason> reasons;
};

/// True for a constant, and for a constant seen through quantize/dequantize
/// and data movement whose operands are all constant.
bool isConstantTensor(mlir::Value value);

/// True for a ranked tensor of f32 elements.
bool isF32Tensor(mlir::Value value);

/// True for an operation that yields or takes a tensor with float elements.
bool isFloatTensorOp(mlir::Operation *op);

/// True when `op` is a contraction in structure: one output, two inputs,
/// `out + in0 * in1` (with casts), and at least one of them an input tensor.
bool isContractionBody(mlir::linalg::LinalgOp op);

} // namespace qdot

#endif // QDOT_ANALYSIS_LAYERS_H
