// RUN: qdot-opt %s --split-input-file --qdot-legalize-tosa --cse | FileCheck %s
// RUN: qdot-opt %s --split-input-file --qdot-import -o /dev/null

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x2x1xi8>)
// CHECK-DAG: %[[FIRST:.*]] = tensor.extract_slice %[[X]][0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x2x2x1xi8> to tensor<1x1x2x1xi8>
// CHECK-DAG: %[[X1:.*]] = tensor.concat dim(1) %[[FIRST]], %[[X]] : (tensor<1x1x2x1xi8>, tensor<1x2x2x1xi8>) -> tensor<1x3x2x1xi8>
// CHECK-DAG: %[[OFFSET:.*]] = tosa.const_shape {values = dense<[3, 0]> : tensor<2xindex>}
// CHECK: tosa.resize %[[X1]], %{{.*}}, %[[OFFSET]], %{{.*}} {mode = BILINEAR} : (tensor<1x3x2x1xi8>,
func.func @main(%x: tensor<1x2x2x1xi8>) -> tensor<1x4x2x1xi32> {
  %scale = tosa.const_shape {values = dense<[4, 2, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %offset = tosa.const_shape {values = dense<[-1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %border = tosa.const_shape {values = dense<[1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %y = tosa.resize %x, %scale, %offset, %border {mode = BILINEAR} : (tensor<1x2x2x1xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xi32>
  return %y : tensor<1x4x2x1xi32>
}

// -----

// Both axes, any batch.
// CHECK-LABEL: func.func @batch
// CHECK: tensor.concat dim(1) {{.*}} : (tensor<?x1x3x1xi16>, tensor<?x2x3x1xi16>) -> tensor<?x3x3x1xi16>
// CHECK: tensor.concat dim(2) {{.*}} : (tensor<?x3x1x1xi16>, tensor<?x3x3x1xi16>) -> tensor<?x3x4x1xi16>
// CHECK: tosa.const_shape {values = dense<3> : tensor<2xindex>}
func.func @batch(%x: tensor<?x2x3x1xi16>) -> tensor<?x4x6x1xi48> {
  %scale = tosa.const_shape {values = dense<[4, 2, 4, 2]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %offset = tosa.const_shape {values = dense<-1> : tensor<2xindex>} : () -> !tosa.shape<2>
  %border = tosa.const_shape {values = dense<1> : tensor<2xindex>} : () -> !tosa.shape<2>
  %y = tosa.resize %x, %scale, %offset, %border {mode = BILINEAR} : (tensor<?x2x3x1xi16>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<?x4x6x1xi48>
  return %y : tensor<?x4x6x1xi48>
}

// -----

// What upstream converts rightly stays: floats, the nearest neighbour, one row.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: tensor.concat
func.func @stay(%f: tensor<1x2x2x1xf32>, %x: tensor<1x2x2x1xi8>, %r: tensor<1x1x2x1xi8>) -> (tensor<1x4x2x1xf32>, tensor<1x4x2x1xi8>, tensor<1x1x2x1xi32>) {
  %scale = tosa.const_shape {values = dense<[4, 2, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %offset = tosa.const_shape {values = dense<[-1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %border = tosa.const_shape {values = dense<[1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.resize %f, %scale, %offset, %border {mode = BILINEAR} : (tensor<1x2x2x1xf32>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xf32>
  %1 = tosa.resize %x, %scale, %offset, %border {mode = NEAREST_NEIGHBOR} : (tensor<1x2x2x1xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xi8>
  %2 = tosa.resize %r, %scale, %offset, %offset {mode = BILINEAR} : (tensor<1x1x2x1xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x1x2x1xi32>
  return %0, %1, %2 : tensor<1x4x2x1xf32>, tensor<1x4x2x1xi8>, tensor<1x1x2x1xi32>
}

// -----

// CHECK-LABEL: func.func @depthwise
// CHECK-SAME: (%[[X:.*]]: tensor<?x3x3x2xi8>)
// CHECK: %[[ZERO:.*]] = "tosa.const"() <{values = dense<-5> : tensor<1xi8>}>
// CHECK: %[[PAD:.*]] = tosa.const_shape {values = dense<[0, 0, 1, 2, 0, 1, 0, 0]> : tensor<8xindex>}
// CHECK: %[[X1:.*]] = tosa.pad %[[X]], %[[PAD]], %[[ZERO]] : {{.*}} -> tensor<?x6x4x2xi8>
// CHECK: tosa.depthwise_conv2d %[[X1]], {{.*}} pad = array<i64: 0, 0, 0, 0>
func.func @depthwise(%x: tensor<?x3x3x2xi8>) -> tensor<?x6x4x2xi32> {
  %w = "tosa.const"() {values = dense<[[[[3], [-4]]]]> : tensor<1x1x2x1xi8>} : () -> tensor<1x1x2x1xi8>
  %b = "tosa.const"() {values = dense<[7, -9]> : tensor<2xi32>} : () -> tensor<2xi32>
  %xz = "tosa.const"() {values = dense<-5> : tensor<1xi8>} : () -> tensor<1xi8>
  %wz = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %y = tosa.depthwise_conv2d %x, %w, %b, %xz, %wz {acc_type = i32, pad = array<i64: 1, 2, 0, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<?x3x3x2xi8>, tensor<1x1x2x1xi8>, tensor<2xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<?x6x4x2xi32>
  return %y : tensor<?x6x4x2xi32>
}

// -----

// The mean over height and width is one sum, also of three; not over dimensions
// with others in between.
// CHECK-LABEL: func.func @sums
// CHECK-SAME: (%[[X:.*]]: tensor<?x3x4x5xf32>)
// CHECK: %[[J:.*]] = tosa.reshape %[[X]], %{{.*}} : (tensor<?x3x4x5xf32>, !tosa.shape<3>) -> tensor<?x12x5xf32>
// CHECK: %[[S:.*]] = tosa.reduce_sum %[[J]] {axis = 1 : i32} : (tensor<?x12x5xf32>) -> tensor<?x1x5xf32>
// CHECK: %[[A:.*]] = tosa.reshape %[[S]], %{{.*}} -> tensor<?x1x1x5xf32>
// CHECK: tosa.reduce_sum %{{.*}} {axis = 1 : i32} : (tensor<?x60xf32>) -> tensor<?x1xf32>
// CHECK: tosa.reduce_sum
// CHECK: tosa.reduce_sum
// CHECK-NOT: tosa.reduce_sum
// CHECK: return %[[A]]
func.func @sums(%x: tensor<?x3x4x5xf32>) -> (tensor<?x1x1x5xf32>, tensor<?x1x1x1xf32>, tensor<?x1x4x1xf32>) {
  %0 = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<?x3x4x5xf32>) -> tensor<?x1x4x5xf32>
  %1 = tosa.reduce_sum %0 {axis = 2 : i32} : (tensor<?x1x4x5xf32>) -> tensor<?x1x1x5xf32>
  %2 = tosa.reduce_sum %x {axis = 3 : i32} : (tensor<?x3x4x5xf32>) -> tensor<?x3x4x1xf32>
  %3 = tosa.reduce_sum %2 {axis = 1 : i32} : (tensor<?x3x4x1xf32>) -> tensor<?x1x4x1xf32>
  %4 = tosa.reduce_sum %3 {axis = 2 : i32} : (tensor<?x1x4x1xf32>) -> tensor<?x1x1x1xf32>
  %5 = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<?x3x4x5xf32>) -> tensor<?x1x4x5xf32>
  %6 = tosa.reduce_sum %5 {axis = 3 : i32} : (tensor<?x1x4x5xf32>) -> tensor<?x1x4x1xf32>
  return %1, %4, %6 : tensor<?x1x1x5xf32>, tensor<?x1x1x1xf32>, tensor<?x1x4x1xf32>
}

// -----

// Stride 2: two phases per direction, of which the second lacks the last row of
// the weights. Dequantized weights keep one scale per channel.
// CHECK-LABEL: func.func @transposed
// CHECK-SAME: (%[[X:.*]]: tensor<?x2x1x1xf32>)
// CHECK-DAG: arith.constant dense<{{\[\[\[\[}}3], [1]]], {{\[\[\[}}6], [4]]], {{\[\[\[}}0], [2]]], {{\[\[\[}}0], [5]]]]> : tensor<4x1x2x1xi8>
// CHECK-DAG: quant.scast %{{.*}} to tensor<4x1x2x1x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01,5.000000e-01,2.500000e-01}>>
// CHECK-DAG: arith.constant dense<[7.000000e+00, 8.000000e+00, 7.000000e+00, 8.000000e+00]> : tensor<4xf32>
// CHECK: tosa.conv2d %[[X]], {{.*}} pad = array<i64: 0, 0, 1, 1>, stride = array<i64: 1, 1>} : {{.*}} -> tensor<?x2x2x4xf32>
// CHECK: tosa.transpose
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 0] [%{{.*}}, 2, 3, 2] [1, 1, 1, 1] : tensor<?x2x4x2xf32> to tensor<?x2x3x2xf32>
func.func @transposed(%x: tensor<?x2x1x1xf32>) -> tensor<?x2x3x2xf32> {
  %w = arith.constant dense<[[[[1], [2], [3]]], [[[4], [5], [6]]]]> : tensor<2x1x3x1xi8>
  %q = quant.scast %w : tensor<2x1x3x1xi8> to tensor<2x1x3x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  %d = qdot.dequantize %q : tensor<2x1x3x1x!quant.uniform<i8:f32:0, {0.5, 0.25}>> -> tensor<2x1x3x1xf32>
  %b = "tosa.const"() {values = dense<[7.0, 8.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = tosa.transpose_conv2d %x, %d, %b, %z, %z {acc_type = f32, out_pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 2>} : (tensor<?x2x1x1xf32>, tensor<2x1x3x1xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x2x3x2xf32>
  return %y : tensor<?x2x3x2xf32>
}
