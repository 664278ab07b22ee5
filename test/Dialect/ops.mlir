// Every op and attribute of the dialect, printed and parsed again, as text and
// as bytecode.
// RUN: qdot-opt %s | qdot-opt | FileCheck %s
// RUN: qdot-opt %s --emit-bytecode | qdot-opt | FileCheck %s
// RUN: qdot-opt %s --mlir-print-op-generic | qdot-opt | FileCheck %s

// CHECK-LABEL: func.func @tensors
func.func @tensors(%x: tensor<1x4xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>) {
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  qdot.observe %x {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
  // CHECK: %[[Q:.*]] = qdot.quantize %{{.*}} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 1.562500e-02:-32>>
  %q = qdot.quantize %x : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>>
  // CHECK: qdot.dequantize %[[Q]] : tensor<1x4x!quant.uniform<i8:f32, 1.562500e-02:-32>> -> tensor<1x4xf32>
  %r = qdot.dequantize %q : tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>> -> tensor<1x4xf32>
  // CHECK: qdot.quantize %{{.*}} {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<4x3xf32> -> tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,2.500000e-01,1.250000e-01}>>
  %wq = qdot.quantize %w {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<4x3xf32> -> tensor<4x3x!quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25, 0.125}>>
  // A bias may have a scale below the smallest normal f32.
  // CHECK: qdot.quantize %{{.*}} : tensor<3xf32> -> tensor<3x!quant.uniform<i32:f32, 9.9999999999999992E-41>>
  %bq = qdot.quantize %b : tensor<3xf32> -> tensor<3x!quant.uniform<i32:f32, 1.0e-40>>
  return
}

// CHECK-LABEL: func.func @memrefs
func.func @memrefs(%x: memref<?x4xf32>, %y: memref<f32>) {
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/input_0#0123456789abcdef">} : memref<?x4xf32>
  qdot.observe %x {site = #qdot.site<"main/input_0#0123456789abcdef">} : memref<?x4xf32>
  // CHECK: qdot.observe %{{.*}} {site = #qdot.site<"main/input_1#0123456789abcdef">} : memref<f32>
  qdot.observe %y {site = #qdot.site<"main/input_1#0123456789abcdef">} : memref<f32>
  return
}

// CHECK-LABEL: func.func @scalars
func.func @scalars(%acc: i32, %m: i32, %f: f32, %s: i8, %q: i8, %table: tensor<256xi8>) {
  // CHECK: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  %0 = qdot.requantize %acc, %m, %s zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  // CHECK: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(3) clamp(0, 100) contract tosa_double : i32, i32 -> i16
  %1 = qdot.requantize %acc, %m, %s zero_point(3) clamp(0, 100) contract tosa_double : i32, i32 -> i16
  // CHECK: qdot.requantize %{{.*}}, %{{.*}} zero_point(0) clamp(-5, 5) contract f32 : i32, f32 -> i32
  %2 = qdot.requantize %acc, %f zero_point(0) clamp(-5, 5) contract f32 : i32, f32 -> i32
  // CHECK: qdot.lookup %{{.*}} in %{{.*}} : tensor<256xi8>
  %3 = qdot.lookup %q in %table : tensor<256xi8>
  return
}

// CHECK-LABEL: func.func @discardable
func.func @discardable(%a: tensor<4xi8>) {
  // CHECK: qdot.accumulator = #qdot.accumulator<-163840 to 161290>
  // CHECK-SAME: qdot.island = "softmax"
  // CHECK-SAME: qdot.keep_float
  // CHECK-SAME: qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:3>, <"main/conv_0#8d2e1c9b55aa0f31">>
  %0 = tensor.cast %a {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5:3>, <"main/conv_0#8d2e1c9b55aa0f31">>,
                       qdot.accumulator = #qdot.accumulator<-163840 to 161290>,
                       qdot.island = "softmax", qdot.keep_float} : tensor<4xi8> to tensor<4xi8>
  // CHECK: qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01>>
  %1 = tensor.cast %a {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>} : tensor<4xi8> to tensor<4xi8>
  return
}

// The clamp of a byte is an interval of signed or of unsigned bytes.
// CHECK-LABEL: func.func @bytes
func.func @bytes(%acc: i32, %m: i32, %f: f32, %s: i8) {
  // CHECK: qdot.requantize %{{.*}}, %{{.*}}, %{{.*}} zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
  %0 = qdot.requantize %acc, %m, %s zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
  // CHECK: qdot.requantize %{{.*}}, %{{.*}} zero_point(255) clamp(200, 210) contract f32 : i32, f32 -> i8
  %1 = qdot.requantize %acc, %f zero_point(255) clamp(200, 210) contract f32 : i32, f32 -> i8
  // CHECK: qdot.requantize %{{.*}}, %{{.*}} zero_point(65535) clamp(0, 65535) contract f32 : i32, f32 -> i16
  %2 = qdot.requantize %acc, %f zero_point(65535) clamp(0, 65535) contract f32 : i32, f32 -> i16
  // CHECK: qdot.requantize %{{.*}}, %{{.*}} zero_point(-1) clamp(0, 127) contract f32 : i32, f32 -> i8
  %3 = qdot.requantize %acc, %f zero_point(-1) clamp(0, 127) contract f32 : i32, f32 -> i8
  // CHECK: qdot.round %{{.*}} clamp(0, 255) : i8
  %y = qdot.round %f clamp(0, 255) : i8
  // CHECK: qdot.round %{{.*}} clamp(-128, 127) : i8
  %4 = qdot.round %f clamp(-128, 127) : i8
  // CHECK: qdot.round %{{.*}} clamp(7, 7) : i8
  %5 = qdot.round %f clamp(7, 7) : i8
  return
}

// CHECK-LABEL: func.func @dots
func.func @dots(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>, %acc1: vector<1xi32>, %a1: vector<4xi8>, %words: vector<32xi16>) {
  // CHECK: %[[R:.*]] = qdot.dot %{{.*}}, (%{{.*}}) unsigned, (%{{.*}}) signed : vector<16xi32>, vector<64xi8>
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<16xi32>, vector<64xi8>
  // CHECK: qdot.dot %[[R]], (%[[A:.*]], %[[B:.*]]) signed, (%[[B]], %[[A]]) unsigned fits_i16 : vector<16xi32>, vector<64xi8>
  %0 = qdot.dot %r, (%a, %b) signed, (%b, %a) unsigned fits_i16 : vector<16xi32>, vector<64xi8>
  // CHECK: qdot.dot %{{.*}}, (%[[A]], %[[B]], %[[A]], %[[A]]) unsigned, (%[[B]], %[[A]], %[[B]], %[[B]]) unsigned {note = 1 : i64} : vector<16xi32>, vector<64xi8>
  %1 = qdot.dot %0, (%a, %b, %a, %a) unsigned, (%b, %a, %b, %b) unsigned {note = 1} : vector<16xi32>, vector<64xi8>
  // CHECK: qdot.dot %{{.*}}, (%[[W:.*]]) signed, (%[[W]]) signed : vector<16xi32>, vector<32xi16>
  %w = qdot.dot %1, (%words) signed, (%words) signed : vector<16xi32>, vector<32xi16>
  // CHECK: qdot.dot %{{.*}}, (%{{.*}}) signed, (%{{.*}}) signed : vector<1xi32>, vector<4xi8>
  %2 = qdot.dot %acc1, (%a1) signed, (%a1) signed : vector<1xi32>, vector<4xi8>
  return
}

// CHECK-LABEL: func.func @dot_2x2
func.func @dot_2x2(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>, %long: vector<[4]xi32>, %c: vector<[16]xi8>) {
  // CHECK: qdot.dot_2x2 %{{.*}}, %{{.*}} signed, %{{.*}} signed : vector<4xi32>, vector<16xi8>
  %r = qdot.dot_2x2 %acc, %a signed, %b signed : vector<4xi32>, vector<16xi8>
  // CHECK: qdot.dot_2x2 %{{.*}}, %{{.*}} unsigned, %{{.*}} signed : vector<[4]xi32>, vector<[16]xi8>
  %s = qdot.dot_2x2 %long, %c unsigned, %c signed : vector<[4]xi32>, vector<[16]xi8>
  // CHECK: qdot.dot %{{.*}}, (%{{.*}}) signed, (%{{.*}}) signed : vector<[4]xi32>, vector<[16]xi8>
  %t = qdot.dot %long, (%c) signed, (%c) signed : vector<[4]xi32>, vector<[16]xi8>
  return
}

// CHECK-LABEL: func.func @repeat
func.func @repeat(%a: vector<16xi8>) {
  // CHECK: qdot.repeat %{{.*}}[2] : vector<16xi8> -> vector<[16]xi8>
  %r = qdot.repeat %a[2] : vector<16xi8> -> vector<[16]xi8>
  // CHECK: qdot.repeat %{{.*}} : vector<16xi8> -> vector<[16]xi8>
  %s = qdot.repeat %a : vector<16xi8> -> vector<[16]xi8>
  return
}

// CHECK-LABEL: func.func @lookup_bytes
func.func @lookup_bytes(%a: vector<16xi8>, %table: memref<256xi8>) {
  // CHECK: qdot.lookup_bytes %{{.*}} in %{{.*}} : vector<16xi8>, memref<256xi8>
  %r = qdot.lookup_bytes %a in %table : vector<16xi8>, memref<256xi8>
  return
}

// CHECK-LABEL: func.func @rescale
func.func @rescale(%a: i32, %v: vector<4xi32>, %s: vector<[4]xi32>) {
  // CHECK: qdot.rescale %{{.*}}, %{{.*}}, %{{.*}} contract tosa_single : i32
  %0 = qdot.rescale %a, %a, %a contract tosa_single : i32
  // CHECK: qdot.rescale %{{.*}}, %{{.*}}, %{{.*}} contract tosa_double : vector<4xi32>
  %1 = qdot.rescale %v, %v, %v contract tosa_double : vector<4xi32>
  // CHECK: qdot.rescale %{{.*}}, %{{.*}}, %{{.*}} contract tosa_single : vector<[4]xi32>
  %2 = qdot.rescale %s, %s, %s contract tosa_single : vector<[4]xi32>
  return
}

// CHECK-LABEL: func.func @narrow
func.func @narrow(%a: vector<8xi32>, %b: vector<8xi32>) {
  // CHECK: qdot.narrow %[[A:.*]], %[[B:.*]], %[[B]], %[[A]] : vector<8xi32> -> vector<32xi8>
  %0 = qdot.narrow %a, %b, %b, %a : vector<8xi32> -> vector<32xi8>
  return
}

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The example of QdotOps.td.
// CHECK-LABEL: func.func @contract_tensors(
// CHECK-SAME: %[[X:.*]]: tensor<2x8xi8>, %[[W:.*]]: tensor<8x4xi8>, %[[B:.*]]: tensor<4xi32>, %[[E:.*]]: tensor<2x4xi32>
// CHECK: %[[R:.*]] = qdot.contract ins(%[[X]], %[[W]], %[[B]] : tensor<2x8xi8>, tensor<8x4xi8>, tensor<4xi32>) outs(%[[E]] : tensor<2x4xi32>)
// CHECK-SAME: lhs_sign = #qdot<sign unsigned>
// CHECK-SAME: loop_sizes = array<i64: 2, 4, 8>
// CHECK-SAME: rhs_sign = #qdot<sign signed>
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: i32, %[[BIAS:.*]]: i32):
// CHECK-NEXT: %[[SUM:.*]] = arith.addi %[[ACC]], %[[BIAS]] : i32
// CHECK-NEXT: qdot.yield %[[SUM]] : i32
// CHECK-NEXT: } -> tensor<2x4xi32>
// CHECK: return %[[R]]
func.func @contract_tensors(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %bias: tensor<4xi32>, %e: tensor<2x4xi32>) -> tensor<2x4xi32> {
  %r = qdot.contract ins(%x, %w, %bias : tensor<2x8xi8>, tensor<8x4xi8>, tensor<4xi32>)
      outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 2, 4, 8>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    %0 = arith.addi %acc, %b : i32
    qdot.yield %0 : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}

// On memrefs there is no result; batch and strides may be dynamic; a byte of
// the result may come out of a body with several extras.
// CHECK-LABEL: func.func @contract_memrefs
// CHECK: qdot.contract ins(
// CHECK-SAME: outs(%{{.*}} : memref<?x4xi8>)
// CHECK-SAME: accumulator = #qdot.accumulator<-1000 to 1000>
// CHECK-SAME: kernel = #qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1>
// CHECK-SAME: loop_sizes = array<i64: -9223372036854775808, 4, 8>
// CHECK-SAME: packed
// CHECK: qdot.requantize
// CHECK: qdot.yield %{{.*}} : i8
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @contract_memrefs(%x: memref<?x8xi8, strided<[?, 1], offset: ?>>, %w: memref<512xi8>, %m: memref<4xi32>, %s: memref<4xi8>, %y: memref<?x4xi8>) {
  qdot.contract ins(%x, %w, %m, %s : memref<?x8xi8, strided<[?, 1], offset: ?>>, memref<512xi8>, memref<4xi32>, memref<4xi8>)
      outs(%y : memref<?x4xi8>)
      attributes {accumulator = #qdot.accumulator<-1000 to 1000>,
                  indexing_maps = [#mk, #kn, #n, #n, #mn],
                  kernel = #qdot.kernel<dot rows 6 vectors 4 lanes 16 unroll 1>,
                  loop_sizes = array<i64: -9223372036854775808, 4, 8>, packed,
                  lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign unsigned>} {
  ^bb0(%acc: i32, %mul: i32, %shift: i8):
    %0 = qdot.requantize %acc, %mul, %shift zero_point(0) clamp(0, 255) contract tosa_single : i32, i32 -> i8
    qdot.yield %0 : i8
  }
  return
}

// Linear indices (a strided, dilated convolution), a broadcast constant index
// 0, an empty loop and a result of rank 0.
// CHECK-LABEL: func.func @contract_shapes
// CHECK-COUNT-3: qdot.contract
// CHECK-NOT: qdot.contract
func.func @contract_shapes(%x: tensor<1x9x5xi8>, %w: tensor<3x5x7xi8>, %e: tensor<1x4x7xi32>,
                           %v: tensor<5xi8>, %z: tensor<i32>, %n: tensor<0xi8>) {
  %0 = qdot.contract ins(%x, %w : tensor<1x9x5xi8>, tensor<3x5x7xi8>) outs(%e : tensor<1x4x7xi32>)
      attributes {indexing_maps = [affine_map<(b, o, f, k, c) -> (0, o * 2 + k, c)>, affine_map<(b, o, f, k, c) -> (k, c, f)>, affine_map<(b, o, f, k, c) -> (b, o, f)>],
                  loop_sizes = array<i64: 1, 4, 7, 3, 5>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<1x4x7xi32>
  %1 = qdot.contract ins(%v, %v : tensor<5xi8>, tensor<5xi8>) outs(%z : tensor<i32>)
      attributes {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, affine_map<(k) -> ()>],
                  loop_sizes = array<i64: 5>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<i32>
  %2 = qdot.contract ins(%n, %n : tensor<0xi8>, tensor<0xi8>) outs(%z : tensor<i32>)
      attributes {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, affine_map<(k) -> ()>],
                  loop_sizes = array<i64: 0>, lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<i32>
  return
}

// CHECK-LABEL: func.func private @kernels
// CHECK-SAME: a = #qdot.kernel<depthwise rows 1 vectors 1 lanes 4 unroll 1>
// CHECK-SAME: b = #qdot.kernel<dot rows 32 vectors 2 lanes 8 unroll 16 chains 32>
// CHECK-SAME: c = #qdot.kernel<dot rows 4 vectors 16 lanes 16 unroll 1>
// CHECK-SAME: d = #qdot.kernel<dot rows 7 vectors 3 lanes 4 unroll 8 load 16>
// CHECK-SAME: e = #qdot.kernel<matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>
// CHECK-SAME: f = #qdot.kernel<scalable_dot rows 1 vectors 8 lanes 4 unroll 4 load 16>
// CHECK-SAME: g = #qdot.kernel<scalable_matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>
func.func private @kernels() attributes {a = #qdot.kernel<depthwise rows 1 vectors 1 lanes 4 unroll 1>,
  b = #qdot.kernel<dot rows 32 vectors 2 lanes 8 unroll 16 chains 32>,
  c = #qdot.kernel<dot rows 4 vectors 16 lanes 16 unroll 1>,
  d = #qdot.kernel<dot rows 7 vectors 3 lanes 4 unroll 8 load 16>,
  e = #qdot.kernel<matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>,
  f = #qdot.kernel<scalable_dot rows 1 vectors 8 lanes 4 unroll 4 load 16>,
  g = #qdot.kernel<scalable_matrix rows 8 vectors 3 lanes 4 unroll 4 load 16>}
