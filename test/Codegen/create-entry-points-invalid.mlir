// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-create-entry-points
// RUN: not qdot-opt %s --split-input-file --qdot-create-entry-points=entry=other 2>&1 | FileCheck %s

// CHECK: error: has no function 'other'

// expected-error@+1 {{argument #1: expected a ranked tensor, got 'index'}}
func.func @main(%a: tensor<4xf32>, %b: index) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}

// -----

// expected-error@+1 {{argument #0: dimension 1 of 'tensor<2x?xf32>' is dynamic; only the first dimension may be}}
func.func @main(%a: tensor<2x?xf32>) -> tensor<2x?xf32> {
  return %a : tensor<2x?xf32>
}

// -----

// expected-error@+1 {{result #0: expected elements of f32, f64, i8, i16, i32 or i64, got 'i1'}}
func.func @main(%a: tensor<2xf32>, %b: tensor<2xi8>) -> tensor<2xi1> {
  %0 = arith.constant dense<true> : tensor<2xi1>
  return %0 : tensor<2xi1>
}

// -----

// expected-error@+1 {{has no result, so it cannot be an entry point}}
func.func @main(%a: tensor<2xf32>) {
  return
}

// -----

// expected-error@+1 {{has a result with a dynamic dimension, but no argument with one}}
func.func @main(%a: tensor<2xf32>) -> tensor<?xf32> {
  %0 = tensor.cast %a : tensor<2xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// expected-error@+1 {{needs the name 'qdot_main' for its entry point, which is taken}}
func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
  return %a : tensor<2xf32>
}
// expected-note@+1 {{by this}}
func.func private @qdot_main(%a: tensor<2xf32>) -> tensor<2xf32> {
  return %a : tensor<2xf32>
}

// -----

// expected-error@below {{has no public function to make an entry point}}
module {
  func.func private @main(%a: tensor<2xf32>) -> tensor<2xf32> {
    return %a : tensor<2xf32>
  }
}
