//===- VectorPasses.td - Vectors of other integer ops -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_VECTORPASSES_TD
#define QDOT_CODEGEN_VECTORPASSES_TD

include "mlir/Pass/PassBase.td"

def VectorizeReductions : Pass<"qdot-vectorize-reductions", "::mlir::ModuleOp"> {
  let summary = "Reduce contiguous rows in vectors";
  let description = [{
    In: linalg on memrefs. A `linalg.generic` that reduces rows of contiguous
    elements to one 32-bit value each by an integer sum (of bytes extended in
    the body, too), a maximum or a minimum, becomes loops over vectors of the
    target's width with one horizontal reduction per row: the result does not
    depend on the order. LLVM would gather across rows instead.

    As many rows as a vector has lanes are taken at once for

    * f32 sums (of any elementwise function of the row's elements and of one
      number per row from each other input): squares of elements are transposed
      and added column by column, so each sum has the order of its loop;
    * f32 maxima and minima on x86, which has no instruction with the NaN and
      zeros of `arith.maximumf`: one selection per vector, beside a sum in which
      any NaN leaves a trace. A block with a trace is done again, row by row, with
      the exact operation; one with a result of zero reads its signs.

    Rows shorter than a vector and of dynamic size stay, and sums of fewer rows.

    Example:

    ```mlir
    linalg.generic {... iterator_types = ["parallel", "reduction"]} ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.maximumf %a, %o : f32
      linalg.yield %0 : f32
    }
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %c4 step %c1 {
      %0 = vector.load %x[%i, %c0] : memref<4x64xf32>, vector<8xf32>
      %1 = scf.for %k = %c8 to %c64 step %c8 iter_args(%m = %0) -> (vector<8xf32>) {
        %5 = vector.load %x[%i, %k] : memref<4x64xf32>, vector<8xf32>
        %6 = arith.maximumf %5, %m : vector<8xf32>
        scf.yield %6 : vector<8xf32>
      }
      %2 = vector.reduction <maximumf>, %1 : vector<8xf32> into f32
      %3 = memref.load %y[%i] : memref<4xf32>
      %4 = arith.maximumf %2, %3 : f32
      memref.store %4, %y[%i] : memref<4xf32>
    }
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def FuseElementwise : Pass<"qdot-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "Join elementwise ops that read each other";
  let description = [{
    In: linalg on tensors. An elementwise `linalg.generic` with an integer result
    that one other elementwise `linalg.generic` reads alone becomes a part of its
    reader, so that the i32 sums of an add never are in memory. What
    `qdot-fuse-epilogues` took is not there any more; everything else stays, and
    so does what the reader repeats along a loop of its own. With `floats`,
    ops with float results are joined as well, such as a division and the
    quantization behind it: the same operations in the same order.

    Example:

    ```mlir
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<64xi8>) outs(%e : tensor<64xi32>) {
    ^bb0(%in: i8, %out: i32):
      %2 = arith.extsi %in : i8 to i32
      linalg.yield %2 : i32
    } -> tensor<64xi32>
    %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%0 : tensor<64xi32>) outs(%f : tensor<64xi8>) {
    ^bb0(%in: i32, %out: i8):
      %2 = qdot.requantize %in, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
      linalg.yield %2 : i8
    } -> tensor<64xi8>
    ```

    becomes

    ```mlir
    %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<64xi8>) outs(%f : tensor<64xi8>) {
    ^bb0(%in: i8, %out: i8):
      %2 = arith.extsi %in : i8 to i32
      %3 = qdot.requantize %2, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
      linalg.yield %3 : i8
    } -> tensor<64xi8>
    ```
  }];
  let options = [Option<"floats", "floats", "bool", "false",
                        "Join ops with float results, too">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VectorizeBytes : Pass<"qdot-vectorize-bytes", "::mlir::ModuleOp"> {
  let summary = "Pooling and elementwise ops on vectors of bytes";
  let description = [{
    In: memrefs. A `linalg.generic` becomes loops over vectors along the
    dimension that is contiguous in its result, with whole vectors first and
    halves of them down to single elements for the rest:

    * elementwise ops with a result of bytes: bytes stay vectors of bytes, wider
      values are computed in four parts that `qdot.narrow` joins, tables are
      `qdot.lookup_bytes`;
    * the maximum or minimum of bytes over a window;
    * sums of bytes over a window, in 16 bits up to 256 terms. The op that alone
      reads a buffer of sums is computed with them, and the buffer goes.

    A fill that a reduction starts from goes as well. Nothing outside of the
    operands is read or written. Ops stay where a stride is not known, an operand
    jumps along that dimension (transposes), or the body has an op without
    vector form. A `qdot.round` that is left over becomes plain arithmetic.

    Example:

    ```mlir
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%a, %b : memref<48xi8>, memref<48xi8>) outs(%y : memref<48xi8>) {
    ^bb0(%in: i8, %in2: i8, %out: i8):
      %0 = arith.maxui %in, %in2 : i8
      linalg.yield %0 : i8
    }
    ```

    becomes

    ```mlir
    %0 = vector.load %a[%c0] : memref<?xi8>, vector<32xi8>
    %1 = vector.load %b[%c0] : memref<?xi8>, vector<32xi8>
    %2 = arith.maxui %0, %1 : vector<32xi8>
    vector.store %2, %y[%c0] : memref<?xi8>, vector<32xi8>
    %3 = vector.load %a[%c32] : memref<?xi8>, vector<16xi8>
    ...
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::qdot::QdotDialect"
  ];
}

def VectorizeTransposes
    : Pass<"qdot-vectorize-transposes", "::mlir::ModuleOp"> {
  let summary = "Transpose tiles of bytes in registers";
  let description = [{
    In: linalg on memrefs. A copy of bytes (`linalg.transpose`, or a generic that
    yields its input) between dimensions that are contiguous on either side, both
    static and at least 16, is loops over tiles of 16 times 16: 16 loads, four
    rounds of joining vectors element by element, 16 stores. Where 16 does not
    divide a size, the last tile covers a part of the one before. Others stay.

    Example:

    ```mlir
    linalg.transpose ins(%x : memref<64x40xi8>) outs(%y : memref<40x64xi8>) permutation = [1, 0]
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %c40 step %c16 {
      %a = arith.minui %i, %c24 : index
      scf.for %j = %c0 to %c64 step %c16 {
        %b = arith.minui %j, %c48 : index
        %r0 = vector.load %x[%b, %a] : memref<64x40xi8>, vector<16xi8>
        ...
        vector.store %t0, %y[%a, %b] : memref<40x64xi8>, vector<16xi8>
        ...
      }
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def VectorizeLookups : Pass<"qdot-vectorize-lookups", "::mlir::ModuleOp"> {
  let summary = "Look 16 bytes up at a time";
  let description = [{
    In: memrefs. A `linalg.generic` over contiguous bytes whose body is nothing
    but the lookup of its input in a table of 256 bytes becomes a loop over 16
    bytes at a time with `qdot.lookup_bytes`, and a loop over the rest. For
    targets with an instruction for it (AArch64); others load entries one by one
    either way. Every other op stays.

    Example:

    ```mlir
    linalg.generic {...} ins(%x : memref<40xi8>) outs(%y : memref<40xi8>) {
    ^bb0(%in: i8, %out: i8):
      %0 = arith.index_castui %in : i8 to index
      %1 = memref.load %table[%0] : memref<256xi8>
      linalg.yield %1 : i8
    }
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %c32 step %c16 {
      %0 = vector.load %x[%i] : memref<40xi8>, vector<16xi8>
      %1 = qdot.lookup_bytes %0 in %table : vector<16xi8>, memref<256xi8>
      vector.store %1, %y[%i] : memref<40xi8>, vector<16xi8>
    }
    scf.for %i = %c32 to %c40 step %c1 {
      ...
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::qdot::QdotDialect"
  ];
}

#endif // QDOT_CODEGEN_VECTORPASSES_TD
