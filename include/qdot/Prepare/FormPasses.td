//===- FormPasses.td - One form for what means the same -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_FORMPASSES_TD
#define QDOT_PREPARE_FORMPASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstants : Pass<"qdot-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constant tensors only";
  let description = [{
    In: linalg and tensor ops on tensors. Out: transposes, reshapes, slices,
    concatenations and elementwise ops that read nothing but constant tensors
    and indices are constants
    themselves (`dense`, whatever the operands were). Data movement copies bits,
    of any element type; arithmetic is done as on the target, f32 rounded at
    each step. Data movement behind the `qdot.dequantize` of a constant, reversals
    and padding with zeros included, happens in front of it, scales per axis going
    along. Arithmetic reads a dequantized constant as real numbers; but a sum, a
    difference, a product, a maximum or a minimum reads one of 8 bits that varies
    along several dimensions as it is, and a bias of 32 bits stays next to its
    contraction.

    Left alone: an op that would make more than 1 MiB more constant data than it
    reads, or 4 KiB when it is a broadcast that is not only read together with
    constants; fills and everything that only initializes the destination of another
    linalg op (the broadcast bias of a contraction); dynamic shapes. A
    `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main() -> tensor<2x3xf32> {
      %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
      %e = tensor.empty() : tensor<2x3xf32>
      %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
      return %t : tensor<2x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main() -> tensor<2x3xf32> {
      %t = arith.constant dense<[[1.000000e+00, 3.000000e+00, 5.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00]]> : tensor<2x3xf32>
      return %t : tensor<2x3xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect",
                           "::qdot::QdotDialect"];
}

def SplitBodies : Pass<"qdot-split-bodies", "::mlir::ModuleOp"> {
  let summary = "Undo the fusion of elementwise ops";
  let description = [{
    In: elementwise `linalg.generic` on f32 tensors, as `linalg-fuse-elementwise-ops`
    leaves them. Out: a body that is neither a function of one operand, nor one
    op of two, nor affine with constants, is several ops that are, where there
    are such: a function of one number that one of those computes, or any
    arithmetic of one operand with constants, or sums, products, quotients and
    extremes of such. A quotient by an activation is the product with its
    reciprocal, which is an op as small as the activation. What a sum or a contraction
    computes from an operand before it adds up is an op in front of it, but for
    the square in front of a sum. Left alone: other bodies of several
    activations, and all of them between scales that the model holds; softmax,
    norms, bodies with other than scalar arithmetic, those that read the
    destination, conditions that depend on several operands.

    Example: a bias and a ReLU.

    ```mlir
    %y = linalg.generic {...} ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
    ^bb0(%a: f32, %c: f32, %o: f32):
      %s = arith.addf %a, %c : f32
      %r = arith.maximumf %s, %zero : f32
      linalg.yield %r : f32
    } -> tensor<2x3xf32>
    ```

    becomes one op that adds and one that takes the maximum.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DropBroadcasts : Pass<"qdot-drop-broadcasts", "::mlir::ModuleOp"> {
  let summary = "Let contractions read weights, not copies of them";
  let description = [{
    In: sums of products whose operand is a broadcast of what is computed from
    constants, as `batch_matmul` with the weights of a layer needs it, whatever
    the batch. Reshapes of it that merge or make nothing but copies may follow.
    Out: `linalg.generic` on the constant itself. Left alone: broadcasts of
    activations, and those that only make dimensions of size 1.

    Example: one matrix for every matrix of a batch.

    ```mlir
    func.func @main(%x: tensor<?x5x2xf32>, %e: tensor<?x2x3xf32>, %f: tensor<?x5x3xf32>) -> tensor<?x5x3xf32> {
      %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %b = linalg.broadcast ins(%w : tensor<2x3xf32>) outs(%e : tensor<?x2x3xf32>) dimensions = [0]
      %y = linalg.batch_matmul ins(%x, %b : tensor<?x5x2xf32>, tensor<?x2x3xf32>) outs(%f : tensor<?x5x3xf32>) -> tensor<?x5x3xf32>
      return %y : tensor<?x5x3xf32>
    }
    ```

    becomes

    ```mlir
    %y = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = [...]}
        ins(%x, %w : tensor<?x5x2xf32>, tensor<2x3xf32>) outs(%f : tensor<?x5x3xf32>) {...}
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def SimplifyBodies : Pass<"qdot-simplify-bodies", "::mlir::ModuleOp"> {
  let summary = "Let generics compute one result, from operands";
  let description = [{
    In: `linalg.generic` on tensors. Out:
    * results that nobody reads are gone, and an op whose results do not depend on
      each other is one op per result (the maximum and the index of it, of which
      a softmax reads one; the sum and the number of terms of an adaptive average
      pooling);
    * an elementwise op that reads its destination has it as an input;
    * dimensions of size 1 that are read at index 0 are read at the loop of the
      result that runs once there, if there is one;
    * what bodies compute from loop indices alone, and is the same at all of them,
      is a constant; a reduction ends where it would only add zeros;
    * `tensor.extract` at indices that are sums of multiples of loops is an
      operand with an indexing map.

    Example: the two halves of a row, added up as adaptive pooling is written.

    ```mlir
    func.func @main(%x: tensor<6xf32>, %s: tensor<2xf32>) -> tensor<2xf32> {
      %c3 = arith.constant 3 : index
      %w = tensor.empty() : tensor<3xi1>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"]} ins(%w : tensor<3xi1>) outs(%s : tensor<2xf32>) {
      ^bb0(%a: i1, %o: f32):
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %0 = arith.muli %i, %c3 : index
        %1 = arith.addi %0, %j : index
        %2 = tensor.extract %x[%1] : tensor<6xf32>
        %3 = arith.addf %2, %o : f32
        linalg.yield %3 : f32
      } -> tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```

    becomes an op that also has `%x` as an input, through the map
    `(i, j) -> (i * 3 + j)`, and adds what it reads there.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SplitSlopes : Pass<"qdot-split-slopes", "::mlir::ModuleOp"> {
  let summary = "Write PReLU as clamps, factors and a sum";
  let description = [{
    In: elementwise ops on f32 with one operand x that is no constant, of which
    the body is homogeneous in x: its value at t x is t times that at x, for all
    t > 0. That holds for any spelling of PReLU with a slope per channel. Out:
    `a max(x, 0) + b min(x, 0)` with constants per channel, as ops that have an
    integer form; a factor of 1 needs none. A selection by a condition that another
    op computes (TOSA has comparisons and selections) is first made one op with
    it, and with what else is computed for it alone from values that it reads.
    Where x is dequantized from bytes, maximum, minimum and products are rounded to
    bytes as well: those of x, and for a product those of its range.

    Left alone: slopes that are the same everywhere (a table does), one slope for
    both signs (a scaling). A `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
      %s = arith.constant dense<[0.25, -0.5]> : tensor<2xf32>
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<1x2x4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(n, c, i) -> (n, c, i)>, affine_map<(n, c, i) -> (c)>, affine_map<(n, c, i) -> (n, c, i)>],
          iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %s : tensor<1x2x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %0 = arith.mulf %a, %b : f32
        %1 = arith.cmpf ogt, %a, %zero : f32
        %2 = arith.select %1, %a, %0 : f32
        linalg.yield %2 : f32
      } -> tensor<1x2x4xf32>
      return %y : tensor<1x2x4xf32>
    }
    ```

    becomes four ops: the maximum of `%x` and 0, the minimum of both, the minimum
    times `%s`, and the sum of maximum and product.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::quant::QuantDialect", "::qdot::QdotDialect"];
}

def FoldAffine : Pass<"qdot-fold-affine", "::mlir::ModuleOp"> {
  let summary = "Fold bias, scaling and normalization into weights and bias";
  let description = [{
    In: f32 contractions and convolutions (any linalg op whose body adds a
    product, by its index maps) with a constant weight, followed by elementwise
    ops that are affine with constants per output channel: bias addition,
    multiplication, division, batch normalization, in any number, also behind
    reshapes. Out: one op. Weights and bias are computed in f64 and rounded to
    f32 once; a scale of 1 leaves the bits of the weight as they are.

    The bias has one form afterwards, wherever it was before: `outs` is
    `linalg.fill` of 0.0 when there is none, else `linalg.broadcast` of a
    constant with one dimension per output channel dimension (that constant
    itself where there is nothing to broadcast). Output channels are the
    dimensions of the result whose loops index the weight.

    Left alone, with a remark: an operand with other users (several-users), constants
    along other dimensions (not-per-channel), an initial value that is no
    constant (init-not-constant), a scale when the weight is computed from
    constants but is none itself, as a dequantized weight is
    (weight-not-constant; a bias alone is folded), results that are not finite
    (not-finite), affine ops per channel behind anything else (no-weight). A
    `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
      %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %b = arith.constant dense<[0.5, -1.0, 2.0]> : tensor<3xf32>
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<1x3xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
      %m = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%m, %b : tensor<1x3xf32>, tensor<3xf32>) outs(%e : tensor<1x3xf32>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %s = arith.addf %a, %c : f32
        linalg.yield %s : f32
      } -> tensor<1x3xf32>
      return %y : tensor<1x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
      %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %b = arith.constant dense<[5.000000e-01, -1.000000e+00, 2.000000e+00]> : tensor<3xf32>
      %e = tensor.empty() : tensor<1x3xf32>
      %f = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<1x3xf32>) dimensions = [0]
      %m = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
      return %m : tensor<1x3xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def NormalizeElementwise : Pass<"qdot-normalize-elementwise", "::mlir::ModuleOp"> {
  let summary = "One spelling for elementwise ops, clamps and averages";
  let description = [{
    In: linalg on tensors from any source. Out:
    * named elementwise and reduction ops (`linalg.add`, `linalg.map`,
      `linalg.reduce`, ...) are `linalg.generic`; fills, copies, broadcasts,
      transposes, contractions, convolutions and pooling keep their names;
    * an operand of an elementwise op that is the same constant everywhere, of any
      type, is a scalar captured by the body;
    * a body that only yields a number is `linalg.fill`;
    * a clamp in any spelling is `arith.minimumf` (if there is an upper bound)
      and then `arith.maximumf` (if there is a lower one) with captured bounds
      (which decides what a NaN becomes: NaN);
    * a division by the same number everywhere, with that number computed from
      constants or loop indices (average pooling from TOSA), is `arith.divf` by
      a captured constant; so is, behind a sum, a multiplication by 1/n rounded
      to f32 where the sum has n terms (which moves results by at most one unit
      in the last place);
    * `strides` and `dilations` are attributes of tensor type.

    Everything else is left as it is.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %zero = arith.constant 0.0 : f32
        %c = arith.cmpf ugt, %a, %zero : f32
        %r = arith.select %c, %a, %zero : f32
        linalg.yield %r : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %zero = arith.constant 0.000000e+00 : f32
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.maximumf %a, %zero : f32
        linalg.yield %r : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def ResolveSizes : Pass<"qdot-resolve-sizes", "::mlir::ModuleOp"> {
  let summary = "Take dynamic sizes from where they come from";
  let description = [{
    In: linalg on tensors of dynamic shape (a dynamic batch). Out:
    * a `tensor.dim`, and index arithmetic on sizes, that equals the size of an
      earlier value (mostly an argument) or a constant is replaced by that. Sizes
      are followed through destinations, `tensor.empty`, padding by nothing,
      reshapes, slices, products, exact divisions and maxima of equal sizes.
      Intermediate results then have no users that only ask for their size;
    * broadcasting at run time, as the conversion from TOSA writes it
      (`scf.if` on size == 1), of a dimension whose size is that of the result
      anyway, is gone.

    Everything whose size is not known to agree is left as it is.

    Example:

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %d0 = tensor.dim %x, %zero : tensor<?x4xf32>
      %e0 = tensor.empty(%d0) : tensor<?x4xf32>
      %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
      %d1 = tensor.dim %y, %zero : tensor<?x4xf32>
      %m = arith.maxui %d0, %d1 : index
      %c = arith.cmpi eq, %d1, %one : index
      %b = scf.if %c -> (tensor<?x4xf32>) {
        %e1 = tensor.empty(%m) : tensor<?x4xf32>
        %copy = linalg.generic {
            indexing_maps = [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>],
            iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x4xf32>) outs(%e1 : tensor<?x4xf32>) {
        ^bb0(%a: f32, %o: f32):
          linalg.yield %a : f32
        } -> tensor<?x4xf32>
        scf.yield %copy : tensor<?x4xf32>
      } else {
        scf.yield %y : tensor<?x4xf32>
      }
      %e2 = tensor.empty(%m) : tensor<?x4xf32>
      %z = linalg.add ins(%x, %b : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e2 : tensor<?x4xf32>) -> tensor<?x4xf32>
      return %z : tensor<?x4xf32>
    }
    ```

    becomes, with CSE

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %zero = arith.constant 0 : index
      %d0 = tensor.dim %x, %zero : tensor<?x4xf32>
      %e0 = tensor.empty(%d0) : tensor<?x4xf32>
      %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
      %z = linalg.add ins(%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
      return %z : tensor<?x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseUnary : Pass<"qdot-fuse-unary", "::mlir::ModuleOp"> {
  let summary = "Make one op of elementwise ops that are a function of one value";
  let description = [{
    In: linalg on tensors, numbers captured by bodies. Out: elementwise ops which
    together compute a function of one f32 tensor, the same at every position
    (`x * sigmoid(x)`, `x * clamp(x + 3, 0, 6) / 6`, an ELU as exponential,
    comparison and selection), are one `linalg.generic` whose body does what
    theirs did. So a table holds the function, and no value inside of it is
    quantized. A clamp, a factor or an offset, the same everywhere, of a sum that
    is reshaped comes before the reshape, once more (`qdot-simplify-shapes`): by
    now what stood in between is folded.

    Left alone: an op whose result is read elsewhere, has `qdot.keep_float`, or
    is read through another map than the identity; a clamp, a factor or an
    offset behind a sum (of products or not), which belongs to the layer of the
    sum.

    Example:

    ```mlir
    #id = affine_map<(i) -> (i)>
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %0 = math.tanh %a : f32
        linalg.yield %0 : f32
      } -> tensor<4xf32>
      %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %t : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %0 = arith.mulf %a, %b : f32
        linalg.yield %0 : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    #id = affine_map<(i) -> (i)>
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %0 = math.tanh %a : f32
        %1 = arith.mulf %a, %0 : f32
        linalg.yield %1 : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def SimplifyShapes : Pass<"qdot-simplify-shapes", "::mlir::ModuleOp"> {
  let summary = "Remove dimensions, reshapes and slices that mean nothing";
  let description = [{
    In: linalg on tensors. Out, with shapes of function arguments and results
    unchanged:
    * a contraction (linalg contraction interface) whose batch dimensions are
      all of size 1 has none: `linalg.batch_matmul` becomes `linalg.matmul`, any
      other form `linalg.generic` with that loop removed;
    * a depthwise convolution with channel multiplier 1 has no multiplier
      dimension;
    * dimensions of size 1 of a constant operand, and of an operand that
      `tensor.expand_shape` only made for broadcasting, are gone from the
      operands of elementwise ops (`1xN` becomes `N`);
    * the operand of `linalg.broadcast` is expanded instead of its result (the
      bias of a grouped convolution);
    * a constant is reshaped before it is dequantized; a clamp, a factor or an
      offset, the same everywhere, of a sum (of products or not) comes before the
      reshape of that sum (a mean that keeps its dimensions);
    * reshapes next to each other are one or none, with one choice of groups per
      pair of types; slices of everything and padding by nothing are gone;
    * so is a slice in front of a strided convolution or pooling that only cuts
      off elements which the op does not read.

    A batch of any other size, static or dynamic, is left as it is, as are unit
    dimensions of convolutions, pooling and results of elementwise ops.

    Example:

    ```mlir
    func.func @main(%x: tensor<2x3xf32>, %w: tensor<1x3x4xf32>) -> tensor<2x4xf32> {
      %zero = arith.constant 0.0 : f32
      %x1 = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 2, 3] : tensor<2x3xf32> into tensor<1x2x3xf32>
      %e = tensor.empty() : tensor<1x2x4xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
      %m = linalg.batch_matmul ins(%x1, %w : tensor<1x2x3xf32>, tensor<1x3x4xf32>) outs(%f : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
      %y = tensor.collapse_shape %m [[0, 1], [2]] : tensor<1x2x4xf32> into tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<2x3xf32>, %w: tensor<1x3x4xf32>) -> tensor<2x4xf32> {
      %zero = arith.constant 0.0 : f32
      %w1 = tensor.collapse_shape %w [[0, 1], [2]] : tensor<1x3x4xf32> into tensor<3x4xf32>
      %e = tensor.empty() : tensor<2x4xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
      %m = linalg.matmul ins(%x, %w1 : tensor<2x3xf32>, tensor<3x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
      return %m : tensor<2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def EqualizeChannels : Pass<"qdot-equalize-channels", "::mlir::ModuleOp"> {
  let summary = "Give the channels between two contractions similar ranges";
  let description = [{
    In: the normal form of `qdot-prepare`. Out: the same function, bit for bit
    (but for overflow and denormal numbers), with other weights. Where a
    contraction with constant weights is alone read by another one, directly or
    padded with zeros, and at most a ReLU is between them, channel c of the first
    is divided by s, and the weights of the second that meet it are multiplied by
    s. The largest weights of both then are their geometric mean, up to a factor
    of two: s is a power of two, which rounds nothing (Nagel et al.,
    arXiv:1906.04721, section 4.1). Chains are repeated until nothing changes.

    Statistics must be recorded after this pass: it changes the sites' digests.
    Contractions with other neighbours are left alone; a remark counts the
    channels of each pair that were changed.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
      %w = arith.constant dense<[[8.0, 1.0]]> : tensor<1x2xf32>
      %v = arith.constant dense<[[0.5], [1.0]]> : tensor<2x1xf32>
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<1x2xf32>
      %i = linalg.fill ins(%z : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
      %a = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
      %f = tensor.empty() : tensor<1x1xf32>
      %j = linalg.fill ins(%z : f32) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
      %y = linalg.matmul ins(%a, %v : tensor<1x2xf32>, tensor<2x1xf32>) outs(%j : tensor<1x1xf32>) -> tensor<1x1xf32>
      return %y : tensor<1x1xf32>
    }
    ```

    gets the weights

    ```mlir
    %w = arith.constant dense<[[2.0, 1.0]]> : tensor<1x2xf32>
    %v = arith.constant dense<[[2.0], [1.0]]> : tensor<2x1xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // QDOT_PREPARE_FORMPASSES_TD
