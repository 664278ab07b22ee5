//===- Capture.cpp - Intermediate values of a running model ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Capture.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Runtime/Runtime.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

CapturedTensors &qdot::driver::getCapture() {
  static thread_local CapturedTensors tensors;
  return tensors;
}

/// Copies a strided memref; its descriptor is documented in Runtime.h.
template <typename T>
static void capture(const char *site, qdot_unranked_memref *memref) {
  struct Header {
    T *allocated;
    T *aligned;
    int64_t offset;
  };
  auto *header = static_cast<Header *>(memref->descriptor);
  auto *sizes = reinterpret_cast<int64_t *>(header + 1);
  int64_t *strides = sizes + memref->rank;
  CapturedTensor &tensor = getCapture()[site];
  tensor.shape.assign(sizes, sizes + memref->rank);
  int64_t count = 1;
  for (int64_t size : tensor.shape)
    count *= size;
  tensor.values.resize(count);
  SmallVector<int64_t> index(memref->rank, 0);
  int64_t at = header->offset;
  for (float &value : tensor.values) {
    value = static_cast<float>(header->aligned[at]);
    // Counts `index` up like an odometer, `at` with it.
    for (int64_t dim = memref->rank - 1; dim >= 0; --dim) {
      at += strides[dim];
      if (++index[dim] < sizes[dim])
        break;
      at -= strides[dim] * sizes[dim];
      index[dim] = 0;
    }
  }
}

ArrayRef<HostSymbol> qdot::driver::getCaptureSymbols() {
  static const HostSymbol symbols[] = {
      {"_mlir_ciface_qdot_rt_observe_f32",
       reinterpret_cast<void *>(capture<float>)},
      {"_mlir_ciface_qdot_rt_observe_i8",
       reinterpret_cast<void *>(capture<int8_t>)},
      {"_mlir_ciface_qdot_rt_observe_i32",
       reinterpret_cast<void *>(capture<int32_t>)}};
  return symbols;
}

namespace {
/// Inserts the observations of one module.
class IntegerObserver {
public:
  explicit IntegerObserver(mlir::ModuleOp module) : module(module) {}

  void run() {
    for (auto function : module.getOps<mlir::func::FuncOp>())
      if (!function.isExternal())
        observeArguments(function);
    SmallVector<mlir::Operation *> ops;
    module.walk([&](mlir::Operation *op) { ops.push_back(op); });
    for (mlir::Operation *op : ops)
      observeResult(op);
  }

  llvm::MapVector<StringRef, mlir::quant::UniformQuantizedType> sites;

private:
  void observeArguments(mlir::func::FuncOp function) {
    mlir::OpBuilder builder(function.getBody());
    for (mlir::BlockArgument argument : function.getArguments())
      if (auto attr = function.getArgAttrOfType<QuantizedAttr>(
              argument.getArgNumber(), quantizedAttrName))
        insert(builder, argument, attr.getType(), attr.getSite());
  }

  void observeResult(mlir::Operation *op) {
    mlir::OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    if (auto attr = op->getAttrOfType<QuantizedAttr>(quantizedAttrName))
      insert(builder, op->getResult(0), attr.getType(), attr.getSite());
    auto quantize = mlir::dyn_cast<QuantizeOp>(op);
    if (!quantize || !quantize.getSiteAttr())
      return;
    auto type = mlir::cast<mlir::RankedTensorType>(quantize.getType());
    mlir::Value storage = mlir::quant::StorageCastOp::create(
        builder, op->getLoc(), getStorageTensor(type), quantize);
    insert(builder, storage, type.getElementType(), quantize.getSiteAttr());
  }

  void insert(mlir::OpBuilder &builder, mlir::Value value, mlir::Type type,
              SiteAttr site) {
    auto uniform = mlir::dyn_cast<mlir::quant::UniformQuantizedType>(type);
    if (!uniform || !site || !sites.insert({site.getKey(), uniform}).second)
      return;
    ObserveOp::create(builder, value.getLoc(), value, site);
  }

  mlir::ModuleOp module;
};
} // namespace

llvm::MapVector<StringRef, mlir::quant::UniformQuantizedType>
qdot::driver::observeIntegers(mlir::ModuleOp module) {
  IntegerObserver observer(module);
  observer.run();
  return std::move(observer.sites);
}
