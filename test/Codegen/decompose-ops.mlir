// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-decompose-ops | FileCheck %s
// RUN: qdot-opt %s --split-input-file --qdot-decompose-ops=partial | FileCheck %s --check-prefix=PARTIAL

// CHECK-LABEL: func.func @concat
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2x4xf32>
// CHECK: %[[A:.*]] = tensor.insert_slice %{{.*}} into %[[E]][0, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<2x4xf32>
// CHECK: %[[B:.*]] = tensor.insert_slice %{{.*}} into %[[A]][1, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<2x4xf32>
// CHECK: return %[[B]]
func.func @concat(%a: tensor<1x4xf32>, %b: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %c = tensor.concat dim(0) %a, %b : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  return %c : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @softmax
// CHECK-NOT: linalg.softmax
// CHECK: math.exp
// CHECK: arith.divf
func.func @softmax(%x: tensor<2x4xf32>, %e: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %y = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @gather(
// CHECK-SAME: %[[X:.*]]: tensor<3x4x5xf32>, %[[I:.*]]: tensor<?x2xi32>
// CHECK: linalg.generic
// CHECK: %[[B:.*]] = linalg.index 0 : index
// CHECK: %[[ROW:.*]] = tensor.extract %[[I]][%[[B]], %c0
// CHECK: %[[R:.*]] = arith.index_cast %[[ROW]] : i32 to index
// CHECK: %[[C:.*]] = linalg.index 1 : index
// CHECK: %[[LAST:.*]] = tensor.extract %[[I]][%[[B]], %c1
// CHECK: %[[L:.*]] = arith.index_cast %[[LAST]] : i32 to index
// CHECK: tensor.extract %[[X]][%[[R]], %[[C]], %[[L]]]
func.func @gather(%x: tensor<3x4x5xf32>, %i: tensor<?x2xi32>) -> tensor<?x4xf32> {
  %y = tensor.gather %x[%i] gather_dims([0, 2]) : (tensor<3x4x5xf32>, tensor<?x2xi32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Elementwise ops of other dialects, with an operand that is no tensor.
// CHECK-LABEL: func.func @elementwise
// CHECK: linalg.generic
// CHECK: arith.negf %{{.*}} : f32
// CHECK: linalg.generic
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
func.func @elementwise(%x: tensor<2x4xf32>, %c: i1) -> tensor<2x4xf32> {
  %n = arith.negf %x : tensor<2x4xf32>
  %y = arith.select %c, %n, %x : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A pad is an insertion into a filled tensor, which its producer may then write
// in place; a value that depends on the position is generated.
// CHECK-LABEL: func.func @pad(
// CHECK-SAME: %[[X:.*]]: tensor<?x3x4xi8>, %[[Y:.*]]: tensor<3xi32>
// CHECK: %[[ZERO:.*]] = arith.constant -5 : i8
// CHECK: %[[N:.*]] = tensor.dim %[[X]], %{{.*}} : tensor<?x3x4xi8>
// CHECK: %[[E:.*]] = tensor.empty(%[[N]]) : tensor<?x6x7xi8>
// CHECK: %[[FILLED:.*]] = linalg.fill ins(%[[ZERO]] : i8) outs(%[[E]] : tensor<?x6x7xi8>) -> tensor<?x6x7xi8>
// CHECK: %[[P:.*]] = tensor.insert_slice %[[X]] into %[[FILLED]][0, 1, 2] [%{{.*}}, 3, 4] [1, 1, 1] : tensor<?x3x4xi8> into tensor<?x6x7xi8>
// CHECK: %[[G:.*]] = tensor.generate
// CHECK: %[[Q:.*]] = tensor.insert_slice %[[Y]] into %[[G]][1] [3] [1] : tensor<3xi32> into tensor<5xi32>
// CHECK: return %[[P]], %[[Q]]
func.func @pad(%x: tensor<?x3x4xi8>, %y: tensor<3xi32>) -> (tensor<?x6x7xi8>, tensor<5xi32>) {
  %zero = arith.constant -5 : i8
  %p = tensor.pad %x low[0, 1, 2] high[0, 2, 1] {
  ^bb0(%b: index, %i: index, %j: index):
    tensor.yield %zero : i8
  } : tensor<?x3x4xi8> to tensor<?x6x7xi8>
  %q = tensor.pad %y low[1] high[1] {
  ^bb0(%i: index):
    %v = arith.index_cast %i : index to i32
    tensor.yield %v : i32
  } : tensor<3xi32> to tensor<5xi32>
  return %p, %q : tensor<?x6x7xi8>, tensor<5xi32>
}

// From 32 KB on only the borders are filled: the first rows whole, the columns
// between the rows. There is none in front of the third dimension.
// CHECK-LABEL: func.func @large_pad(
// CHECK-SAME: %[[X:.*]]: tensor<64x64x8xi8>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<66x65x9xi8>
// CHECK: %[[S0:.*]] = tensor.extract_slice %[[E]][0, 0, 0] [2, 65, 9] [1, 1, 1]
// CHECK: %[[F0:.*]] = linalg.fill ins(%{{.*}} : i8) outs(%[[S0]] : tensor<2x65x9xi8>)
// CHECK: %[[I0:.*]] = tensor.insert_slice %[[F0]] into %[[E]][0, 0, 0] [2, 65, 9] [1, 1, 1]
// CHECK: tensor.extract_slice %[[I0]][2, 64, 0] [64, 1, 9] [1, 1, 1]
// CHECK: %[[I1:.*]] = tensor.insert_slice
// CHECK: tensor.extract_slice %[[I1]][2, 0, 8] [64, 64, 1] [1, 1, 1]
// CHECK: %[[I2:.*]] = tensor.insert_slice
// CHECK: %[[P:.*]] = tensor.insert_slice %[[X]] into %[[I2]][2, 0, 0] [64, 64, 8] [1, 1, 1]
// CHECK: return %[[P]]
func.func @large_pad(%x: tensor<64x64x8xi8>) -> tensor<66x65x9xi8> {
  %p = tensor.pad %x low[2, 0, 0] high[0, 1, 1] {
  ^bb0(%b: index, %i: index, %j: index):
    %zero = arith.constant -5 : i8
    tensor.yield %zero : i8
  } : tensor<64x64x8xi8> to tensor<66x65x9xi8>
  return %p : tensor<66x65x9xi8>
}

// -----

// PARTIAL-LABEL: func.func @unknown
// PARTIAL: tensor.scatter
func.func @unknown(%x: tensor<2x1xf32>, %i: tensor<2x1xindex>, %o: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'tensor.scatter' op on tensors cannot be lowered to loops}}
  %y = tensor.scatter %x into %o[%i] scatter_dims([0]) unique : (tensor<2x1xf32>, tensor<4xf32>, tensor<2x1xindex>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
