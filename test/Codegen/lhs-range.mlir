// What qdot-fuse-epilogues proves of the activations of a contraction.
// RUN: qdot-opt %s --qdot-fuse-epilogues | FileCheck %s
// RUN: qdot-opt %s --qdot-use-unsigned --qdot-fuse-epilogues | FileCheck %s --check-prefix=UNSIGNED

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>

// Nothing is known of an argument.
// CHECK-LABEL: func @argument
// CHECK: qdot.lhs_range = array<i64: -128, 127>
// UNSIGNED-LABEL: func @argument
// UNSIGNED: qdot.lhs_range = array<i64: 0, 255>
func.func @argument(%x: tensor<2x4xi8>) -> tensor<2x3xi32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %c, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// The storage interval of an argument; it is part of the interface.
// CHECK-LABEL: func @interface
// CHECK: qdot.lhs_range = array<i64: -64, 63>
// UNSIGNED-LABEL: func @interface
// UNSIGNED: qdot.lhs_range = array<i64: 0, 127>
func.func @interface(%x: tensor<2x4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8<-64:63>:f32, 0.5>>}) -> tensor<2x3xi32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %c, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// A clamp, then a pad whose value lies outside of it.
// CHECK-LABEL: func @clamp_and_pad
// CHECK: qdot.lhs_range = array<i64: -20, 90>
// UNSIGNED-LABEL: func @clamp_and_pad
// UNSIGNED: qdot.lhs_range = array<i64: 108, 218>
func.func @clamp_and_pad(%x: tensor<2x2xi32>) -> tensor<2x3xi32> {
  %m = arith.constant 1073741824 : i32
  %s = arith.constant 35 : i8
  %pad = arith.constant -20 : i8
  %e = tensor.empty() : tensor<2x2xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x2xi32>) outs(%e : tensor<2x2xi8>) {
  ^bb0(%a: i32, %o: i8):
    %0 = qdot.requantize %a, %m, %s zero_point(-5) clamp(-5, 90) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x2xi8>
  %p = tensor.pad %q low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %pad : i8
  } : tensor<2x2xi8> to tensor<2x4xi8>
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %c, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// A table that halves, behind a maximum over a window that starts at -128.
// CHECK-LABEL: func @pool_and_table
// CHECK: qdot.lhs_range = array<i64: 0, 45>
// UNSIGNED-LABEL: func @pool_and_table
// UNSIGNED: qdot.lhs_range = array<i64: 64, 109>
func.func @pool_and_table(%x: tensor<2x8xi32>) -> tensor<2x3xi32> {
  %m = arith.constant 1073741824 : i32
  %s = arith.constant 35 : i8
  %low = arith.constant -128 : i8
  %e = tensor.empty() : tensor<2x8xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x8xi32>) outs(%e : tensor<2x8xi8>) {
  ^bb0(%a: i32, %o: i8):
    %0 = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 90) contract tosa_single : i32, i32 -> i8
    linalg.yield %0 : i8
  } -> tensor<2x8xi8>
  %start = tensor.empty() : tensor<2x4xi8>
  %filled = linalg.fill ins(%low : i8) outs(%start : tensor<2x4xi8>) -> tensor<2x4xi8>
  %window = tensor.empty() : tensor<2xi8>
  %pooled = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, j * 2 + k)>, affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %window : tensor<2x8xi8>, tensor<2xi8>) outs(%filled : tensor<2x4xi8>) {
  ^bb0(%a: i8, %b: i8, %o: i8):
    %0 = arith.maxsi %o, %a : i8
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %zero8 = arith.constant 0 : i8
  %half = tensor.empty() : tensor<2x4xi8>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%pooled : tensor<2x4xi8>) outs(%half : tensor<2x4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %t = arith.constant dense<"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000101020203030404050506060707080809090A0A0B0B0C0C0D0D0E0E0F0F10101111121213131414151516161717181819191A1A1B1B1C1C1D1D1E1E1F1F20202121222223232424252526262727282829292A2A2B2B2C2C2D2D2E2E2F2F30303131323233333434353536363737383839393A3A3B3B3C3C3D3D3E3E3F3F"> : tensor<256xi8>
    %0 = qdot.lookup %a in %t : tensor<256xi8>
    linalg.yield %0 : i8
  } -> tensor<2x4xi8>
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]> : tensor<4x3xi8>
  %zero = arith.constant dense<0> : tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%zero : tensor<2x3xi32>) {
  ^bb0(%a: i8, %b: i8, %c: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %c, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}
