// RUN: qdot-opt %s --verify-diagnostics --remarks-filter='qdot.*' --qdot-simplify-requantize --mlir-print-local-scope | FileCheck %s

// Elementwise ops compute with unsigned bytes: signed operands are read 128
// higher, and the sum of two is proved for all pairs (rule S4).
// CHECK-LABEL: func.func @add(
// CHECK: linalg.generic
// CHECK: ^bb0(%[[A:.*]]: i8, %[[B:.*]]: i8, %{{.*}}: i8):
// CHECK: %[[OFFSET:.*]] = arith.constant {{.*}} : f32
// CHECK: %[[UB:.*]] = arith.xori %[[B]], %{{.*}} : i8
// CHECK: %[[WB:.*]] = arith.extui %[[UB]] : i8 to i32
// CHECK: %[[FB:.*]] = arith.sitofp %[[WB]] : i32 to f32
// CHECK: %[[INNER:.*]] = math.fma %[[FB]], %{{.*}}, %[[OFFSET]] : f32
// CHECK: %[[UA:.*]] = arith.xori %[[A]], %{{.*}} : i8
// CHECK: %[[WA:.*]] = arith.extui %[[UA]] : i8 to i32
// CHECK: %[[FA:.*]] = arith.sitofp %[[WA]] : i32 to f32
// CHECK: %[[SUM:.*]] = math.fma %[[FA]], %{{.*}}, %[[INNER]] : f32
// CHECK: %[[ROUND:.*]] = qdot.round %[[SUM]] clamp(1, 255) : i8
// CHECK: %[[R:.*]] = arith.xori %[[ROUND]], %{{.*}} : i8
// CHECK: linalg.yield %[[R]] : i8
func.func @add(%x: tensor<4x8xi8>, %y: tensor<4x8xi8>, %e: tensor<4x8xi8>) -> tensor<4x8xi8> {
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<4x8xi8>, tensor<4x8xi8>) outs(%e : tensor<4x8xi8>) {
  ^bb0(%a: i8, %b: i8, %c: i8):
    %c0 = arith.constant 1963123 : i32
    %c1 = arith.constant 3796904 : i32
    %c2 = arith.constant 24873889 : i32
    %m = arith.constant 1073741824 : i32
    %n = arith.constant 52 : i8
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.muli %0, %c0 : i32
    %2 = arith.addi %1, %c2 : i32
    %3 = arith.extsi %b : i8 to i32
    %4 = arith.muli %3, %c1 : i32
    %5 = arith.addi %2, %4 : i32
    %6 = qdot.requantize %5, %m, %n zero_point(-4) clamp(-127, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %6 : i8
  } -> tensor<4x8xi8>
  return %r : tensor<4x8xi8>
}

// A sum that another op made, within its interval (rule S3).
// CHECK-LABEL: func.func @average(
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK: ^bb0(%[[S:.*]]: i32, %{{.*}}: i8):
// CHECK: %[[ADD:.*]] = arith.addi %[[S]], %{{.*}} : i32
// CHECK: %[[REAL:.*]] = arith.sitofp %[[ADD]] : i32 to f32
// CHECK: %[[FMA:.*]] = math.fma %[[REAL]], %{{.*}}, %{{.*}} : f32
// CHECK: arith.fptosi %[[FMA]] : f32 to i32
// CHECK: arith.xori
func.func @average(%x: tensor<4x8xi8>, %z: tensor<4xi32>, %e: tensor<4xi8>) -> tensor<4xi8> {
  %s = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xi8>) outs(%z : tensor<4xi32>) attrs = {qdot.accumulator = #qdot.accumulator<-1024 to 1016>} {
  ^bb0(%a: i8, %c: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %c, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%s : tensor<4xi32>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i32, %c: i8):
    %m = arith.constant 1224080192 : i32
    %n = arith.constant 32 : i8
    %0 = qdot.requantize %a, %m, %n zero_point(-9) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// Constants per channel become operands; those that nothing reads any more go.
// CHECK-LABEL: func.func @channels(
// CHECK-DAG: %[[SCALES:.*]] = arith.constant dense<{{.*}}> : tensor<2xf32>
// CHECK-DAG: %[[STARTS:.*]] = arith.constant dense<{{.*}}> : tensor<2xi32>
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME: ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x2xi8>, tensor<2xi32>, tensor<2xf32>, tensor<2xf32>)
// CHECK: ^bb0(%{{.*}}: i8, %[[START:.*]]: i32, %[[SCALE:.*]]: f32, %[[OFFSET:.*]]: f32, %{{.*}}: i8):
// CHECK: arith.addi %{{.*}}, %[[START]] : i32
// CHECK: math.fma %{{.*}}, %[[SCALE]], %[[OFFSET]] : f32
func.func @channels(%x: tensor<4x2xi8>, %e: tensor<4x2xi8>) -> tensor<4x2xi8> {
  %m = arith.constant dense<[1400000003, 1234567891]> : tensor<2xi32>
  %n = arith.constant dense<[36, 37]> : tensor<2xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %m, %n : tensor<4x2xi8>, tensor<2xi32>, tensor<2xi8>) outs(%e : tensor<4x2xi8>) {
  ^bb0(%a: i8, %b: i32, %d: i8, %c: i8):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.muli %0, %0 : i32
    %2 = qdot.requantize %1, %b, %d zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %2 : i8
  } -> tensor<4x2xi8>
  return %r : tensor<4x2xi8>
}

// Nothing is known of an argument.
// CHECK-LABEL: func.func @unknown(
// CHECK: qdot.requantize
func.func @unknown(%x: tensor<4xi32>, %e: tensor<4xi8>) -> tensor<4xi8> {
  // expected-remark @below {{requantization stays in 64-bit integers}}
  %r = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi32>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i32, %c: i8):
    %m = arith.constant 1224080192 : i32
    %n = arith.constant 31 : i8
    %0 = qdot.requantize %a, %m, %n zero_point(-9) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<4xi8>
  return %r : tensor<4xi8>
}
