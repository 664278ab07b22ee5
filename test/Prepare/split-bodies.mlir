// RUN: qdot-opt %s --split-input-file --qdot-split-bodies | FileCheck %s

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>

// The example of the documentation.
// CHECK-LABEL: func.func @bias_relu
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>)
// CHECK: %[[A:.*]] = arith.addf %{{.*}}, %{{.*}}
// CHECK-NEXT: linalg.yield %[[A]]
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<2x3xf32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[M:.*]] = arith.maximumf %[[IN]], %{{.*}}
// CHECK-NEXT: linalg.yield %[[M]]
// CHECK: return %[[R]]
func.func @bias_relu(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>

// A normalization stays one op in front of SiLU, which reads it twice; so does
// a sum of two activations in front of a clamp.
// CHECK-LABEL: func.func @inner
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK: linalg.generic {{.*}} ins(%{{[^,]*}} : tensor<2x3xf32>)
// CHECK: arith.negf
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK: linalg.generic
// CHECK: arith.minimumf
// CHECK-NOT: linalg.generic
func.func @inner(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %one = arith.constant 1.0 : f32
  %g = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %b = arith.constant dense<[4.0, 5.0, 6.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %g, %b : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %m, %d : f32
    %n = arith.negf %s : f32
    %p = math.exp %n : f32
    %q = arith.addf %p, %one : f32
    %r = arith.divf %s, %q : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %w = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%y, %z : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.minimumf %s, %one : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %w : tensor<2x3xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>

// One activation: a ReLU in front of a scale per channel.
// CHECK-LABEL: func.func @operand
// CHECK: linalg.generic {{.*}} ins(%{{[^,]*}} : tensor<2x3xf32>)
// CHECK: arith.maximumf
// CHECK: linalg.generic
// CHECK-NOT: arith.maximumf
// CHECK: arith.mulf
func.func @operand(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %g = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %g : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.maximumf %a, %zero : f32
    %r = arith.mulf %s, %c : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Several activations: what each is alone is as small as it, and products,
// sums and quotients are of two. Nothing is divided by an activation.
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func.func @several
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[ROWS]], #[[ROWS]]], {{.*}} ins(%arg1 : tensor<2xf32>)
// CHECK: math.rsqrt
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%arg0, %[[R]] : tensor<2x3xf32>, tensor<2xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: %[[N:.*]] = linalg.generic {{.*}} ins(%arg2, %[[M]] : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: %[[S:.*]] = linalg.generic {indexing_maps = [#[[ROWS]], #[[ROWS]]], {{.*}} ins(%arg1 : tensor<2xf32>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[Q:.*]] = math.sqrt %[[X]]
// CHECK-NEXT: %[[I:.*]] = arith.divf %{{.*}}, %[[Q]]
// CHECK-NEXT: linalg.yield %[[I]]
// CHECK: %[[D:.*]] = linalg.generic {{.*}} ins(%arg0, %[[S]] : tensor<2x3xf32>, tensor<2xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: return %[[N]], %[[D]]
func.func @several(%x: tensor<2x3xf32>, %v: tensor<2xf32>, %z: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %v, %z : tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %o: f32):
    %s = math.rsqrt %c : f32
    %m = arith.mulf %a, %s : f32
    %r = arith.mulf %m, %d : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %k = linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %v : tensor<2x3xf32>, tensor<2xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = math.sqrt %c : f32
    %r = arith.divf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %y, %k : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>

// SwiGLU in one op.
// CHECK-LABEL: func.func @gate
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<2x3xf32>)
// CHECK: math.exp
// CHECK: arith.divf
// CHECK-NEXT: linalg.yield
// CHECK: linalg.generic {{.*}} ins(%arg1, %[[S]] : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK-NOT: linalg.generic
func.func @gate(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %z : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %n = arith.negf %a : f32
    %p = math.exp %n : f32
    %q = arith.addf %p, %one : f32
    %s = arith.divf %a, %q : f32
    %r = arith.mulf %s, %c : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

#map = affine_map<(i, j) -> (i, j)>

// Conditions; functions of two values; the destination is read; numbers in
// between would have no scale.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: linalg.generic
func.func @kept(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>, %i: tensor<2x3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3x!quant.uniform<i8:f32, 0.5>>) {
  %w = arith.constant dense<2.0> : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %k = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.cmpf ogt, %a, %c : f32
    %r = arith.select %s, %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %p = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %z : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = math.powf %a, %c : f32
    %r = arith.mulf %s, %c : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %q = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%i : tensor<2x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %d = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x, %z : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %r = arith.divf %a, %c : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %t = qdot.quantize %d : tensor<2x3xf32> -> tensor<2x3x!quant.uniform<i8:f32, 0.5>>
  return %k, %p, %q, %t : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3x!quant.uniform<i8:f32, 0.5>>
}

// -----

#map = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>
#sum = affine_map<(i, j) -> (i)>

// A bias and a ReLU fused into a sum; the square of a norm is not split off.
// CHECK-LABEL: func.func @sums
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<?x3xf32>, tensor<3xf32>)
// CHECK: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK: %[[R:.*]] = linalg.generic
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[R]] : tensor<?x3xf32>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %[[OUT:.*]]: f32):
// CHECK-NEXT: arith.addf %[[IN]], %[[OUT]]
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NOT: linalg.generic
func.func @sums(%x: tensor<?x3xf32>, %f: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %zero = arith.constant 0.0 : f32
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %y = linalg.generic {indexing_maps = [#map, #row, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%x, %b : tensor<?x3xf32>, tensor<3xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    %t = arith.addf %r, %o : f32
    linalg.yield %t : f32
  } -> tensor<?xf32>
  %q = linalg.generic {indexing_maps = [#map, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x3xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.mulf %a, %a : f32
    %t = arith.addf %m, %o : f32
    linalg.yield %t : f32
  } -> tensor<?xf32>
  return %y, %q : tensor<?xf32>, tensor<?xf32>
}

// -----

// Both operands of a convolution along one dimension.
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1) -> (d0 + d1)>
// CHECK-LABEL: func.func @windows
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<6xf32>)
// CHECK: arith.maximumf
// CHECK: %[[N:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<3xf32>)
// CHECK: arith.negf
// CHECK: linalg.generic {indexing_maps = [#[[W]], #{{.*}}, #{{.*}}], {{.*}} ins(%[[R]], %[[N]] : tensor<6xf32>, tensor<3xf32>)
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
func.func @windows(%x: tensor<6xf32>, %w: tensor<3xf32>, %f: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %y = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : tensor<6xf32>, tensor<3xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    %n = arith.negf %b : f32
    %m = arith.mulf %r, %n : f32
    %t = arith.addf %m, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
