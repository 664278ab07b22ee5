// RUN: qdot-opt %s --split-input-file --qdot-simplify-bodies --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<6xf32>, %[[S:.*]]: tensor<2xf32>)
// CHECK: %[[W:.*]] = tensor.empty() : tensor<3xi1>
// CHECK-NEXT: %[[Y:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0 * 3 + d1)>, affine_map<(d0, d1) -> (d0)>]
// CHECK-SAME: ins(%[[W]], %[[X]] : tensor<3xi1>, tensor<6xf32>) outs(%[[S]] : tensor<2xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: i1, %[[B:.*]]: f32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[R:.*]] = arith.addf %[[B]], %[[O]] : f32
// CHECK-NEXT: linalg.yield %[[R]] : f32
// CHECK: return %[[Y]]
func.func @main(%x: tensor<6xf32>, %s: tensor<2xf32>) -> tensor<2xf32> {
  %c3 = arith.constant 3 : index
  %w = tensor.empty() : tensor<3xi1>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%w : tensor<3xi1>) outs(%s : tensor<2xf32>) {
  ^bb0(%a: i1, %o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %0 = arith.muli %i, %c3 : index
    %1 = arith.addi %0, %j : index
    %2 = tensor.extract %x[%1] : tensor<6xf32>
    %3 = arith.addf %2, %o : f32
    linalg.yield %3 : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// Adaptive average pooling from 4 to 4: windows of up to two elements of which
// one counts; the second result is the number of terms, the same everywhere.
// The division reads its destination.
// CHECK-LABEL: func.func @adaptive
// CHECK-SAME: (%[[X:.*]]: tensor<5xf32>)
// CHECK: %[[W:.*]] = tensor.empty() : tensor<1xi1>
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0 + d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%[[W]], %[[X]] : tensor<1xi1>, tensor<5xf32>)
// CHECK-NEXT: ^bb0(%{{.*}}: i1, %[[B:.*]]: f32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[R:.*]] = arith.addf %[[B]], %[[O]] : f32
// CHECK-NEXT: linalg.yield %[[R]] : f32
// CHECK: %[[COUNT:.*]] = linalg.generic
// CHECK-NEXT: ^bb0
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT: linalg.yield %[[ONE]] : f32
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[COUNT]], %[[SUM]] : tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT: ^bb0(%[[N:.*]]: f32, %[[V:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: arith.divf %[[V]], %[[N]] : f32
func.func @adaptive(%x: tensor<5xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %w = tensor.empty() : tensor<2xi1>
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y:2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%w : tensor<2xi1>) outs(%f, %e : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: i1, %o: f32, %p: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %0 = arith.muli %i, %c4 : index
    %begin = arith.floordivsi %0, %c4 : index
    %1 = arith.addi %i, %c1 : index
    %2 = arith.muli %1, %c4 : index
    %3 = arith.subi %2, %c1 : index
    %4 = arith.floordivsi %3, %c4 : index
    %end = arith.addi %4, %c1 : index
    %5 = arith.addi %begin, %j : index
    %6 = tensor.extract %x[%5] : tensor<5xf32>
    %7 = arith.cmpi ult, %5, %end : index
    %8 = arith.select %7, %6, %zero : f32
    %9 = arith.addf %8, %o : f32
    %10 = arith.subi %end, %begin : index
    %11 = arith.index_cast %10 : index to i64
    %12 = arith.sitofp %11 : i64 to f32
    linalg.yield %9, %12 : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  %z = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%y#1 : tensor<4xf32>) outs(%y#0 : tensor<4xf32>) {
  ^bb0(%n: f32, %o: f32):
    %0 = arith.divf %o, %n : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// The maximum and its index: one is not read.
// CHECK-LABEL: func.func @maximum
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2xf32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[O:.*]]: f32):
// CHECK-NEXT: %[[R:.*]] = arith.maximumf %[[A]], %[[O]] : f32
// CHECK-NEXT: linalg.yield %[[R]] : f32
// CHECK: return %[[Y]]
func.func @maximum(%x: tensor<2x3xf32>, %m: tensor<2xf32>, %i: tensor<2xi64>) -> tensor<2xf32> {
  %y:2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x3xf32>) outs(%m, %i : tensor<2xf32>, tensor<2xi64>) {
  ^bb0(%a: f32, %o: f32, %p: i64):
    %0 = linalg.index 1 : index
    %1 = arith.index_cast %0 : index to i64
    %2 = arith.maximumf %a, %o : f32
    %3 = arith.cmpf ogt, %a, %o : f32
    %4 = arith.select %3, %1, %p : i64
    linalg.yield %2, %4 : f32, i64
  } -> (tensor<2xf32>, tensor<2xi64>)
  return %y#0 : tensor<2xf32>
}

// -----

// When the index is read, it needs the maximum: one op.
// CHECK-LABEL: func.func @argmax
// CHECK: linalg.generic
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, i64
func.func @argmax(%x: tensor<2x3xf32>, %m: tensor<2xf32>, %i: tensor<2xi64>) -> tensor<2xi64> {
  %y:2 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x3xf32>) outs(%m, %i : tensor<2xf32>, tensor<2xi64>) {
  ^bb0(%a: f32, %o: f32, %p: i64):
    %0 = linalg.index 1 : index
    %1 = arith.index_cast %0 : index to i64
    %2 = arith.maximumf %a, %o : f32
    %3 = arith.cmpf ogt, %a, %o : f32
    %4 = arith.select %3, %1, %p : i64
    linalg.yield %2, %4 : f32, i64
  } -> (tensor<2xf32>, tensor<2xi64>)
  return %y#1 : tensor<2xi64>
}

// -----

// torch-mlir reads unit dimensions at 0; a dimension that is broadcast stays.
// CHECK-LABEL: func.func @units
// CHECK: indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>]
func.func @units(%x: tensor<1x4x5xf32>, %b: tensor<1x5xf32>) -> tensor<1x4x5xf32> {
  %e = tensor.empty() : tensor<1x4x5xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (0, j, k)>, affine_map<(i, j, k) -> (0, k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %b : tensor<1x4x5xf32>, tensor<1x5xf32>) outs(%e : tensor<1x4x5xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %0 = arith.addf %a, %c : f32
    linalg.yield %0 : f32
  } -> tensor<1x4x5xf32>
  return %y : tensor<1x4x5xf32>
}

// -----

// A gather and windows that leave the tensor keep their extract.
// CHECK-LABEL: func.func @gather
// CHECK-COUNT-2: tensor.extract
func.func @gather(%x: tensor<6xf32>, %i: tensor<4xi64>) -> (tensor<4xf32>, tensor<4xf32>) {
  %c3 = arith.constant 3 : index
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%i : tensor<4xi64>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: i64, %o: f32):
    %0 = arith.index_cast %a : i64 to index
    %1 = tensor.extract %x[%0] : tensor<6xf32>
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %z = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} outs(%e : tensor<4xf32>) {
  ^bb0(%o: f32):
    %0 = linalg.index 0 : index
    %1 = arith.addi %0, %c3 : index
    %2 = tensor.extract %x[%1] : tensor<6xf32>
    linalg.yield %2 : f32
  } -> tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}
