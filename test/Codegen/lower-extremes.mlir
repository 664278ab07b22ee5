// RUN: qdot-opt %s --qdot-lower-extremes | FileCheck %s

// The example of Passes.td.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[X:.*]]: f32, %[[Y:.*]]: f32
// CHECK: %[[M:.*]] = llvm.call_intrinsic "llvm.maximum"(%[[X]], %[[Y]]) : (f32, f32) -> f32
// CHECK: return %[[M]]
func.func @f(%x: f32, %y: f32) -> f32 {
  %0 = arith.maximumf %x, %y : f32
  return %0 : f32
}

// CHECK-LABEL: func.func @vectors
// CHECK: llvm.call_intrinsic "llvm.minimumnum"({{.*}}) : (vector<8xf64>, vector<8xf64>) -> vector<8xf64>
func.func @vectors(%x: vector<8xf64>, %y: vector<8xf64>) -> vector<8xf64> {
  %0 = arith.minnumf %x, %y : vector<8xf64>
  return %0 : vector<8xf64>
}

// What LLVM's dialect has no type for.
// CHECK-LABEL: func.func @stay
// CHECK: arith.maximumf {{.*}} : vector<2x4xf32>
// CHECK: arith.maximumf {{.*}} : tensor<4xf32>
// CHECK: arith.minimumf {{.*}} : f16
// CHECK-NOT: llvm.
func.func @stay(%x: vector<2x4xf32>, %t: tensor<4xf32>, %h: f16)
    -> (vector<2x4xf32>, tensor<4xf32>, f16) {
  %0 = arith.maximumf %x, %x : vector<2x4xf32>
  %1 = arith.maximumf %t, %t : tensor<4xf32>
  %2 = arith.minimumf %h, %h : f16
  return %0, %1, %2 : vector<2x4xf32>, tensor<4xf32>, f16
}

// What is known of the operands is kept.
// CHECK-LABEL: func.func @flags
// CHECK: llvm.call_intrinsic "llvm.maximum"(%{{.*}}, %{{.*}}) {fastmathFlags = #llvm.fastmath<nnan, nsz>} : (f32, f32) -> f32
func.func @flags(%x: f32, %y: f32) -> f32 {
  %0 = arith.maximumf %x, %y fastmath<nnan,nsz> : f32
  return %0 : f32
}

// The upper bound first: with bounds in the wrong order the lower one wins.
// CHECK-LABEL: func.func @clamp(
// CHECK-SAME: %[[X:.*]]: f32, %[[LOW:.*]]: f32, %[[HIGH:.*]]: f32, %[[T:.*]]: tensor<4xf32>
// CHECK: %[[M:.*]] = llvm.call_intrinsic "llvm.minimum"(%[[X]], %[[HIGH]])
// CHECK: %[[C:.*]] = llvm.call_intrinsic "llvm.maximum"(%[[M]], %[[LOW]])
// CHECK: %[[TM:.*]] = arith.minimumf %[[T]], %[[T]] : tensor<4xf32>
// CHECK: arith.maximumf %[[TM]], %[[T]] : tensor<4xf32>
// CHECK: return %[[C]]
func.func @clamp(%x: f32, %low: f32, %high: f32, %t: tensor<4xf32>) -> (f32, tensor<4xf32>) {
  %0 = math.clampf %x to [%low, %high] : f32
  %1 = math.clampf %t to [%t, %t] : tensor<4xf32>
  return %0, %1 : f32, tensor<4xf32>
}
