// Each pipeline from stock mlir-opt; our own tool has them as flags.
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-import)' %s | FileCheck %s --check-prefix=IMPORT
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-prepare)' %s | FileCheck %s --check-prefix=PREPARE
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-prepare,qdot-observe)' %s -o %t.observed
// RUN: FileCheck %s --check-prefix=OBSERVE --input-file=%t.observed
// RUN: %python %S/../Annotate/Inputs/make_statistics.py %t.json main/input_0=-1:1.55 main/matmul_0=0:2.55 < %t.observed
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-prepare,qdot-annotate{stats=%t.json})' %s | FileCheck %s --check-prefix=ANNOTATE
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-prepare,qdot-annotate{stats=%t.json},qdot-integerize)' %s -o %t.steps
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-quantize{stats=%t.json})' %s -o %t.once
// RUN: FileCheck %s --check-prefix=INTEGER --input-file=%t.once
// The steps and the whole are the same.
// RUN: cmp %t.steps %t.once
// RUN: qdot-opt --qdot-prepare %s | qdot-opt --qdot-annotate=stats=%t.json | qdot-opt --qdot-integerize -o %t.flags
// RUN: cmp %t.steps %t.flags
// Nothing depends on threads or on where memory lies.
// RUN: mlir-opt-22 %plugin --mlir-disable-threading --pass-pipeline='builtin.module(qdot-quantize{stats=%t.json})' %s -o %t.again
// RUN: cmp %t.once %t.again
// Options reach their passes.
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-quantize{stats=%t.json numerics=f32 quantize-signature=true})' %s | FileCheck %s --check-prefix=OPTIONS
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-quantize{stats=%t.json keep-float=matmul})' %s | FileCheck %s --check-prefix=KEEP
// RUN: not mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-quantize{stats=%t.json range=magic})' %s 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-quantize{numerics=f16})' %s 2>&1 | FileCheck %s --check-prefix=NUMERICS
// To LLVM, float and integer, in two steps and in one.
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-lower-to-llvm)' %s | FileCheck %s --check-prefixes=LLVM,LLVM-FLOAT
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-lower-to-llvm{prefix=net entry=main})' %t.once -o %t.lowered
// RUN: FileCheck %s --check-prefixes=LLVM,LLVM-INTEGER --input-file=%t.lowered
// RUN: mlir-opt-22 %plugin --pass-pipeline='builtin.module(qdot-compile{stats=%t.json prefix=net entry=main})' %s -o %t.compiled
// RUN: cmp %t.lowered %t.compiled
// RUN: mlir-translate --mlir-to-llvmir %t.compiled -o %t.ll

// IMPORT-LABEL: func.func @main(
// IMPORT-NOT: tosa
// IMPORT: linalg.matmul
// IMPORT: arith.addf
// IMPORT: arith.maximumf
// IMPORT: math.exp

// The bias moves into the initial value.
// PREPARE-LABEL: func.func @main(
// PREPARE: %[[B:.*]] = linalg.broadcast
// PREPARE: linalg.matmul {{.*}} outs(%[[B]]
// PREPARE-NOT: arith.addf
// PREPARE: arith.maximumf

// OBSERVE-COUNT-2: qdot.observe
// OBSERVE-NOT: qdot.observe

// ANNOTATE-COUNT-4: qdot.quantize
// ANNOTATE-NOT: qdot.quantize

// INTEGER-LABEL: func.func @main(
// INTEGER-SAME: %{{.*}}: tensor<2x4xf32>) -> tensor<2x3xf32>
// INTEGER: qdot.accumulator
// INTEGER: qdot.requantize {{.*}} zero_point(-128) clamp(-128, 127) contract tosa_single
// INTEGER: qdot.dequantize
// INTEGER: qdot.island = "softmax"

// OPTIONS-LABEL: func.func @main(
// OPTIONS-SAME: tensor<2x4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.0099999997764825821:-28>, <"main/input_0#{{.*}}">>}) -> tensor<2x3xf32>
// OPTIONS: contract f32

// KEEP-NOT: qdot.quantize
// KEEP: qdot.keep_float

// RANGE: error: range=magic: expected a range method (minmax, percentile:P, mse, entropy, aciq-gauss, aciq-laplace, octav, mean-extremes, moving-average or auto), got 'magic'
// NUMERICS: error: expected numerics=tosa-single, tosa-double or f32, got 'f16'

// LLVM-NOT: qdot.
// LLVM-NOT: linalg.
// LLVM-FLOAT: llvm.func @qdot_main(
// LLVM-INTEGER: llvm.func @net_main(
// LLVM-NOT: builtin.unrealized_conversion_cast
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = "tosa.const"() {values = dense<[[[1.0, -0.5, 0.25], [-1.27, 0.25, 0.5], [0.5, 2.54, -0.75], [0.0, 1.0, 1.27]]]> : tensor<1x4x3xf32>} : () -> tensor<1x4x3xf32>
  %b = arith.constant dense<[1.0, -2.0, 0.5]> : tensor<3xf32>
  %wl = tensor.collapse_shape %w [[0, 1], [2]] : tensor<1x4x3xf32> into tensor<4x3xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %y = linalg.matmul ins(%x, %wl : tensor<2x4xf32>, tensor<4x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%c : tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %p, %z : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  %lowest = arith.constant 0xFF800000 : f32
  %e1 = tensor.empty() : tensor<2xf32>
  %i1 = linalg.fill ins(%lowest : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  %i2 = linalg.fill ins(%z : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%r : tensor<2x3xf32>) outs(%i1 : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%r, %m : tensor<2x3xf32>, tensor<2xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %0 = arith.subf %a, %f : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%d : tensor<2x3xf32>) outs(%i2 : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%d, %s : tensor<2x3xf32>, tensor<2xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %0 = arith.divf %a, %f : f32
    linalg.yield %0 : f32
  } -> tensor<2x3xf32>
  return %t : tensor<2x3xf32>
}
