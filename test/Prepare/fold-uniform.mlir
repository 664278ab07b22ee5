// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-fold-uniform --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[Y:.*]] = arith.constant dense<6.000000e+00> : tensor<f32>
// CHECK-NEXT: return %[[Y]]
func.func @main() -> tensor<f32> {
  %six = arith.constant 6 : i64
  %e = tensor.empty() : tensor<i64>
  %n = linalg.fill ins(%six : i64) outs(%e : tensor<i64>) -> tensor<i64>
  %f = tensor.empty() : tensor<f32>
  %y = linalg.generic {
      indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>],
      iterator_types = []} ins(%n : tensor<i64>) outs(%f : tensor<f32>) {
  ^bb0(%a: i64, %o: f32):
    %0 = arith.sitofp %a : i64 to f32
    linalg.yield %0 : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// A number in f64, a mask without effect, a slice of it, a number from it; any size.
// CHECK-LABEL: func.func @numbers
// CHECK-DAG: %[[F:.*]] = arith.constant dense<-3.40282347E+38> : tensor<f32>
// CHECK-DAG: %[[M:.*]] = arith.constant dense<true> : tensor<4x1000x1000xi1>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<true> : tensor<1000x1000xi1>
// CHECK-DAG: %[[B:.*]] = arith.constant true
// CHECK: return %[[F]], %[[M]], %[[S]], %[[B]]
func.func @numbers() -> (tensor<f32>, tensor<4x1000x1000xi1>, tensor<1000x1000xi1>, i1) {
  %c0 = arith.constant 0 : index
  %low = arith.constant dense<-3.4028234663852886E+38> : tensor<f64>
  %one = arith.constant dense<1.0> : tensor<1000xf32>
  %e = tensor.empty() : tensor<f32>
  %f = linalg.generic {
      indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>],
      iterator_types = []} ins(%low : tensor<f64>) outs(%e : tensor<f32>) {
  ^bb0(%a: f64, %o: f32):
    %0 = arith.truncf %a : f64 to f32
    linalg.yield %0 : f32
  } -> tensor<f32>
  %m0 = tensor.empty() : tensor<4x1000x1000xi1>
  %m = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%one : tensor<1000xf32>) outs(%m0 : tensor<4x1000x1000xi1>) {
  ^bb0(%a: f32, %o: i1):
    %zero = arith.constant 0.0 : f32
    %0 = arith.cmpf une, %a, %zero : f32
    linalg.yield %0 : i1
  } -> tensor<4x1000x1000xi1>
  %s = tensor.extract_slice %m[1, 0, 0] [1, 1000, 1000] [1, 1, 1] : tensor<4x1000x1000xi1> to tensor<1000x1000xi1>
  %b = tensor.extract %s[%c0, %c0] : tensor<1000x1000xi1>
  return %f, %m, %s, %b : tensor<f32>, tensor<4x1000x1000xi1>, tensor<1000x1000xi1>, i1
}

// -----

// Where the size is dynamic it is a fill.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[C:.*]] = arith.constant 2.000000e+00 : f32
// CHECK: %[[Y:.*]] = linalg.fill ins(%[[C]] : f32) outs(%{{.*}} : tensor<?xf32>)
// CHECK: return %[[Y]]
func.func @dynamic(%n: index) -> tensor<?xf32> {
  %two = arith.constant dense<2> : tensor<i32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%two : tensor<i32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i32, %o: f32):
    %0 = arith.sitofp %a : i32 to f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// f32 from f32 may be a fake quantized weight; what reads an argument or an
// index, or adds up, is no number.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-3: linalg.generic
func.func @others(%x: tensor<i32>) -> (tensor<2xf32>, tensor<f32>, tensor<2xi32>) {
  %w = arith.constant dense<0.5> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %a = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%w : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %0 = math.roundeven %v : f32
    linalg.yield %0 : f32
  } -> tensor<2xf32>
  %f = tensor.empty() : tensor<f32>
  %b = linalg.generic {
      indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>],
      iterator_types = []} ins(%x : tensor<i32>) outs(%f : tensor<f32>) {
  ^bb0(%v: i32, %o: f32):
    %0 = arith.sitofp %v : i32 to f32
    linalg.yield %0 : f32
  } -> tensor<f32>
  %g = tensor.empty() : tensor<2xi32>
  %c = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} outs(%g : tensor<2xi32>) {
  ^bb0(%o: i32):
    %0 = linalg.index 0 : index
    %1 = arith.index_cast %0 : index to i32
    linalg.yield %1 : i32
  } -> tensor<2xi32>
  return %a, %b, %c : tensor<2xf32>, tensor<f32>, tensor<2xi32>
}

// -----

func.func @missing() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'gone' has no data}}
  %w = arith.constant dense_resource<gone> : tensor<2xf32>
  return %w : tensor<2xf32>
}
