// RUN: qdot-opt %s --qdot-expand-exp | FileCheck %s

// Rule X1: clamp, round through 1.5 * 2^23, six coefficients, two powers of 2.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[X:.*]]: f32
// CHECK: %[[TINY:.*]] = arith.cmpf olt, %[[X]], %{{.*}} : f32
// CHECK: arith.select %[[TINY]], %{{.*}}, %[[X]] : f32
// CHECK: %[[C:.*]] = arith.select
// CHECK: %[[M:.*]] = arith.mulf %[[C]]
// CHECK: %[[T:.*]] = arith.addf %[[M]]
// CHECK: %[[B:.*]] = arith.bitcast %[[T]] : f32 to i32
// CHECK: %[[N:.*]] = arith.subi %[[B]]
// CHECK-COUNT-8: arith.mulf
// CHECK: %[[E:.*]] = arith.select %[[TINY]]
// CHECK: %[[H:.*]] = arith.shrsi %[[N]]
// CHECK: arith.subi %[[N]], %[[H]]
// CHECK: arith.bitcast %{{.*}} : i32 to f32
// CHECK: %[[P:.*]] = arith.mulf %[[E]]
// CHECK: arith.bitcast %{{.*}} : i32 to f32
// CHECK: %[[Y:.*]] = arith.mulf %[[P]]
// CHECK: return %[[Y]]
func.func @f(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  return %0 : f32
}

// CHECK-LABEL: func.func @vector
// CHECK-NOT: math.exp
// CHECK: arith.bitcast %{{.*}} : vector<8xf32> to vector<8xi32>
// CHECK: return
func.func @vector(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// CHECK-LABEL: func.func @double
// CHECK: math.exp %{{.*}} : f64
func.func @double(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}
