// RUN: qdot-opt %s --split-input-file --qdot-resolve-sizes --cse | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32>)
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[D:.*]] = tensor.dim %[[X]], %[[ZERO]] : tensor<?x4xf32>
// CHECK-NEXT: %[[E:.*]] = tensor.empty(%[[D]]) : tensor<?x4xf32>
// CHECK-NEXT: %[[Y:.*]] = linalg.exp ins(%[[X]] : tensor<?x4xf32>) outs(%[[E]] : tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT: %[[Z:.*]] = linalg.add ins(%[[X]], %[[Y]] : tensor<?x4xf32>, tensor<?x4xf32>) outs(%[[E]] : tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT: return %[[Z]]
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %d0 = tensor.dim %x, %zero : tensor<?x4xf32>
  %e0 = tensor.empty(%d0) : tensor<?x4xf32>
  %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %d1 = tensor.dim %y, %zero : tensor<?x4xf32>
  %m = arith.maxui %d0, %d1 : index
  %c = arith.cmpi eq, %d1, %one : index
  %b = scf.if %c -> (tensor<?x4xf32>) {
    %e1 = tensor.empty(%m) : tensor<?x4xf32>
    %copy = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x4xf32>) outs(%e1 : tensor<?x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    } -> tensor<?x4xf32>
    scf.yield %copy : tensor<?x4xf32>
  } else {
    scf.yield %y : tensor<?x4xf32>
  }
  %e2 = tensor.empty(%m) : tensor<?x4xf32>
  %z = linalg.add ins(%x, %b : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e2 : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

// Through reshapes, slices, padding and arithmetic; a factor that stays is
// computed.
// CHECK-LABEL: func.func @sources
// CHECK-SAME: (%[[X:.*]]: tensor<?x2x3xf32>)
// CHECK: %[[P:.*]] = tensor.dim %{{.*}} : tensor<?xf32>
// CHECK: %[[D:.*]] = tensor.dim %[[X]], %{{.*}} : tensor<?x2x3xf32>
// CHECK: return %[[D]], %[[D]], %[[P]], %[[D]], %{{.*}} : index
func.func @sources(%x: tensor<?x2x3xf32>) -> (index, index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %f = arith.constant 0.0 : f32
  %flat = tensor.collapse_shape %x [[0, 1, 2]] : tensor<?x2x3xf32> into tensor<?xf32>
  %n = tensor.dim %flat, %c0 : tensor<?xf32>
  %b = arith.divsi %n, %c6 : index
  %again = tensor.expand_shape %flat [[0, 1]] output_shape [%b, 6] : tensor<?xf32> into tensor<?x6xf32>
  %padded = tensor.pad %again low[0, 1] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %f : f32
  } : tensor<?x6xf32> to tensor<?x7xf32>
  %d0 = tensor.dim %padded, %c0 : tensor<?x7xf32>
  %slice = tensor.extract_slice %padded[0, 0] [%b, 2] [1, 1] : tensor<?x7xf32> to tensor<?x2xf32>
  %d1 = tensor.dim %slice, %c0 : tensor<?x2xf32>
  %cut = tensor.extract_slice %padded[0, 0] [1, %d1] [1, 1] : tensor<?x7xf32> to tensor<?xf32>
  %d3 = tensor.dim %cut, %c0 : tensor<?xf32>
  %d4 = tensor.dim %padded, %c1 : tensor<?x7xf32>
  return %d0, %d1, %n, %d3, %d4 : index, index, index, index, index
}

// -----

// Sizes that need not agree: both forms of broadcasting stay.
// CHECK-LABEL: func.func @unknown
// CHECK: arith.maxui
// CHECK: scf.if
func.func @unknown(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %d0 = tensor.dim %x, %zero : tensor<?x4xf32>
  %d1 = tensor.dim %y, %zero : tensor<?x4xf32>
  %m = arith.maxui %d0, %d1 : index
  %c = arith.cmpi eq, %d1, %one : index
  %b = scf.if %c -> (tensor<?x4xf32>) {
    %e1 = tensor.empty(%m) : tensor<?x4xf32>
    %copy = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%y : tensor<?x4xf32>) outs(%e1 : tensor<?x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    } -> tensor<?x4xf32>
    scf.yield %copy : tensor<?x4xf32>
  } else {
    scf.yield %y : tensor<?x4xf32>
  }
  return %b : tensor<?x4xf32>
}

// -----

// The copy is no copy: another element along the other dimension.
// CHECK-LABEL: func.func @other
// CHECK: scf.if
func.func @other(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %d = tensor.dim %x, %zero : tensor<?x4xf32>
  %c = arith.cmpi eq, %d, %one : index
  %b = scf.if %c -> (tensor<?x4xf32>) {
    %e1 = tensor.empty(%d) : tensor<?x4xf32>
    %copy = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x4xf32>) outs(%e1 : tensor<?x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    } -> tensor<?x4xf32>
    scf.yield %copy : tensor<?x4xf32>
  } else {
    scf.yield %x : tensor<?x4xf32>
  }
  return %b : tensor<?x4xf32>
}
