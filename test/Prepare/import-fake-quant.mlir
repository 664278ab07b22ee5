// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-import-fake-quant --remarks-filter='qdot.*' | FileCheck %s
// test/Unit/Prepare/SameValuesTest.cpp compares the values.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[Q:.*]] = qdot.quantize %[[X]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
// CHECK-NEXT: %[[Y:.*]] = qdot.dequantize %[[Q]] : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<4xf32>
// CHECK-NEXT: return %[[Y]] : tensor<4xf32>
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.5 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.divf %a, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %lo : f32
    %3 = arith.minimumf %2, %hi : f32
    %4 = arith.mulf %3, %s : f32
    linalg.yield %4 : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// One op after another, a zero point, a clamp by comparison and select.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: qdot.quantize %{{.*}} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 1.562500e-02:-32>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: return
func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.015625 : f32
  %z = arith.constant -32.0 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.divf %a, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v0 : tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.roundeven %a : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %v2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v1 : tensor<4xf32>) outs(%e2 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %a, %z : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %v3 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v2 : tensor<4xf32>) outs(%e3 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c0 = arith.cmpf olt, %a, %lo : f32
    %m = arith.select %c0, %lo, %a : f32
    %c1 = arith.cmpf ogt, %m, %hi : f32
    %r = arith.select %c1, %hi, %m : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  %v4 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v3 : tensor<4xf32>) outs(%e4 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.subf %a, %z : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e5 = tensor.empty() : tensor<4xf32>
  %v5 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v4 : tensor<4xf32>) outs(%e5 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.mulf %s, %a : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %v5 : tensor<4xf32>
}

// -----

// A constant weight with a scale per row.
// CHECK-LABEL: func.func @weight
// CHECK-NEXT: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<2x3xf32>
// CHECK-NEXT: qdot.quantize %[[W]] : tensor<2x3xf32> -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: return
func.func @weight() -> tensor<2x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, -3.0], [4.0, -5.0, 6.0]]> : tensor<2x3xf32>
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %lo = arith.constant -127.0 : f32
  %hi = arith.constant 127.0 : f32
  %e0 = tensor.empty() : tensor<2x3xf32>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%w, %s : tensor<2x3xf32>, tensor<2xf32>) outs(%e0 : tensor<2x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    %n = math.roundeven %q : f32
    %m = arith.minimumf %n, %hi : f32
    %l = arith.maximumf %m, %lo : f32
    %r = arith.mulf %l, %b : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %v0 : tensor<2x3xf32>
}

// -----

// Through integers: the clamp may come before the rounding, and the other op
// may compute in i32.
// CHECK-LABEL: func.func @integers
// CHECK-NEXT: qdot.quantize %{{.*}} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:3>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: return
func.func @integers(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.5 : f32
  %z = arith.constant 3.0 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %zi = arith.constant 3 : i32
  %e0 = tensor.empty() : tensor<4xi8>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %t = arith.addf %n, %z : f32
    %m = arith.maximumf %t, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %r = arith.fptosi %l : f32 to i8
    linalg.yield %r : i8
  } -> tensor<4xi8>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v0 : tensor<4xi8>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: i8, %o: f32):
    %w = arith.extsi %a : i8 to i32
    %d = arith.subi %w, %zi : i32
    %f = arith.sitofp %d : i32 to f32
    %r = arith.mulf %f, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %v1 : tensor<4xf32>
}

// -----

// Unsigned storage moves by 128; so do ranges that no zero point explains.
// CHECK-LABEL: func.func @unsigned
// CHECK-NEXT: qdot.quantize %{{.*}} : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01:-28>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: qdot.quantize %{{.*}} : tensor<4xf32> -> tensor<4x!quant.uniform<i8<-128:-97>:f32, 5.000000e-01:-128>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: return
func.func @unsigned(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.5 : f32
  %z = arith.constant 100.0 : f32
  %lo = arith.constant 0.0 : f32
  %hi = arith.constant 255.0 : f32
  %top = arith.constant 231.0 : f32
  %low = arith.constant 200.0 : f32
  %e0 = tensor.empty() : tensor<4xi8>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %t = arith.addf %n, %z : f32
    %m = arith.maximumf %t, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %r = arith.fptoui %l : f32 to i8
    linalg.yield %r : i8
  } -> tensor<4xi8>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v0 : tensor<4xi8>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: i8, %o: f32):
    %f = arith.uitofp %a : i8 to f32
    %d = arith.subf %f, %z : f32
    %r = arith.mulf %d, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %v2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v1 : tensor<4xf32>) outs(%e2 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %t = arith.addf %n, %low : f32
    %m0 = arith.maximumf %t, %low : f32
    %m = arith.minimumf %m0, %top : f32
    %d = arith.subf %m, %low : f32
    %r = arith.mulf %d, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %v2 : tensor<4xf32>
}

// -----

// Integer weights that are only dequantized, signed and unsigned.
// CHECK-LABEL: func.func @dequantized
// CHECK-DAG: %[[W0:.*]] = arith.constant dense<[-127, 0, 1, 127]> : tensor<4xi8>
// CHECK-DAG: %[[W1:.*]] = arith.constant dense<[-128, -1, 0, 127]> : tensor<4xi8>
// CHECK-DAG: %[[Q0:.*]] = quant.scast %[[W0]] : tensor<4xi8> to tensor<4x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
// CHECK-DAG: qdot.dequantize %[[Q0]]
// CHECK-DAG: %[[Q1:.*]] = quant.scast %[[W1]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 2.500000e-01:1>>
// CHECK-DAG: qdot.dequantize %[[Q1]]
func.func @dequantized() -> tensor<4xf32> {
  %w = arith.constant dense<[-127, 0, 1, 127]> : tensor<4xi8>
  %u = arith.constant dense<[0, 127, -128, -1]> : tensor<4xi8>
  %z = arith.constant 129 : i32
  %s = arith.constant 0.5 : f32
  %t = arith.constant 0.25 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%w : tensor<4xi8>) outs(%e0 : tensor<4xf32>) {
  ^bb0(%a: i8, %o: f32):
    %f = arith.sitofp %a : i8 to f32
    %r = arith.mulf %f, %s : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%u : tensor<4xi8>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: i8, %o: f32):
    %i = arith.extui %a : i8 to i32
    %d = arith.subi %i, %z : i32
    %f = arith.sitofp %d : i32 to f32
    %r = arith.mulf %f, %t : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.add ins(%v0, %v1 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Multiplication by 1 / s, and what feeds the chain is elementwise too.
// CHECK-LABEL: func.func @reciprocal
// CHECK: %[[N:.*]] = linalg.generic
// CHECK: qdot.quantize %[[N]] : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.10000000149011612>>
// CHECK-NEXT: qdot.dequantize
// CHECK-NEXT: return
func.func @reciprocal(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.1 : f32
  %r = arith.constant 10.0 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %k = arith.constant 3.0 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r0 = arith.mulf %a, %k : f32
    linalg.yield %r0 : f32
  } -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%v0 : tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %r : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %y = arith.mulf %l, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  return %v1 : tensor<4xf32>
}

// -----

// What is declined with a remark.
// CHECK-LABEL: func.func @declined
// CHECK-NOT: qdot.quantize
func.func @declined(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.5 : f32
  %z = arith.constant 3.0 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %wide = arith.constant 200.0 : f32
  %one = arith.constant 1.0 : f32
  %tiny = arith.constant 1.0e-40 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=round-half-away}}
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.round %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %y = arith.mulf %l, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=zero-point-before-rounding}}
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %p = arith.addf %q, %z : f32
    %n = math.roundeven %p : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %t = arith.subf %l, %z : f32
    %y = arith.mulf %t, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=scale-not-normal}}
  %v2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e2 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %tiny : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %y = arith.mulf %l, %tiny : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=range-not-8-bit}}
  %v3 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e3 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %wide : f32
    %y = arith.mulf %l, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=range-not-8-bit}}
  %v4 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e4 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %one : f32
    %l = arith.minimumf %m, %hi : f32
    %y = arith.mulf %l, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %a0 = linalg.add ins(%v0, %v1 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %a1 = linalg.add ins(%v2, %v3 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %a2 = linalg.add ins(%a0, %a1 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %a3 = linalg.add ins(%a2, %v4 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  return %a3 : tensor<4xf32>
}

// -----

// Zero points along two axes; unsigned integers from outside.
// CHECK-LABEL: func.func @types
// CHECK-NOT: qdot
func.func @types(%x: tensor<2x3xf32>, %i: tensor<4xi8>) -> (tensor<2x3xf32>, tensor<4xf32>) {
  %z = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %s = arith.constant 0.5 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %e0 = tensor.empty() : tensor<2x3xf32>
  // expected-remark @+1 {{Reason=several-axes}}
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %z : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e0 : tensor<2x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %p = arith.addf %n, %b : f32
    %m = arith.maximumf %p, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %t = arith.subf %l, %b : f32
    %y = arith.mulf %t, %s : f32
    linalg.yield %y : f32
  } -> tensor<2x3xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  // expected-remark @+1 {{Reason=unsigned-activation}}
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%i : tensor<4xi8>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: i8, %o: f32):
    %f = arith.uitofp %a : i8 to f32
    %y = arith.mulf %f, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  return %v0, %v1 : tensor<2x3xf32>, tensor<4xf32>
}

// -----

// Not fake quantization at all: another scale, no clamp, a clamp at a fraction,
// no way back.
// CHECK-LABEL: func.func @others
// CHECK-NOT: qdot
func.func @others(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant 0.5 : f32
  %t = arith.constant 0.25 : f32
  %lo = arith.constant -128.0 : f32
  %hi = arith.constant 127.0 : f32
  %half = arith.constant 2.5 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %v0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    %y = arith.mulf %l, %t : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %v1 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %y = arith.mulf %n, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %v2 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e2 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %half : f32
    %y = arith.mulf %l, %s : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %v3 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e3 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.divf %a, %s : f32
    %n = math.roundeven %q : f32
    %m = arith.maximumf %n, %lo : f32
    %l = arith.minimumf %m, %hi : f32
    linalg.yield %l : f32
  } -> tensor<4xf32>
  %a0 = linalg.add ins(%v0, %v1 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %a1 = linalg.add ins(%v2, %v3 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %a2 = linalg.add ins(%a0, %a1 : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  return %a2 : tensor<4xf32>
}

// -----

func.func @missing() -> tensor<2xf32> {
  // expected-error @+1 {{dense_resource 'absent' has no data}}
  %w = arith.constant dense_resource<absent> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// Weights that are all the same number are weights, also in two ops.
// CHECK-LABEL: func.func @uniform_weights
// CHECK: %[[W:.*]] = arith.constant dense<1> : tensor<4x3xi8>
// CHECK: %[[Q:.*]] = quant.scast %[[W]] : tensor<4x3xi8> to tensor<4x3x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
// CHECK: %[[D:.*]] = qdot.dequantize %[[Q]]
// CHECK: return %[[D]]
func.func @uniform_weights() -> tensor<4x3xf32> {
  %w = arith.constant dense<1> : tensor<4x3xi8>
  %s = arith.constant dense<0.5> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<4x3xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<4x3xi8>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%a: i8, %o: f32):
    %0 = arith.sitofp %a : i8 to f32
    linalg.yield %0 : f32
  } -> tensor<4x3xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%f, %s : tensor<4x3xf32>, tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4x3xf32>
  return %d : tensor<4x3xf32>
}
