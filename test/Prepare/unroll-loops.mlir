// RUN: qdot-opt %s --qdot-unroll-loops | FileCheck %s
// RUN: qdot-opt %s --qdot-unroll-loops=max-operations=1 | FileCheck %s --check-prefix=FEW

// The example of the documentation.
// CHECK-LABEL: func.func @steps
// CHECK-SAME: (%[[X:.*]]: tensor<1x4xf32>, %[[E:.*]]: tensor<1x4xf32>)
// CHECK: %[[A:.*]] = linalg.exp ins(%[[X]] : tensor<1x4xf32>) outs(%[[E]] : tensor<1x4xf32>)
// CHECK-NEXT: %[[B:.*]] = linalg.exp ins(%[[A]] : tensor<1x4xf32>) outs(%[[E]] : tensor<1x4xf32>)
// CHECK-NEXT: return %[[B]]
// FEW-LABEL: func.func @steps
// FEW: scf.for
func.func @steps(%x: tensor<1x4xf32>, %e: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %h = scf.for %t = %c0 to %c2 step %c1 iter_args(%a = %x) -> (tensor<1x4xf32>) {
    %n = linalg.exp ins(%a : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    scf.yield %n : tensor<1x4xf32>
  }
  return %h : tensor<1x4xf32>
}

// A while loop that counts, with a loop in it.
// CHECK-LABEL: func.func @while
// CHECK-NOT: scf.
// CHECK-COUNT-6: linalg.exp
// CHECK-NOT: linalg.exp
// CHECK: return
func.func @while(%x: tensor<1x4xf32>, %e: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %r:2 = scf.while (%i = %c0, %a = %x) : (index, tensor<1x4xf32>) -> (index, tensor<1x4xf32>) {
    %go = arith.cmpi slt, %i, %c3 : index
    scf.condition(%go) %i, %a : index, tensor<1x4xf32>
  } do {
  ^bb0(%i: index, %a: tensor<1x4xf32>):
    %n = scf.for %t = %c0 to %c2 step %c1 iter_args(%b = %a) -> (tensor<1x4xf32>) {
      %m = linalg.exp ins(%b : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
      scf.yield %m : tensor<1x4xf32>
    }
    %j = arith.addi %i, %c1 : index
    scf.yield %j, %n : index, tensor<1x4xf32>
  }
  return %r#1 : tensor<1x4xf32>
}

// Unknown lengths and loops without layers stay.
// CHECK-LABEL: func.func @kept
// CHECK: scf.for
// CHECK: linalg.exp
// CHECK: scf.for
// CHECK: arith.addf
func.func @kept(%x: tensor<1x4xf32>, %e: tensor<1x4xf32>, %n: index) -> (tensor<1x4xf32>, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %h = scf.for %t = %c0 to %n step %c1 iter_args(%a = %x) -> (tensor<1x4xf32>) {
    %y = linalg.exp ins(%a : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    scf.yield %y : tensor<1x4xf32>
  }
  %s = scf.for %t = %c0 to %c4 step %c1 iter_args(%a = %zero) -> (f32) {
    %v = tensor.extract %x[%c0, %t] : tensor<1x4xf32>
    %p = arith.addf %a, %v : f32
    scf.yield %p : f32
  }
  return %h, %s : tensor<1x4xf32>, f32
}
