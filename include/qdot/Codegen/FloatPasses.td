//===- FloatPasses.td - Contractions in f32 -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_FLOATPASSES_TD
#define QDOT_CODEGEN_FLOATPASSES_TD

include "mlir/Pass/PassBase.td"

def OrderFloatChannels : Pass<"qdot-order-float-channels", "::mlir::ModuleOp"> {
  let summary = "Move channels to the last dimension of f32 contractions";
  let description = [{
    In: linalg on tensors. Contractions in f32 with constant weights get the
    orders that `qdot-order-channels` gives integer ones, and so do pads,
    pooling, elementwise ops, slices and concatenations around them. Out:
    generics, where something is moved in a function, and `linalg.transpose`
    where an order ends. Every element is the sum of the same terms in the same
    order as before: the loops are, only indices are not. `qdot.observe` reads
    a value in its new order where that leaves the samples in the first
    dimension; statistics do not depend on it.

    Example:

    ```mlir
    %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x8x5x5xf32>, tensor<16x8x3x3xf32>) outs(%f : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
    ```

    becomes

    ```mlir
    %0 = linalg.transpose ins(%x : tensor<1x8x5x5xf32>) outs(%e : tensor<1x5x5x8xf32>) permutation = [0, 2, 3, 1]
    %1 = linalg.generic {indexing_maps = [affine_map<(n, f, y, x, c, i, j) -> (n, y + i, x + j, c)>, ..., affine_map<(n, f, y, x, c, i, j) -> (n, y, x, f)>], ...}
        ins(%0, %w : tensor<1x5x5x8xf32>, tensor<16x8x3x3xf32>) outs(%g : tensor<1x3x3x16xf32>) {...} -> tensor<1x3x3x16xf32>
    %y = linalg.transpose ins(%1 : tensor<1x3x3x16xf32>) outs(%h : tensor<1x16x3x3xf32>) permutation = [0, 3, 1, 2]
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseProducts : Pass<"qdot-fuse-products", "::mlir::ModuleOp"> {
  let summary = "Make f32 contractions of fused multiply-adds";
  let description = [{
    In: linalg. Out: an f32 operation of two inputs that adds their product to its
    result does so by one `math.fma`, with one rounding instead of two. Named
    operations become `linalg.generic`. Targets with kernels have the
    instruction. The passes behind this one keep the order of every sum, so that
    f32 contractions give the same bytes on all of these targets, tiled or not,
    for any batch.

    Example:

    ```mlir
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %0 = arith.mulf %a, %b : f32
      %1 = arith.addf %sum, %0 : f32
      linalg.yield %1 : f32
    ```

    becomes

    ```mlir
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %0 = math.fma %a, %b, %sum : f32
      linalg.yield %0 : f32
    ```
  }];
  let dependentDialects = ["::mlir::math::MathDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def ChooseFloatTiles : Pass<"qdot-choose-float-tiles", "::mlir::ModuleOp"> {
  let summary = "Choose register tiles of f32 contractions";
  let description = [{
    In: linalg operations on memrefs whose body is one `math.fma` of f32, from
    `qdot-fuse-products`. Out: the same, with `qdot.tile`: of the tiles whose sums
    fit the registers of the target, the one with fewest estimated cycles. The
    loops come from the indexing maps and strides alone (`FloatPlan.h`): the
    *column* is the contiguous dimension of the result, the *row* a parallel loop
    along which one input does not vary. An attribute that is there already is
    kept.

    An operation that cannot be tiled stays as it is, with a remark (`no-tile`)
    that says why: the contiguous dimension of the result is dynamic or missing,
    or an input without constant data is not contiguous along it.

    Example (target `x86-avx2`):

    ```mlir
    linalg.generic {...} ins(%a, %b : memref<512x512xf32>, memref<512x512xf32>) outs(%c : memref<512x512xf32>) {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %0 = math.fma %x, %y, %sum : f32
      linalg.yield %0 : f32
    }
    ```

    gets `qdot.tile = #qdot.tile<rows 4 vectors 3 lanes 8>`.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel generator">
  ];
  let dependentDialects = ["::qdot::QdotDialect"];
}

def ExpandFloatTiles : Pass<"qdot-expand-float-tiles", "::mlir::ModuleOp"> {
  let summary = "Make loops over register tiles of f32 contractions";
  let description = [{
    In: operations with `qdot.tile`. Out: none of them; loops over tiles whose
    sums stay in registers over the whole reduction, one `math.fma` per vector and
    term. Each element of the result is summed in the order of the reduction
    loops from its initial value, in full tiles and in rests: its bytes do not
    depend on the tile, on its place in it, or on the batch. A constant input
    that the rows of a tile share is packed into blocks of columns; everything
    else is read in place, and nothing outside of the operands is read or
    written. A `linalg.fill` of the result right before is joined.

    Refused: a `qdot.tile` on an operation that cannot be tiled.

    Example:

    ```mlir
    linalg.generic {...}
        ins(%a, %b : memref<1x640xf32>, memref<640x8xf32>) outs(%c : memref<1x8xf32>)
        attrs = {qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>} {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %0 = math.fma %x, %y, %sum : f32
      linalg.yield %0 : f32
    }
    ```

    becomes

    ```mlir
    %0 = vector.load %c[%at] : memref<?xf32>, vector<8xf32>
    %1 = scf.for %k = %c0 to %c616 step %c56 iter_args(%sum = %0) -> (vector<8xf32>) {
      %x = memref.load %a[%k] : memref<?xf32>
      %xs = vector.broadcast %x : f32 to vector<8xf32>
      %y = vector.load %b[%kn] : memref<?xf32>, vector<8xf32>
      %2 = math.fma %xs, %y, %sum : vector<8xf32>
      ...
    }
    vector.store %1, %c[%at] : memref<?xf32>, vector<8xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

#endif // QDOT_CODEGEN_FLOATPASSES_TD
