// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-widen-floats --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK: %[[W:.*]] = arith.constant dense<[1.500000e+00, -2.500000e-01]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = linalg.mul ins(%[[X]], %[[W]] : tensor<2xf32>, tensor<2xf32>) outs(%{{.*}} : tensor<2xf32>) -> tensor<2xf32>
// CHECK: return %[[Y]] : tensor<2xf32>
func.func @main(%x: tensor<2xbf16>) -> tensor<2xbf16> {
  %w = arith.constant dense<[1.5, -0.25]> : tensor<2xbf16>
  %e = tensor.empty() : tensor<2xbf16>
  %y = linalg.mul ins(%x, %w : tensor<2xbf16>, tensor<2xbf16>) outs(%e : tensor<2xbf16>) -> tensor<2xbf16>
  return %y : tensor<2xbf16>
}

// -----

// f16 weights in a resource, f32 sums, a body, a pad, a call; integers stay.
// CHECK-LABEL: func.func @layers
// CHECK-SAME: (%[[X:.*]]: tensor<1x2xf32>, %[[I:.*]]: tensor<1xi16>) -> (tensor<1x3xf32>, tensor<1xi16>)
// CHECK-NOT: f16
// CHECK-NOT: arith.extf
// CHECK-NOT: arith.truncf
// CHECK: arith.constant dense<{{\[\[}}1.000000e+00, -1.000000e+00], [6.550400e+04, 5.96046448E-8]]> : tensor<2x2xf32>
// CHECK: linalg.matmul
// CHECK: tensor.pad
// CHECK: call @helper(%{{.*}}) : (tensor<1x3xf32>) -> tensor<1x3xf32>
func.func @layers(%x: tensor<1x2xf16>, %i: tensor<1xi16>) -> (tensor<1x3xf16>, tensor<1xi16>) {
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0.0 : f16
  %w = arith.constant dense_resource<weights> : tensor<2x2xf16>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<1x2xf16>, tensor<2x2xf16>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x2xf16>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%m : tensor<1x2xf32>) outs(%e2 : tensor<1x2xf16>) {
  ^bb0(%a: f32, %o: f16):
    %0 = arith.truncf %a : f32 to f16
    %1 = arith.addf %0, %none : f16
    linalg.yield %1 : f16
  } -> tensor<1x2xf16>
  %p = tensor.pad %t low[0, 0] high[0, 1] {
  ^bb0(%j: index, %k: index):
    tensor.yield %none : f16
  } : tensor<1x2xf16> to tensor<1x3xf16>
  %y = func.call @helper(%p) : (tensor<1x3xf16>) -> tensor<1x3xf16>
  return %y, %i : tensor<1x3xf16>, tensor<1xi16>
}
// CHECK: func.func private @helper(%{{.*}}: tensor<1x3xf32>) -> tensor<1x3xf32>
func.func private @helper(%x: tensor<1x3xf16>) -> tensor<1x3xf16> {
  return %x : tensor<1x3xf16>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x02000000003C00BCFF7B0100"
    }
  }
#-}

// -----

// In the body of a generic: nothing is left to extend. The values are the
// largest and the smallest f16 and -1.0 and 2^-133 in bf16.
// CHECK-LABEL: func.func @body
// CHECK-DAG: %[[W:.*]] = arith.constant dense<[6.550400e+04, 5.96046448E-8]> : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[-1.000000e+00, 9.183550e-41]> : tensor<2xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[W]], %[[B]] : tensor<3x2xf32>, tensor<2xf32>, tensor<2xf32>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[A:.*]]: f32, %[[C:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[M:.*]] = arith.mulf %[[X]], %[[A]] : f32
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[M]], %[[C]] : f32
// CHECK-NEXT: linalg.yield %[[S]] : f32
func.func @body(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %h = arith.constant dense<"0xFF7B0100"> : tensor<2xf16>
  %b = arith.constant dense_resource<bias> : tensor<2xbf16>
  %e = tensor.empty() : tensor<3x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %h, %b : tensor<3x2xf32>, tensor<2xf16>, tensor<2xbf16>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%in: f32, %w: f16, %c: bf16, %out: f32):
    %0 = arith.extf %w : f16 to f32
    %1 = arith.extf %c : bf16 to f32
    %2 = arith.mulf %in, %0 : f32
    %3 = arith.addf %2, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      bias: "0x0200000080BF0100"
    }
  }
#-}

// -----

// CHECK-LABEL: func.func @single
// CHECK: arith.truncf %{{.*}} : tensor<2xf64> to tensor<2xf32>
func.func @single(%x: tensor<2xf64>) -> tensor<2xf32> {
  %y = arith.truncf %x : tensor<2xf64> to tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @bits(%x: tensor<2xf16>) -> tensor<2xi16> {
  // expected-error @+1 {{expected f32 or integers, got 'tensor<2xi16>'}}
  %y = arith.bitcast %x : tensor<2xf16> to tensor<2xi16>
  return %y : tensor<2xi16>
}

// -----

func.func @scales(%x: tensor<2xf16>) -> tensor<2x!quant.uniform<i8:f16, 0.5>> {
  // expected-error @+1 {{expected f32 or integers, got 'tensor<2x!quant.uniform<i8:f16, 5.000000e-01>>'}}
  %y = quant.qcast %x : tensor<2xf16> to tensor<2x!quant.uniform<i8:f16, 0.5>>
  return %y : tensor<2x!quant.uniform<i8:f16, 0.5>>
}

// -----

func.func @missing() -> tensor<2xf16> {
  // expected-error @+1 {{dense_resource 'gone' has no data}}
  %w = arith.constant dense_resource<gone> : tensor<2xf16>
  return %w : tensor<2xf16>
}
