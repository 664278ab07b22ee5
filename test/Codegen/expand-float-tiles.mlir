// RUN: qdot-opt %s --qdot-expand-float-tiles --canonicalize --mlir-print-local-scope | FileCheck %s

#ab = affine_map<(m, n, k) -> (m, k)>
#bc = affine_map<(m, n, k) -> (k, n)>
#cb = affine_map<(m, n, k) -> (n, k)>
#ac = affine_map<(m, n, k) -> (m, n)>

// The example of FloatPasses.td: the sums stay in a register over all terms.
// CHECK-LABEL: func.func @example
// CHECK-NOT: linalg
// CHECK: %[[START:.*]] = vector.load {{.*}} vector<8xf32>
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[START]]) -> (vector<8xf32>) {
// CHECK: memref.load
// CHECK: vector.broadcast {{.*}} : f32 to vector<8xf32>
// CHECK: vector.load
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK: scf.yield
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK-NOT: linalg
func.func @example(%a: memref<1x640xf32>, %b: memref<640x8xf32>, %c: memref<1x8xf32>) {
  linalg.generic {indexing_maps = [#ab, #bc, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<1x640xf32>, memref<640x8xf32>) outs(%c : memref<1x8xf32>)
      attrs = {qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = math.fma %x, %y, %sum : f32
    linalg.yield %0 : f32
  }
  return
}

// The fill before it is where the sums start; constant weights that rows share
// are packed.
// CHECK-LABEL: func.func @filled
// CHECK-NOT: linalg.fill
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK-NOT: linalg
// CHECK: return
memref.global "private" constant @weights : memref<8x4xf32> = dense<2.5>
func.func @filled(%a: memref<6x4xf32>, %c: memref<6x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %b = memref.get_global @weights : memref<8x4xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<6x8xf32>)
  linalg.generic {indexing_maps = [#ab, #cb, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<6x4xf32>, memref<8x4xf32>) outs(%c : memref<6x8xf32>)
      attrs = {qdot.tile = #qdot.tile<rows 6 vectors 1 lanes 8>} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = math.fma %x, %y, %sum : f32
    linalg.yield %0 : f32
  }
  return
}

// A module inside of this one has constants of its own, and stays as it is.
// CHECK-LABEL: module @inner
// CHECK: linalg.generic
// CHECK: return
module @inner {
  memref.global "private" constant @weights : memref<8x4xf32> = dense<1.5>
  func.func @filled(%a: memref<6x4xf32>, %c: memref<6x8xf32>) {
    %b = memref.get_global @weights : memref<8x4xf32>
    linalg.generic {indexing_maps = [#ab, #cb, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%a, %b : memref<6x4xf32>, memref<8x4xf32>) outs(%c : memref<6x8xf32>)
        attrs = {qdot.tile = #qdot.tile<rows 6 vectors 1 lanes 8>} {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %0 = math.fma %x, %y, %sum : f32
      linalg.yield %0 : f32
    }
    return
  }
}
