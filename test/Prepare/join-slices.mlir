// RUN: qdot-opt %s --qdot-join-slices | FileCheck %s

// The example of ImportPasses.td.
// CHECK-LABEL: func.func @example
// CHECK-SAME: %[[A:.*]]: tensor<1x2xf32>, %[[B:.*]]: tensor<1x3xf32>
// CHECK-NOT: tensor.insert_slice
// CHECK: %[[C:.*]] = tensor.concat dim(1) %[[A]], %[[B]] : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
// CHECK: return %[[C]]
func.func @example(%a: tensor<1x2xf32>, %b: tensor<1x3xf32>) -> tensor<1x5xf32> {
  %0 = tensor.empty() : tensor<1x5xf32>
  %1 = tensor.insert_slice %a into %0[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x5xf32>
  %2 = tensor.insert_slice %b into %1[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  return %2 : tensor<1x5xf32>
}

// In any order, into anything, with a dynamic batch.
// CHECK-LABEL: func.func @batch
// CHECK-SAME: %[[A:.*]]: tensor<?x2xi8>, %[[B:.*]]: tensor<?x3xi8>
// CHECK: %[[C:.*]] = tensor.concat dim(1) %[[A]], %[[B]], %[[A]] : (tensor<?x2xi8>, tensor<?x3xi8>, tensor<?x2xi8>) -> tensor<?x7xi8>
// CHECK: return %[[C]]
func.func @batch(%a: tensor<?x2xi8>, %b: tensor<?x3xi8>) -> tensor<?x7xi8> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?x2xi8>
  %0 = tensor.empty(%n) : tensor<?x7xi8>
  %1 = tensor.insert_slice %a into %0[0, 5] [%n, 2] [1, 1] : tensor<?x2xi8> into tensor<?x7xi8>
  %2 = tensor.insert_slice %a into %1[0, 0] [%n, 2] [1, 1] : tensor<?x2xi8> into tensor<?x7xi8>
  %3 = tensor.insert_slice %b into %2[0, 2] [%n, 3] [1, 1] : tensor<?x3xi8> into tensor<?x7xi8>
  return %3 : tensor<?x7xi8>
}

// Something is left out, twice written, read in between, of another rank, or
// nobody knows where.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: tensor.concat
// CHECK: return
func.func @stay(%a: tensor<1x2xf32>, %b: tensor<1x3xf32>, %c: tensor<2xf32>, %at: index) -> (tensor<1x6xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>) {
  %big = tensor.empty() : tensor<1x6xf32>
  %0 = tensor.insert_slice %a into %big[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x6xf32>
  %1 = tensor.insert_slice %b into %0[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x6xf32>
  %e = tensor.empty() : tensor<1x5xf32>
  %2 = tensor.insert_slice %b into %e[0, 0] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  %3 = tensor.insert_slice %b into %2[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  %4 = tensor.insert_slice %a into %e[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x5xf32>
  %5 = tensor.insert_slice %b into %4[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  %6 = tensor.insert_slice %c into %e[0, 0] [1, 2] [1, 1] : tensor<2xf32> into tensor<1x5xf32>
  %7 = tensor.insert_slice %b into %6[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  %8 = tensor.insert_slice %a into %e[0, %at] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x5xf32>
  %9 = tensor.insert_slice %b into %8[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
  return %1, %3, %4, %5, %7, %9 : tensor<1x6xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>
}
