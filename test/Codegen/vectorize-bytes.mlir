// RUN: qdot-opt %s --qdot-vectorize-bytes=target=x86-avx2 --canonicalize --mlir-print-local-scope | FileCheck %s
// RUN: not qdot-opt %s --qdot-vectorize-bytes=target=z80 2>&1 | FileCheck %s --check-prefix=TARGET

// TARGET: unknown target 'z80'

#id = affine_map<(i) -> (i)>

// The example of VectorPasses.td: 48 bytes are a vector of 32 and one of 16.
// CHECK-LABEL: func.func @example
// CHECK-NOT: linalg
// CHECK: %[[A:.*]] = vector.load {{.*}} vector<32xi8>
// CHECK: %[[B:.*]] = vector.load {{.*}} vector<32xi8>
// CHECK: %[[MAX:.*]] = arith.maxui %[[A]], %[[B]] : vector<32xi8>
// CHECK: vector.store %[[MAX]]
// CHECK: vector.load {{.*}} vector<16xi8>
// CHECK: arith.maxui {{.*}} : vector<16xi8>
// CHECK: vector.store
// CHECK-NOT: linalg
// CHECK: return
func.func @example(%a: memref<48xi8>, %b: memref<48xi8>, %y: memref<48xi8>) {
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%a, %b : memref<48xi8>, memref<48xi8>) outs(%y : memref<48xi8>) {
  ^bb0(%in: i8, %in2: i8, %out: i8):
    %0 = arith.maxui %in, %in2 : i8
    linalg.yield %0 : i8
  }
  return
}

// The maximum over a window; the fill is where it starts.
// CHECK-LABEL: func.func @maximum
// CHECK-NOT: linalg
// CHECK: arith.maxsi {{.*}} : vector<32xi8>
// CHECK-NOT: linalg
// CHECK: return
func.func @maximum(%x: memref<4x4x32xi8>, %y: memref<2x2x32xi8>) {
  %low = arith.constant -128 : i8
  %w = memref.alloc() : memref<2x2xi8>
  linalg.fill ins(%low : i8) outs(%y : memref<2x2x32xi8>)
  linalg.generic {indexing_maps = [affine_map<(y, x, c, i, j) -> (2 * y + i, 2 * x + j, c)>, affine_map<(y, x, c, i, j) -> (i, j)>, affine_map<(y, x, c, i, j) -> (y, x, c)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<4x4x32xi8>, memref<2x2xi8>) outs(%y : memref<2x2x32xi8>) {
  ^bb0(%in: i8, %window: i8, %out: i8):
    %0 = arith.maxsi %out, %in : i8
    linalg.yield %0 : i8
  }
  memref.dealloc %w : memref<2x2xi8>
  return
}

// A transpose jumps along the result.
// CHECK-LABEL: func.func @transposed
// CHECK: linalg.generic
// CHECK: return
func.func @transposed(%x: memref<32x16xi8>, %y: memref<16x32xi8>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<32x16xi8>) outs(%y : memref<16x32xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.maxsi %in, %in : i8
    linalg.yield %0 : i8
  }
  return
}

// Loops that run backwards do not start at the first element.
// CHECK-LABEL: func.func @reversed
// CHECK: linalg.generic
// CHECK: return
func.func @reversed(%x: memref<2x32xi8>, %y: memref<2x32xi8>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (-i + 1, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x32xi8>) outs(%y : memref<2x32xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.addi %in, %in : i8
    linalg.yield %0 : i8
  }
  return
}

// Quantization: what was clamped as a float needs no clamp when it is narrowed.
// CHECK-LABEL: func.func @quantize
// CHECK-NOT: linalg
// CHECK: vector.load {{.*}} vector<32xf32>
// CHECK-COUNT-4: arith.fptosi {{.*}} : vector<8xf32> to vector<8xi32>
// CHECK-NOT: arith.trunci
// CHECK: qdot.narrow
// CHECK-NOT: linalg
// CHECK: return
func.func @quantize(%x: memref<64xf32>, %y: memref<64xi8>) {
  %scale = arith.constant 5.0 : f32
  %low = arith.constant -7.0 : f32
  %high = arith.constant 248.0 : f32
  %zero = arith.constant 7 : i32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<64xf32>) outs(%y : memref<64xi8>) {
  ^bb0(%a: f32, %o: i8):
    %0 = arith.mulf %a, %scale : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.fptosi %3 : f32 to i32
    %5 = arith.addi %4, %zero : i32
    %6 = arith.trunci %5 : i32 to i8
    linalg.yield %6 : i8
  }
  return
}

// Bounds beyond a byte: truncated, lane by lane.
// CHECK-LABEL: func.func @wrapped
// CHECK-NOT: qdot.narrow
// CHECK: arith.trunci {{.*}} : vector<8xi32> to vector<8xi8>
// CHECK-NOT: qdot.narrow
// CHECK: return
func.func @wrapped(%x: memref<32xf32>, %y: memref<32xi8>) {
  %low = arith.constant -7.0 : f32
  %high = arith.constant 249.0 : f32
  %zero = arith.constant 7 : i32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<32xf32>) outs(%y : memref<32xi8>) {
  ^bb0(%a: f32, %o: i8):
    %2 = arith.maximumf %a, %low : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = arith.fptosi %3 : f32 to i32
    %5 = arith.addi %4, %zero : i32
    %6 = arith.trunci %5 : i32 to i8
    linalg.yield %6 : i8
  }
  return
}
