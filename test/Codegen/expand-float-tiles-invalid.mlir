// RUN: qdot-opt %s --qdot-expand-float-tiles --split-input-file --verify-diagnostics

#id = affine_map<(n) -> (n)>

func.func @kind(%a: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected #qdot.tile, got 5 : i64}}
  linalg.fill {qdot.tile = 5} ins(%zero : f32) outs(%a : memref<8xf32>)
  return
}

// -----

func.func @no_contraction(%a: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{cannot use #qdot.tile<rows 1 vectors 1 lanes 8>: it is no fused contraction on memrefs}}
  linalg.fill {qdot.tile = #qdot.tile<rows 1 vectors 1 lanes 8>} ins(%zero : f32) outs(%a : memref<8xf32>)
  return
}

// -----

// expected-error @+1 {{expected rows between 1 and 32 in #qdot.tile, got 0}}
func.func private @rows() attributes {t = #qdot.tile<rows 0 vectors 1 lanes 8>}

// -----

// expected-error @+1 {{expected vectors between 1 and 16 in #qdot.tile, got 17}}
func.func private @vectors() attributes {t = #qdot.tile<rows 1 vectors 17 lanes 8>}

// -----

// expected-error @+1 {{expected lanes 4, 8 or 16 in #qdot.tile, got 5}}
func.func private @lanes() attributes {t = #qdot.tile<rows 1 vectors 1 lanes 5>}

// -----

// expected-error @+1 {{expected at most 64 sums in #qdot.tile, got 32 rows of 3 vectors}}
func.func private @sums() attributes {t = #qdot.tile<rows 32 vectors 3 lanes 8>}
