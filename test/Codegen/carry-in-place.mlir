// RUN: qdot-opt %s --qdot-carry-in-place | FileCheck %s
// RUN: qdot-opt %s --qdot-lower-to-llvm -o %t.ll
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t.ll

// No step allocates.
// LLVM-NOT: call @malloc

// CHECK-LABEL: func.func @steps
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}) -> (tensor<4xf32>) {
// CHECK-NEXT: %[[N:.*]] = linalg.exp
// CHECK-NEXT: %[[M:.*]] = bufferization.materialize_in_destination %[[N]] in %[[A]] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: scf.yield %[[M]] : tensor<4xf32>
func.func @steps(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %e = tensor.empty() : tensor<4xf32>
  %h = scf.for %t = %c0 to %c9 step %c1 iter_args(%a = %x) -> (tensor<4xf32>) {
    %n = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  return %h : tensor<4xf32>
}

// What is carried on as it is, numbers.
// CHECK-LABEL: func.func @while
// CHECK: scf.condition(%{{.*}}) %{{.*}}, %{{.*}} : index, tensor<4xf32>
// CHECK: ^bb0(%[[I:.*]]: index, %[[A:.*]]: tensor<4xf32>):
// CHECK: %[[M:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[A]]
// CHECK: scf.yield %{{.*}}, %[[M]] : index, tensor<4xf32>
func.func @while(%x: tensor<4xf32>, %n: tensor<1xi64>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %e = tensor.empty() : tensor<4xf32>
  %h:2 = scf.while (%t = %c0, %a = %x) : (index, tensor<4xf32>) -> (index, tensor<4xf32>) {
    %i = tensor.extract %n[%c0] : tensor<1xi64>
    %count = arith.index_cast %i : i64 to index
    %go = arith.cmpi slt, %t, %count : index
    scf.condition(%go) %t, %a : index, tensor<4xf32>
  } do {
  ^bb0(%t: index, %a: tensor<4xf32>):
    %m = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %s = arith.addi %t, %c1 : index
    scf.yield %s, %m : index, tensor<4xf32>
  }
  return %h#1 : tensor<4xf32>
}
