// RUN: qdot-opt %s --split-input-file --qdot-import-globals | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[W:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: return %[[W]] : tensor<2xf32>
ml_program.global private @w(dense<[1.0, 2.0]> : tensor<2xf32>) : tensor<2xf32>
func.func @main() -> tensor<2xf32> {
  %w = ml_program.global_load_const @w : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// Mutable: nobody stores to the first, somebody to the second; the third is
// public, the fourth has no value.
// CHECK-LABEL: func.func @mutable
// CHECK-NEXT: %[[A:.*]] = arith.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[B:.*]] = ml_program.global_load @b
// CHECK-NEXT: ml_program.global_store @b = %[[A]]
// CHECK-NEXT: %[[C:.*]] = ml_program.global_load @c
// CHECK-NEXT: %[[D:.*]] = ml_program.global_load_const @d
// CHECK-NEXT: return %[[A]], %[[B]], %[[C]], %[[D]]
ml_program.global private mutable @a(dense<1.0> : tensor<2xf32>) : tensor<2xf32>
ml_program.global private mutable @b(dense<2.0> : tensor<2xf32>) : tensor<2xf32>
ml_program.global public mutable @c(dense<3.0> : tensor<2xf32>) : tensor<2xf32>
ml_program.global private @d(#ml_program.extern : tensor<2xf32>) : tensor<2xf32>
func.func @mutable() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %a = ml_program.global_load @a : tensor<2xf32>
  %b = ml_program.global_load @b : tensor<2xf32>
  ml_program.global_store @b = %a : tensor<2xf32>
  %c = ml_program.global_load @c : tensor<2xf32>
  %d = ml_program.global_load_const @d : tensor<2xf32>
  return %a, %b, %c, %d : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
