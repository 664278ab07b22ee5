// RUN: qdot-opt %s --qdot-widen-masks --mlir-print-local-scope | FileCheck %s

// The example of ImportPasses.td.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<2xf32>, %[[M:.*]]: tensor<2xi8>) -> tensor<2xf32>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2xi1>
// CHECK: %[[MASK:.*]] = linalg.generic {{.*}} ins(%[[M]] : tensor<2xi8>) outs(%[[E]] : tensor<2xi1>)
// CHECK: ^bb0(%[[IN:.*]]: i8, %{{.*}}: i1):
// CHECK: %[[ZERO:.*]] = arith.constant 0 : i8
// CHECK: %[[IS:.*]] = arith.cmpi ne, %[[IN]], %[[ZERO]] : i8
// CHECK: linalg.yield %[[IS]] : i1
// CHECK: arith.select %[[MASK]], %[[X]], %{{.*}} : tensor<2xi1>, tensor<2xf32>
func.func @main(%x: tensor<2xf32>, %m: tensor<2xi1>) -> tensor<2xf32> {
  %z = arith.constant dense<0.0> : tensor<2xf32>
  %y = arith.select %m, %x, %z : tensor<2xi1>, tensor<2xf32>
  return %y : tensor<2xf32>
}

// A result, of dynamic size: 0 or 1.
// CHECK-LABEL: func.func @both(
// CHECK-SAME: %[[M:.*]]: tensor<?x3xi8>) -> (tensor<?x3xi8>, index)
// CHECK: %[[MASK:.*]] = linalg.generic {{.*}} ins(%[[M]] : tensor<?x3xi8>)
// CHECK: %[[BYTES:.*]] = linalg.generic {{.*}} ins(%[[MASK]] : tensor<?x3xi1>)
// CHECK: arith.extui %{{.*}} : i1 to i8
// CHECK: return %[[BYTES]], %{{.*}} : tensor<?x3xi8>, index
func.func @both(%m: tensor<?x3xi1>) -> (tensor<?x3xi1>, index) {
  %c = arith.constant 0 : index
  %n = tensor.dim %m, %c : tensor<?x3xi1>
  return %m, %n : tensor<?x3xi1>, index
}

// No mask, and a function that is called.
// CHECK-LABEL: func.func @called(%{{.*}}: tensor<2xi1>) -> tensor<2xi1>
func.func @called(%m: tensor<2xi1>) -> tensor<2xi1> {
  return %m : tensor<2xi1>
}

// CHECK-LABEL: func.func @caller(%{{.*}}: tensor<2xi8>) -> tensor<2xi8>
// CHECK: call @called(%{{.*}}) : (tensor<2xi1>) -> tensor<2xi1>
func.func @caller(%m: tensor<2xi1>) -> tensor<2xi1> {
  %y = func.call @called(%m) : (tensor<2xi1>) -> tensor<2xi1>
  return %y : tensor<2xi1>
}
