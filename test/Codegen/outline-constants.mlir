// RUN: qdot-opt %s --qdot-outline-constants | FileCheck %s

// CHECK: memref.global "private" constant @qdot_constant_0 : memref<2xf32> = dense<[1.000000e+00, 2.000000e+00]> {alignment = 64 : i64}
// CHECK: memref.global "private" constant @qdot_constant_1 : memref<256xi8> = dense<7> {alignment = 64 : i64}
// CHECK-NOT: memref.global

// CHECK-LABEL: func.func @f()
// CHECK: %[[G:.*]] = memref.get_global @qdot_constant_0 : memref<2xf32>
// CHECK: %[[T:.*]] = bufferization.to_tensor %[[G]] restrict : memref<2xf32> to tensor<2xf32>
// CHECK: return %[[T]] : tensor<2xf32>
func.func @f() -> tensor<2xf32> {
  %0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Equal content shares a global, whatever its form; one read per function, also
// from within a region.
// CHECK-LABEL: func.func @shared
// CHECK: memref.get_global @qdot_constant_0
// CHECK: memref.get_global @qdot_constant_1
// CHECK-NOT: memref.get_global
// CHECK: return
func.func @shared(%x: tensor<2xf32>, %c: i1) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<256xi8>) {
  %0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = arith.constant dense_resource<weights> : tensor<2xf32>
  %2 = scf.if %c -> tensor<2xf32> {
    %3 = arith.constant dense<"0x0000803f00000040"> : tensor<2xf32>
    scf.yield %3 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  %4 = arith.constant dense<7> : tensor<256xi8>
  return %0, %1, %2, %4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<256xi8>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803f00000040"
    }
  }
#-}
