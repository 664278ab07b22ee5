// RUN: qdot-opt %s --qdot-call-libm | FileCheck %s

// CHECK-DAG: func.func private @tanhf(f32) -> f32 attributes {llvm.readnone}
// CHECK-DAG: func.func private @pow(f64, f64) -> f64 attributes {llvm.readnone}

// CHECK-LABEL: func.func @f(
// CHECK: %[[Y:.*]] = call @tanhf(%{{.*}}) : (f32) -> f32
// CHECK: return %[[Y]]
func.func @f(%x: f32) -> f32 {
  %0 = math.tanh %x : f32
  return %0 : f32
}

// CHECK-LABEL: func.func @double
// CHECK: call @pow(
func.func @double(%x: f64, %y: f64) -> f64 {
  %0 = math.powf %x, %y : f64
  return %0 : f64
}

// What IEEE 754 defines exactly stays.
// CHECK-LABEL: func.func @exact
// CHECK: math.sqrt
// CHECK: math.roundeven
// CHECK: math.floor
// CHECK: math.fma
// CHECK: math.absf
func.func @exact(%x: f32) -> f32 {
  %0 = math.sqrt %x : f32
  %1 = math.roundeven %0 : f32
  %2 = math.floor %1 : f32
  %3 = math.fma %0, %1, %2 : f32
  %4 = math.absf %3 : f32
  return %4 : f32
}

// CHECK-LABEL: func.func @vector
// CHECK-COUNT-2: call @tanhf(
func.func @vector(%x: vector<2xf32>) -> vector<2xf32> {
  %0 = math.tanh %x : vector<2xf32>
  return %0 : vector<2xf32>
}
