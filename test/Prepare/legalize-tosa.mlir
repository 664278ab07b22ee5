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
