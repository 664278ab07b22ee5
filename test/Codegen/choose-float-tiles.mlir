// RUN: qdot-opt %s --qdot-choose-float-tiles=target=x86-avx2 --verify-diagnostics --remarks-filter='qdot.*' --mlir-print-local-scope | FileCheck %s
// RUN: qdot-opt %s --qdot-choose-float-tiles=target=x86-avx512vnni --mlir-print-local-scope | FileCheck %s --check-prefix=AVX512
// RUN: qdot-opt %s --qdot-choose-float-tiles=target=aarch64-dotprod --mlir-print-local-scope | FileCheck %s --check-prefix=NEON
// RUN: not qdot-opt %s --qdot-choose-float-tiles=target=z80 2>&1 | FileCheck %s --check-prefix=TARGET

// TARGET: unknown target 'z80'

#ab = affine_map<(m, n, k) -> (m, k)>
#bc = affine_map<(m, n, k) -> (k, n)>
#cb = affine_map<(m, n, k) -> (n, k)>
#ac = affine_map<(m, n, k) -> (m, n)>

// The example of FloatPasses.td.
// CHECK-LABEL: func.func @example
// CHECK: qdot.tile = #qdot.tile<rows 4 vectors 3 lanes 8>
// AVX512-LABEL: func.func @example
// AVX512: qdot.tile = #qdot.tile<rows {{[0-9]+}} vectors {{[2-4]}} lanes 16>
// NEON-LABEL: func.func @example
// NEON: qdot.tile = #qdot.tile<rows {{[0-9]+}} vectors {{[2-6]}} lanes 4>
func.func @example(%a: memref<512x512xf32>, %b: memref<512x512xf32>, %c: memref<512x512xf32>) {
  linalg.generic {indexing_maps = [#ab, #bc, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<512x512xf32>, memref<512x512xf32>) outs(%c : memref<512x512xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = math.fma %x, %y, %sum : f32
    linalg.yield %0 : f32
  }
  return
}

// A tile that is there stays.
// CHECK-LABEL: func.func @by_hand
// CHECK: qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>
func.func @by_hand(%a: memref<512x512xf32>, %b: memref<512x512xf32>, %c: memref<512x512xf32>) {
  linalg.generic {indexing_maps = [#ab, #bc, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<512x512xf32>, memref<512x512xf32>) outs(%c : memref<512x512xf32>)
      attrs = {qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = math.fma %x, %y, %sum : f32
    linalg.yield %0 : f32
  }
  return
}

// Weights that are no constant and not contiguous along the columns.
// CHECK-LABEL: func.func @transposed
// CHECK-NOT: qdot.tile
// CHECK: return
func.func @transposed(%a: memref<4x8xf32>, %b: memref<3x8xf32>, %c: memref<4x3xf32>) {
  // expected-remark @+1 {{an input is not contiguous along the contiguous}}
  linalg.generic {indexing_maps = [#ab, #cb, #ac], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<4x8xf32>, memref<3x8xf32>) outs(%c : memref<4x3xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = math.fma %x, %y, %sum : f32
    linalg.yield %0 : f32
  }
  return
}
