// RUN: qdot-opt %s --qdot-fuse-elementwise --mlir-print-local-scope | FileCheck %s
// RUN: qdot-opt %s --qdot-fuse-elementwise=floats | FileCheck %s --check-prefix=FLOATS

#id = affine_map<(i) -> (i)>

// The example of VectorPasses.td.
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<64xi8>) outs(%{{.*}} : tensor<64xi8>)
// CHECK-NEXT: ^bb0(%[[IN:.*]]: i8, %{{.*}}: i8):
// CHECK-NEXT: %[[WIDE:.*]] = arith.extsi %[[IN]] : i8 to i32
// CHECK-NEXT: %[[Q:.*]] = qdot.requantize %[[WIDE]]
// CHECK-NEXT: linalg.yield %[[Q]] : i8
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @example(%x: tensor<64xi8>) -> tensor<64xi8> {
  %m = arith.constant 1073741824 : i32
  %s = arith.constant 31 : i8
  %e = tensor.empty() : tensor<64xi32>
  %f = tensor.empty() : tensor<64xi8>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<64xi8>) outs(%e : tensor<64xi32>) {
  ^bb0(%in: i8, %out: i32):
    %2 = arith.extsi %in : i8 to i32
    linalg.yield %2 : i32
  } -> tensor<64xi32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%0 : tensor<64xi32>) outs(%f : tensor<64xi8>) {
  ^bb0(%in: i32, %out: i8):
    %2 = qdot.requantize %in, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %2 : i8
  } -> tensor<64xi8>
  return %1 : tensor<64xi8>
}

// A sum that two ops read stays, and so do floats.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-3: linalg.generic
// CHECK: return
func.func @kept(%x: tensor<64xi8>, %y: tensor<64xf32>) -> (tensor<64xi32>, tensor<64xi32>, tensor<64xf32>) {
  %e = tensor.empty() : tensor<64xi32>
  %g = tensor.empty() : tensor<64xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<64xi8>) outs(%e : tensor<64xi32>) {
  ^bb0(%in: i8, %out: i32):
    %2 = arith.extsi %in : i8 to i32
    linalg.yield %2 : i32
  } -> tensor<64xi32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%0 : tensor<64xi32>) outs(%e : tensor<64xi32>) {
  ^bb0(%in: i32, %out: i32):
    %2 = arith.addi %in, %in : i32
    linalg.yield %2 : i32
  } -> tensor<64xi32>
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : tensor<64xf32>) outs(%g : tensor<64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %2 = arith.addf %in, %in : f32
    linalg.yield %2 : f32
  } -> tensor<64xf32>
  return %0, %1, %3 : tensor<64xi32>, tensor<64xi32>, tensor<64xf32>
}

// Floats are joined on request; what is the same for a whole row is not
// computed for every element of it.
// CHECK-LABEL: func.func @floats
// CHECK-COUNT-3: linalg.generic
// FLOATS-LABEL: func.func @floats
// FLOATS: linalg.generic
// FLOATS: math.sqrt
// FLOATS: linalg.generic
// FLOATS: arith.divf
// FLOATS-NEXT: math.roundeven
// FLOATS-NOT: linalg.generic
// FLOATS: return
func.func @floats(%x: tensor<4x8xf32>, %s: tensor<4xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %3 = math.sqrt %a : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x, %0 : tensor<4x8xf32>, tensor<4xf32>) outs(%f : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %3 = arith.divf %a, %b : f32
    linalg.yield %3 : f32
  } -> tensor<4x8xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%1 : tensor<4x8xf32>) outs(%f : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %3 = math.roundeven %a : f32
    linalg.yield %3 : f32
  } -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// A producer that reads what its result held before stays an op of its own.
// FLOATS-LABEL: func.func @reads_init
// FLOATS: linalg.generic
// FLOATS-NEXT: ^bb0(%[[IN:.*]]: f32, %[[HELD:.*]]: f32):
// FLOATS-NEXT: arith.mulf %[[HELD]], %[[IN]]
// FLOATS: %[[SUM:.*]] = linalg.generic
// FLOATS: arith.addf
// FLOATS: return %[[SUM]]
func.func @reads_init(%x: tensor<?xf32>, %c: tensor<?xf32>, %i: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%c : tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %2 = arith.mulf %o, %a : f32
    linalg.yield %2 : f32
  } -> tensor<?xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %2 = arith.negf %a : f32
    linalg.yield %2 : f32
  } -> tensor<?xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%0, %3 : tensor<?xf32>, tensor<?xf32>) outs(%i : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %2 = arith.addf %a, %b : f32
    linalg.yield %2 : f32
  } -> tensor<?xf32>
  return %1 : tensor<?xf32>
}
