// RUN: qdot-opt %s --qdot-observe-values --split-input-file --verify-diagnostics | FileCheck %s
// Removal gives back the original.
// RUN: sed -e '/^.. PRESENT/,$d' %s > %t.mlir
// RUN: qdot-opt %t.mlir --split-input-file -o %t.plain
// RUN: qdot-opt %t.mlir --qdot-observe-values --qdot-remove-observe --split-input-file -o %t.back
// RUN: cmp %t.plain %t.back

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>, %[[I:.*]]: tensor<1x4xf32>)
// CHECK-NEXT: qdot.observe %[[X]] {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32>
// CHECK-NEXT: %[[Y:.*]] = linalg.add ins(%[[X]], %[[X]] : tensor<1x4xf32>, tensor<1x4xf32>) outs(%[[I]] : tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: qdot.observe %[[Y]] {site = #qdot.site<"main/add_0#9caaba35524c6200">} : tensor<1x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

// Another batch, other names, another order in the text: the same sites.
// CHECK-LABEL: func.func @main(
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<?x4xf32>
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/add_0#9caaba35524c6200">} : tensor<?x4xf32>
func.func @main(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %dead = arith.constant 1.0 : f32
  %sum = linalg.add ins(%a, %a : tensor<?x4xf32>, tensor<?x4xf32>) outs(%b : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %sum : tensor<?x4xf32>
}

// -----

// The value between a matmul and its ReLU is not observed; constants are not;
// softmax is not, but what it reads and what reads it is.
// CHECK-LABEL: func.func @fused(
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"fused/input_0#
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK-NEXT: %[[R:.*]] = linalg.generic
// CHECK: qdot.observe %[[R]] {site = #qdot.site<"fused/matmul_0#
// CHECK: %[[S:.*]] = linalg.softmax
// CHECK-NEXT: qdot.observe %[[S]] {site = #qdot.site<"fused/float_0#
// CHECK: %[[N:.*]] = linalg.mul
// CHECK: qdot.observe %[[N]] {site = #qdot.site<"fused/mul_0#
func.func @fused(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%i : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.maximumf %p, %z : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %s = linalg.softmax dimension(1) ins(%r : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %n = linalg.mul ins(%s, %s : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %n : tensor<2x4xf32>
}

// -----

// A changed constant changes the digest, not the path.
// CHECK-LABEL: func.func @main(
// CHECK: {site = #qdot.site<"main/matmul_0#[[ONE:[0-9a-f]+]]">}
func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<1x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @main(
// CHECK-NOT: [[ONE]]
// CHECK: {site = #qdot.site<"main/matmul_0#
// CHECK-NOT: [[ONE]]
// CHECK: return
func.func @main(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<2.0> : tensor<1x1xf32>
  %i = arith.constant dense<0.0> : tensor<1x1xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%i : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Sites are unique also where values are arguments of other blocks; symbol
// names may hold any character; f64 and unranked values are not observed.
// CHECK-LABEL: func.func @"a\22b\0A"(
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"a%22b%0a/input_0#
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"a%22b%0a/mul_{{[01]}}#
// CHECK: ^bb1(%[[A:.*]]: tensor<4xf32>):
// CHECK-NEXT: qdot.observe %[[A]] {site = #qdot.site<"a%22b%0a/argument_0#
// CHECK: qdot.observe %{{.*}} {site = #qdot.site<"a%22b%0a/mul_{{[01]}}#
// CHECK-NOT: qdot.observe
// CHECK: return
func.func @"a\22b\0A"(%x: tensor<4xf32>, %d: tensor<4xf64>) -> (tensor<4xf32>, tensor<4xf64>, tensor<*xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  cf.br ^bb1(%m : tensor<4xf32>)
^bb1(%a: tensor<4xf32>):
  %n = linalg.mul ins(%a, %a : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %f = linalg.mul ins(%d, %d : tensor<4xf64>, tensor<4xf64>) outs(%d : tensor<4xf64>) -> tensor<4xf64>
  %u = tensor.cast %n : tensor<4xf32> to tensor<*xf32>
  return %n, %f, %u : tensor<4xf32>, tensor<4xf64>, tensor<*xf32>
}

// -----

// Masks in front of softmax are as much float as it is, added or selected: only
// the scores are observed. The sum of two values that others read is a layer.
// CHECK-LABEL: func.func @masks
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK: qdot.observe %[[M]]
// CHECK-NOT: qdot.observe
// CHECK: linalg.softmax
// CHECK: %[[S:.*]] = linalg.add
// CHECK: qdot.observe %[[S]]
func.func @masks(%x: tensor<2x4xf32>, %mask: tensor<2x4xf32>, %c: tensor<2x4xi1>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -3.40282347E+38 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %m = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  %a = linalg.add ins(%m, %mask : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %b = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%c, %a : tensor<2x4xi1>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: i1, %v: f32, %o: f32):
    %0 = arith.select %p, %v, %low : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %s = linalg.softmax dimension(1) ins(%b : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %d = linalg.add ins(%m, %x : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %t = linalg.softmax dimension(1) ins(%d : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %s, %t, %d : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// Squeeze and excite after a SiLU: the body computes an exponential, the sum over
// it returns to it behind two layers, and yet nothing of it is a softmax.
// CHECK-LABEL: func.func @squeeze_and_excite
// CHECK: qdot.observe %{{.*}}/unary_0#
// CHECK: linalg.reduce
// CHECK: qdot.observe %{{.*}}/sum_0#
// CHECK: linalg.vecmat
// CHECK: qdot.observe %{{.*}}/matmul_0#
// CHECK: linalg.vecmat
// CHECK: qdot.observe %{{.*}}/matmul_1#
// CHECK: arith.mulf
// CHECK: qdot.observe %{{.*}}/mul_0#
func.func @squeeze_and_excite(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %p = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%p : tensor<2xf32>) -> tensor<2xf32>
  %silu = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.negf %a : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %one, %2 : f32
    %4 = arith.mulf %a, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<4x2xf32>
  %sum = linalg.reduce ins(%silu : tensor<4x2xf32>) outs(%f : tensor<2xf32>) dimensions = [0] (%a: f32, %b: f32) {
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  }
  %y = linalg.vecmat ins(%sum, %w : tensor<2xf32>, tensor<2x2xf32>) outs(%f : tensor<2xf32>) -> tensor<2xf32>
  %z = linalg.vecmat ins(%y, %w : tensor<2xf32>, tensor<2x2xf32>) outs(%f : tensor<2xf32>) -> tensor<2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%silu, %z : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}

// -----

// A function of moves alone is worth them, here a pooling layer.
// CHECK-LABEL: func.func @pool
// CHECK: qdot.observe
// CHECK: %[[Y:.*]] = linalg.pooling_nhwc_max
// CHECK: qdot.observe %[[Y]]
func.func @pool(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32> {
  %low = arith.constant 0xFF800000 : f32
  %k = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %y = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %k : tensor<1x4x4x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}

// -----

// Nearest neighbours, their places computed in floats: a gather.
// CHECK-LABEL: func.func @nearest
// CHECK: %[[Y:.*]] = linalg.generic
// CHECK: qdot.observe %[[Y]]{{.*}}gather
func.func @nearest(%x: tensor<4xf32>) -> tensor<8xf32> {
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} outs(%e : tensor<8xf32>) {
  ^bb0(%o: f32):
    %0 = linalg.index 0 : index
    %1 = arith.index_cast %0 : index to i64
    %2 = arith.sitofp %1 : i64 to f32
    %3 = arith.mulf %2, %half : f32
    %4 = math.floor %3 : f32
    %5 = arith.fptosi %4 : f32 to i64
    %6 = arith.index_cast %5 : i64 to index
    %v = tensor.extract %x[%6] : tensor<4xf32>
    linalg.yield %v : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// PRESENT
func.func @present(%x: tensor<4xf32>) {
  // expected-error @below {{'qdot.observe' op is already present; run qdot-remove-observe first}}
  qdot.observe %x {site = #qdot.site<"main/input_0#8d2e1c9b55aa0f31">} : tensor<4xf32>
  return
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>

// What a norm is computed from is observed, and what comes out of it; nothing
// in between: the mean, what is left without it, squares, root, factors.
// CHECK-LABEL: func.func @norm
// CHECK: %[[M:.*]] = linalg.matmul
// CHECK: qdot.observe %[[M]]
// CHECK-NOT: qdot.observe
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4xf32>)
// CHECK: qdot.observe %[[Y]]
// CHECK: linalg.mul
func.func @norm(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %g = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 4.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %k = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "reduction"]} ins(%m : tensor<2x4xf32>) outs(%i : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%s : tensor<2xf32>) outs(%k : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.divf %a, %n : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %c = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%m, %u : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %q = linalg.mul ins(%c, %c : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %t = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "reduction"]} ins(%q : tensor<2x4xf32>) outs(%i : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %r = linalg.sqrt ins(%t : tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %d = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%c, %r : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#map, #column, #map], iterator_types = ["parallel", "parallel"]} ins(%d, %g : tensor<2x4xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %z = linalg.mul ins(%y, %y : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Squeeze and excitation behind SiLU is no softmax, though a sum of what was
// computed by an exponential comes back to it; the variance alone is no norm.
// CHECK-LABEL: func.func @gate
// CHECK-COUNT-7: qdot.observe
// CHECK: return
func.func @gate(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
  %w = arith.constant dense<0.5> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %k = tensor.empty() : tensor<2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %a = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.negf %p : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %p, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  %s = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<2x4xf32>) outs(%i : tensor<2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.addf %p, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %m = linalg.matvec ins(%w, %s : tensor<2x2xf32>, tensor<2xf32>) outs(%i : tensor<2xf32>) -> tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%a, %m : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %g: f32, %o: f32):
    %0 = arith.mulf %p, %g : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %q = linalg.mul ins(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %t = linalg.generic {indexing_maps = [#map, #row], iterator_types = ["parallel", "reduction"]} ins(%q : tensor<2x4xf32>) outs(%i : tensor<2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.addf %p, %o : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  return %y, %t : tensor<2x4xf32>, tensor<2xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The variance as a mean of squares without the square of the mean, all of it
// within the norm; and a mean that others read too, so that it is a layer.
// CHECK-LABEL: func.func @means
// CHECK: linalg.matmul
// CHECK: qdot.observe
// CHECK-NOT: qdot.observe
// CHECK: linalg.rsqrt
// CHECK-NOT: qdot.observe
// CHECK: qdot.observe {{.*}}means/float_
// CHECK: linalg.reduce
// CHECK: qdot.observe {{.*}}means/sum_0
// CHECK: qdot.observe {{.*}}means/sub_0
// CHECK-NOT: qdot.observe
// CHECK: linalg.sub
func.func @means(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %k = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %a = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = linalg.reduce { arith.addf } ins(%a : tensor<2x4xf32>) outs(%i : tensor<2xf32>) dimensions = [1]
  %t = linalg.mul ins(%s, %s : tensor<2xf32>, tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %q = linalg.mul ins(%a, %a : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %u = linalg.reduce { arith.addf } ins(%q : tensor<2x4xf32>) outs(%i : tensor<2xf32>) dimensions = [1]
  %v = linalg.sub ins(%u, %t : tensor<2xf32>, tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %r = linalg.rsqrt ins(%v : tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %c = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%a, %s : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %m: f32, %o: f32):
    %0 = arith.subf %p, %m : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%c, %r : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %m: f32, %o: f32):
    %0 = arith.mulf %p, %m : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %s2 = linalg.reduce { arith.addf } ins(%d : tensor<2x4xf32>) outs(%i : tensor<2xf32>) dimensions = [1]
  %c2 = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%d, %s2 : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %m: f32, %o: f32):
    %0 = arith.subf %p, %m : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %q2 = linalg.mul ins(%c2, %c2 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %u2 = linalg.reduce { arith.addf } ins(%q2 : tensor<2x4xf32>) outs(%i : tensor<2xf32>) dimensions = [1]
  %r2 = linalg.rsqrt ins(%u2 : tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  %d2 = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]} ins(%c2, %r2 : tensor<2x4xf32>, tensor<2xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%p: f32, %m: f32, %o: f32):
    %0 = arith.mulf %p, %m : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  %y = linalg.sub ins(%s2, %s2 : tensor<2xf32>, tensor<2xf32>) outs(%k : tensor<2xf32>) -> tensor<2xf32>
  return %d2, %y : tensor<2x4xf32>, tensor<2xf32>
}
