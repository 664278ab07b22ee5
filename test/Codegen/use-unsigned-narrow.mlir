// Activations of 7 bits are stored as x + 64, which lies in 0 to 127.
// RUN: qdot-opt %s --qdot-use-unsigned --mlir-print-local-scope | FileCheck %s
// RUN: qdot-opt %s --qdot-use-unsigned --qdot-fuse-epilogues --mlir-print-local-scope | FileCheck %s --check-prefix=RANGE

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>

// The clamp and the zero point move by 64, the pad value too; the bias gets
// -64 times the sums of the columns of the weights: 22, 26, 30.
// CHECK-LABEL: func.func @clamp(
// CHECK: qdot.requantize %{{.*}} zero_point(61) clamp(0, 127) contract tosa_single
// CHECK: %[[PAD:.*]] = arith.constant 61 : i8
// CHECK: tensor.yield %[[PAD]] : i8
// CHECK: arith.constant dense<{{\[\[}}-1408, -1664, -1920], [-1408, -1664, -1920]]> : tensor<2x3xi32>
// CHECK: arith.extui
// RANGE-LABEL: func.func @clamp(
// RANGE: qdot.lhs_range = array<i64: 0, 127>
func.func @clamp(%x: tensor<2x2xi32>, %m: i32, %s: i8) -> tensor<2x3xi32> {
  %pad = arith.constant -3 : i8
  %e = tensor.empty() : tensor<2x2xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x2xi32>) outs(%e : tensor<2x2xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(-3) clamp(-64, 63) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x2xi8>
  %p = tensor.pad %q low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %pad : i8
  } : tensor<2x2xi8> to tensor<2x4xi8>
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// Arguments keep their form and are moved at the boundary. A maximum moves with
// its operands; a residual addition reads the moved bytes.
// CHECK-LABEL: func.func @maximum(
// CHECK: %[[C:.*]] = arith.constant 64 : i8
// CHECK-NEXT: arith.addi %{{.*}}, %[[C]] overflow<nsw> : i8
// CHECK: linalg.fill ins(%c0_i8 : i8)
// CHECK: ^bb0(%[[A:.*]]: i8, %{{.*}}: i8, %[[O:.*]]: i8):
// CHECK-NEXT: %[[MAX:.*]] = arith.maxsi %[[O]], %[[A]] : i8
// CHECK-NEXT: linalg.yield %[[MAX]] : i8
// CHECK: arith.constant dense<{{\[\[}}-1408, -1664, -1920], [-1408, -1664, -1920]]>
// CHECK: tensor.extract_slice
// CHECK: %[[R:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT: %[[D:.*]] = arith.constant 64 : i32
// CHECK-NEXT: arith.subi %[[R]], %[[D]] : i32
// RANGE-LABEL: func.func @maximum(
// RANGE: qdot.lhs_range = array<i64: 0, 127>
func.func @maximum(%x: tensor<2x8xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8<-64:63>:f32, 0.5>>}) -> (tensor<2x3xi32>, tensor<2x4xi32>) {
  %low = arith.constant -64 : i8
  %start = tensor.empty() : tensor<2x4xi8>
  %filled = linalg.fill ins(%low : i8) outs(%start : tensor<2x4xi8>) -> tensor<2x4xi8>
  %window = tensor.empty() : tensor<2xi8>
  %pooled = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, j * 2 + k)>, affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %window : tensor<2x8xi8>, tensor<2xi8>) outs(%filled : tensor<2x4xi8>) {
  ^bb0(%a: i8, %b: i8, %o: i8):
    %0 = arith.maxsi %o, %a : i8
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%pooled, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  // The pooled values and those of the first four columns, both moved.
  %cut = tensor.extract_slice %pooled[0, 0] [2, 4] [1, 1] : tensor<2x4xi8> to tensor<2x4xi8>
  %e32 = tensor.empty() : tensor<2x4xi32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%cut : tensor<2x4xi8>) outs(%e32 : tensor<2x4xi32>) {
  ^bb0(%a: i8, %o: i32):
    %1 = arith.extsi %a : i8 to i32
    linalg.yield %1 : i32
  } -> tensor<2x4xi32>
  return %y, %r : tensor<2x3xi32>, tensor<2x4xi32>
}

// One value outside of -64 to 63 (the pad) and everything moves by 128.
// CHECK-LABEL: func.func @outside(
// CHECK: qdot.requantize %{{.*}} zero_point(125) clamp(64, 191) contract tosa_single
// RANGE-LABEL: func.func @outside(
// RANGE: qdot.lhs_range = array<i64: 64, 192>
func.func @outside(%x: tensor<2x2xi32>, %m: i32, %s: i8) -> tensor<2x3xi32> {
  %pad = arith.constant 64 : i8
  %e = tensor.empty() : tensor<2x2xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x2xi32>) outs(%e : tensor<2x2xi8>) {
  ^bb0(%in: i32, %out: i8):
    %0 = qdot.requantize %in, %m, %s zero_point(-3) clamp(-64, 63) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x2xi8>
  %p = tensor.pad %q low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %pad : i8
  } : tensor<2x2xi8> to tensor<2x4xi8>
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %y = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %1 = arith.extsi %a : i8 to i32
    %2 = arith.extsi %b : i8 to i32
    %3 = arith.muli %1, %2 : i32
    %4 = arith.addi %c, %3 : i32
    linalg.yield %4 : i32
  } -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}
