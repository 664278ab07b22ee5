// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-widen-constants --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[W:.*]] = arith.constant dense<[1.500000e+00, -2.500000e-01]> : tensor<2xf32>
// CHECK-NEXT: return %[[W]] : tensor<2xf32>
func.func @main() -> tensor<2xf32> {
  %h = arith.constant dense<[1.5, -0.25]> : tensor<2xf16>
  %w = arith.extf %h : tensor<2xf16> to tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// In the body of a generic; the other operand stays as it is. The values are
// the largest and the smallest f16 and -1.0 and 2^-133 in bf16.
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

// What reads the constant otherwise keeps it.
// CHECK-LABEL: func.func @both
// CHECK-DAG: arith.constant dense<1.500000e+00> : tensor<2xf32>
// CHECK-DAG: %[[H:.*]] = arith.constant dense<1.500000e+00> : tensor<2xf16>
// CHECK: arith.negf %[[H]] : tensor<2xf16>
// CHECK-NOT: arith.extf
func.func @both() -> (tensor<2xf32>, tensor<2xf16>) {
  %h = arith.constant dense<1.5> : tensor<2xf16>
  %w = arith.extf %h : tensor<2xf16> to tensor<2xf32>
  %n = arith.negf %h : tensor<2xf16>
  return %w, %n : tensor<2xf32>, tensor<2xf16>
}

// -----

func.func @missing() -> tensor<2xf32> {
  // expected-error@+1 {{dense_resource 'gone' has no data}}
  %h = arith.constant dense_resource<gone> : tensor<2xf16>
  %w = arith.extf %h : tensor<2xf16> to tensor<2xf32>
  return %w : tensor<2xf32>
}
