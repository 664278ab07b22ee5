// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-split-slopes --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4xf32>)
// CHECK: %[[P:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x2x4xf32>)
// CHECK: arith.maximumf %{{.*}}, %[[Z0:.*]] : f32
// CHECK: %[[N:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x2x4xf32>)
// CHECK: arith.minimumf
// CHECK: %[[S:.*]] = arith.constant dense<[2.500000e-01, -5.000000e-01]> : tensor<2xf32>
// CHECK: %[[M:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]{{.*}} ins(%[[N]], %[[S]]
// CHECK: arith.mulf
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[P]], %[[M]]
// CHECK: arith.addf
// CHECK: return %[[Y]]
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

// -----

// Two slopes per channel, with |x|: x + b |x|, on a dynamic batch.
// CHECK-LABEL: func.func @absolute
// CHECK: arith.constant dense<[1.250000e+00, 5.000000e-01]> : tensor<2xf32>
// CHECK: arith.constant dense<[7.500000e-01, 1.500000e+00]> : tensor<2xf32>
// CHECK: arith.addf
func.func @absolute(%x: tensor<?x2xf32>, %e: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %s = arith.constant dense<[0.25, -0.5]> : tensor<2xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<?x2xf32>, tensor<2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = math.absf %a : f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.addf %a, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Comparison, product and selection apart; a slope of 0.2 is one op, a table.
// CHECK-LABEL: func.func @apart
// CHECK-NOT: arith.cmpf
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: arith.constant dense<[2.500000e-01, -5.000000e-01]> : tensor<2xf32>
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK-NEXT: ^bb0
// CHECK-DAG: arith.cmpf oge
// CHECK-DAG: arith.mulf
// CHECK: arith.select
// CHECK-NOT: linalg.generic
func.func @apart(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %s = arith.constant dense<[0.25, -0.5]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %fifth = arith.constant 0.2 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %i = tensor.empty() : tensor<3x2xi1>
  %m = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x2xf32>) outs(%i : tensor<3x2xi1>) {
  ^bb0(%a: f32, %o: i1):
    %0 = arith.cmpf oge, %a, %zero : f32
    linalg.yield %0 : i1
  } -> tensor<3x2xi1>
  %y = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%c, %x, %m : tensor<3x2xi1>, tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%p: i1, %a: f32, %b: f32, %o: f32):
    %0 = arith.select %p, %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<3x2xf32>) outs(%i : tensor<3x2xi1>) {
  ^bb0(%a: f32, %o: i1):
    %0 = arith.cmpf oge, %a, %zero : f32
    linalg.yield %0 : i1
  } -> tensor<3x2xi1>
  %n = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %fifth : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%d, %y, %n : tensor<3x2xi1>, tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%p: i1, %a: f32, %b: f32, %o: f32):
    %0 = arith.select %p, %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// A bound that is no zero, a constant that is added, a product of x with itself,
// a scaling per channel, one slope for all channels: left alone.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-5: linalg.generic
// CHECK-NOT: linalg.generic
func.func @others(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) {
  %s = arith.constant dense<[0.25, -0.5]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.cmpf ogt, %a, %one : f32
    %2 = arith.select %1, %a, %0 : f32
    linalg.yield %2 : f32
  } -> tensor<3x2xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.maximumf %a, %zero : f32
    %1 = arith.addf %0, %b : f32
    linalg.yield %1 : f32
  } -> tensor<3x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    %1 = arith.mulf %0, %b : f32
    linalg.yield %1 : f32
  } -> tensor<3x2xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(n, c) -> (n, c)>, affine_map<(n, c) -> (n, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %half = arith.constant 0.5 : f32
    %0 = arith.mulf %a, %half : f32
    %1 = arith.maximumf %a, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x2xf32>
  return %p, %q, %r, %t, %u : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

func.func @missing() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'gone' has no data}}
  %w = arith.constant dense_resource<gone> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// Bytes stay bytes: the parts have the scale of x, the product that of its range.
// CHECK-LABEL: func.func @bytes
// CHECK: arith.maximumf
// CHECK: qdot.quantize %{{.*}} -> tensor<1x2x4x!quant.uniform<i8:f32, 5.000000e-01:-28>>
// CHECK: arith.minimumf
// CHECK: qdot.quantize %{{.*}} -> tensor<1x2x4x!quant.uniform<i8:f32, 5.000000e-01:-28>>
// CHECK: arith.mulf
// CHECK: qdot.quantize %{{.*}} -> tensor<1x2x4x!quant.uniform<i8:f32, 0.14705882966518402:-43>>
// CHECK: arith.addf
func.func @bytes(%q: tensor<1x2x4x!quant.uniform<i8:f32, 0.5:-28>>) -> tensor<1x2x4xf32> {
  %x = qdot.dequantize %q : tensor<1x2x4x!quant.uniform<i8:f32, 0.5:-28>> -> tensor<1x2x4xf32>
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
