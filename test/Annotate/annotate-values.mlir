// RUN: split-file %s %t
// RUN: qdot-opt %t/add.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/add.json main/input_0=-1.5:2.5 main/add_0=-3:5
// RUN: qdot-opt %t/add.mlir --qdot-annotate-values=stats=%t/add.json | FileCheck %t/add.mlir
// RUN: qdot-opt %t/layers.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/layers.json layers/input_0=-1:1.55 layers/matmul_0=0:2.55 moves/input_0=-1:1 moves/input_1=0:3 moves/mul_0=0:9 ranges/input_0=0:0 ranges/input_1=2:2 ranges/input_2=-4:-2
// RUN: qdot-opt %t/layers.mlir --qdot-annotate-values=stats=%t/layers.json | FileCheck %t/layers.mlir
// RUN: qdot-opt %t/layers.mlir '--qdot-annotate-values=stats=%t/layers.json keep-float=^layers/matmul_0$' | FileCheck %t/layers.mlir --check-prefix=KEEP

// What is refused; nothing is changed then, and nothing is written.
// RUN: not qdot-opt %t/add.mlir --qdot-annotate-values 2>&1 | FileCheck %t/errors.txt --check-prefix=NO-FILE
// RUN: not qdot-opt %t/add.mlir --qdot-annotate-values=stats=%t/missing.json -o %t/out.mlir 2>&1 | FileCheck %t/errors.txt --check-prefix=MISSING
// RUN: not ls %t/out.mlir
// RUN: not qdot-opt %t/add.mlir --qdot-annotate-values=stats=%t/add.mlir 2>&1 | FileCheck %t/errors.txt --check-prefix=MALFORMED
// RUN: not qdot-opt %t/layers.mlir --qdot-annotate-values=stats=%t/add.json 2>&1 | FileCheck %t/errors.txt --check-prefix=OTHER
// RUN: sed -e 's/linalg.add/linalg.sub/' %t/add.mlir | not qdot-opt - --qdot-annotate-values=stats=%t/add.json 2>&1 | FileCheck %t/errors.txt --check-prefix=RENAMED
// RUN: sed -e 's/-0.5/-0.6/' %t/layers.mlir | not qdot-opt - --qdot-annotate-values=stats=%t/layers.json 2>&1 | FileCheck %t/errors.txt --check-prefix=CHANGED
// RUN: not qdot-opt %t/add.mlir '--qdot-annotate-values=stats=%t/add.json keep-float=[' 2>&1 | FileCheck %t/errors.txt --check-prefix=REGEX
// RUN: not qdot-opt %t/add.mlir '--qdot-annotate-values=stats=%t/add.json range=magic' 2>&1 | FileCheck %t/errors.txt --check-prefix=RANGE
// RUN: qdot-opt %t/add.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/nan.json main/input_0=0:nan
// RUN: not qdot-opt %t/add.mlir --qdot-annotate-values=stats=%t/nan.json 2>&1 | FileCheck %t/errors.txt --check-prefix=NAN
// RUN: qdot-opt %t/add.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/none.json main/input_0=0:none
// RUN: not qdot-opt %t/add.mlir --qdot-annotate-values=stats=%t/none.json 2>&1 | FileCheck %t/errors.txt --check-prefix=NONE
// RUN: qdot-opt %t/infinite.mlir --qdot-observe-values | %python %S/Inputs/make_statistics.py %t/infinite.json
// RUN: not qdot-opt %t/infinite.mlir --qdot-annotate-values=stats=%t/infinite.json 2>&1 | FileCheck %t/errors.txt --check-prefix=INFINITE

// Names of nothing are reported, option by option; the rest holds.
// RUN: qdot-opt %t/add.mlir '--qdot-annotate-values=stats=%t/add.json keep-float=typo range=minmax,main/add_7=mse weight-bits=nobody=4' -o /dev/null 2>&1 | FileCheck %t/errors.txt --check-prefix=NAMES

//--- errors.txt
// NAMES: warning: range='main/add_7' matches no value
// NAMES: warning: weight-bits='nobody' matches no value
// NAMES: warning: keep-float='typo' matches no value
NO-FILE: error: qdot-annotate-values needs a statistics file (stats=FILE)
MISSING: error: {{.*}}missing.json: cannot read statistics: No such file or directory
MALFORMED: error: {{.*}}add.mlir:1:1: expected
OTHER: error: statistics file '{{.*}}add.json' was recorded on another model: 14 new, 0 changed, 2 missing values
OTHER: note: new value layers/input_0#
OTHER: note: and 4 more new values
OTHER: note: missing value main/add_0#9caaba35524c6200
RENAMED: was recorded on another model: 1 new, 0 changed, 1 missing values
RENAMED: note: new value main/sub_0#
RENAMED: note: missing value main/add_0#9caaba35524c6200
CHANGED: was recorded on another model: 0 new, 1 changed, 0 missing values
CHANGED: note: changed value layers/matmul_0#
REGEX: error: keep-float=[: brackets ([ ]) not balanced
RANGE: error: range=magic: expected a range method (minmax, percentile:P, mse, entropy, aciq-gauss, aciq-laplace, octav, mean-extremes, moving-average or auto), got 'magic'
NAN: error: value main/input_0#246f9ee0a8d19396: expected finite values, got 1 NaN and 0 Inf of 1
NONE: error: value main/input_0#246f9ee0a8d19396: expected at least one finite value, got none of 0
INFINITE: infinite.mlir:4:8: error: 'linalg.matmul' op has a constant that is not finite: INF
INFINITE: infinite.mlir:2:8: note: the constant is here

//--- add.mlir
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>, %[[I:.*]]: tensor<1x4xf32>) -> tensor<1x4xf32> {
// CHECK-NEXT: %[[XQ:.*]] = qdot.quantize %[[X]] {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015686275437474251:-32>>
// CHECK-NEXT: %[[XD:.*]] = qdot.dequantize %[[XQ]] : tensor<1x4x!quant.uniform<i8:f32, 0.015686275437474251:-32>> -> tensor<1x4xf32>
// CHECK-NEXT: %[[Y:.*]] = linalg.add ins(%[[XD]], %[[XD]] : tensor<1x4xf32>, tensor<1x4xf32>) outs(%[[I]] : tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: %[[YQ:.*]] = qdot.quantize %[[Y]] {site = #qdot.site<"main/add_0#9caaba35524c6200">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.031372550874948502:-32>>
// CHECK-NEXT: %[[YD:.*]] = qdot.dequantize %[[YQ]] : tensor<1x4x!quant.uniform<i8:f32, 0.031372550874948502:-32>> -> tensor<1x4xf32>
// CHECK-NEXT: return %[[YD]] : tensor<1x4xf32>
func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

//--- layers.mlir
// Weights: 1.27 / 127 and 2.54 / 127. Bias: scale 0.01 of the input times that
// of the weight. The ReLU belongs to the matmul. 2.55 / 255, zero point -128.
// CHECK-LABEL: func.func @layers(
// CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"layers/input_0#{{.*}}">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.0099999997764825821:-28>>
// CHECK: %[[WQ:.*]] = qdot.quantize %{{.*}} : tensor<4x2xf32> -> tensor<4x2x!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,0.019999999552965164}>>
// CHECK: %[[W:.*]] = qdot.dequantize %[[WQ]]
// CHECK: %[[BQ:.*]] = qdot.quantize %{{.*}} : tensor<2xf32> -> tensor<2x!quant.uniform<i32:f32:0, {9.9999995529651691E-5,1.9999999105930338E-4}>>
// CHECK: %[[B:.*]] = qdot.dequantize %[[BQ]]
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]]
// CHECK: linalg.matmul ins(%{{.*}}, %[[W]] : {{.*}}) outs(%[[I]]
// CHECK-NEXT: %[[R:.*]] = linalg.generic
// CHECK: qdot.quantize %[[R]] {site = #qdot.site<"layers/matmul_0#{{.*}}">} : tensor<1x2xf32> -> tensor<1x2x!quant.uniform<i8:f32, 0.0099999997764825821:-128>>
// KEEP-LABEL: func.func @layers(
// KEEP-NOT: qdot.quantize
// KEEP: linalg.matmul {qdot.keep_float}
// KEEP-NOT: qdot.quantize
// KEEP-LABEL: func.func @moves(
// KEEP-COUNT-5: qdot.quantize
func.func @layers(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.27, -0.5], [-1.0, 0.25], [0.5, 2.54], [0.0, 0.0]]> : tensor<4x2xf32>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %i = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %p, %z : f32
    linalg.yield %0 : f32
  } -> tensor<1x2xf32>
  return %r : tensor<1x2xf32>
}

// Values tied by moves share the union: [-1, 1], [0, 3], the padding -2.1 and
// the inserted constant 2 are [-2.1, 3]; -inf in front of a maximum is not.
// CHECK-LABEL: func.func @moves(
// CHECK-COUNT-6: qdot.quantize %{{.*}} -> tensor<{{.*}}x!quant.uniform<i8:f32, 0.019999999552965164:-23>>
// CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"moves/mul_0#{{.*}}">} : tensor<1x8xf32> -> tensor<1x8x!quant.uniform<i8:f32, 0.035294119268655777:-128>>
// CHECK-NOT: qdot.quantize
// CHECK: return
func.func @moves(%a: tensor<1x2xf32>, %b: tensor<2x1xf32>) -> tensor<1x8xf32> {
  %e = tensor.empty() : tensor<1x2xf32>
  %t = linalg.transpose ins(%b : tensor<2x1xf32>) outs(%e : tensor<1x2xf32>) permutation = [1, 0]
  %two = arith.constant dense<2.0> : tensor<1x1xf32>
  %c = tensor.concat dim(1) %a, %t, %two : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x1xf32>) -> tensor<1x5xf32>
  %m = arith.constant -2.1 : f32
  %p = tensor.pad %c low[0, 1] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %m : f32
  } : tensor<1x5xf32> to tensor<1x6xf32>
  %lowest = arith.constant -3.40282347E+38 : f32
  %q = tensor.pad %p low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %lowest : f32
  } : tensor<1x6xf32> to tensor<1x8xf32>
  %e8 = tensor.empty() : tensor<1x8xf32>
  %r = linalg.mul ins(%q, %q : tensor<1x8xf32>, tensor<1x8xf32>) outs(%e8 : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %r : tensor<1x8xf32>
}

// Rule Q3: only zeros, a constant, one-sided; the result saw [-1, 1].
// CHECK-LABEL: func.func @ranges(
// CHECK-DAG: qdot.quantize %{{.*}} {site = #qdot.site<"ranges/input_0#{{.*}}">} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 1.000000e+00>>
// CHECK-DAG: qdot.quantize %{{.*}} {site = #qdot.site<"ranges/input_1#{{.*}}">} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.0078431377187371254:-128>>
// CHECK-DAG: qdot.quantize %{{.*}} {site = #qdot.site<"ranges/input_2#{{.*}}">} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.015686275437474251:127>>
func.func @ranges(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.add ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.add ins(%0, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

//--- infinite.mlir
func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<0x7F800000> : tensor<1x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
