// Kernels and packed operands set by hand that do not fit, and bodies that have no vector form.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-expand-kernels

memref.global "private" constant @w : memref<4x4xi8> = dense<1>
func.func @not_packed(%x: memref<2x4xi8>, %y: memref<2x4xi32>) {
  %w = memref.get_global @w : memref<4x4xi8>
  // expected-error @+1 {{'qdot.contract' op has a kernel but its weights are not packed}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @kind(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{cannot use #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>: the schedule does not fit the contraction}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 2 vectors 4 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @transposed(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<4x2xi32>) {
  // expected-error @+1 {{cannot use #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>: the contiguous dimension of the result is no channel}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<4x2xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n, m)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @tensors(%x: tensor<2x4xi8>, %w: tensor<4x4xi8>, %y: tensor<2x4xi32>) -> tensor<2x4xi32> {
  // expected-error @+1 {{'qdot.contract' op is still on tensors; bufferize first}}
  %r = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x4xi8>) outs(%y : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}

// -----

func.func @lookup(%x: memref<2x4xi8>, %w: memref<16xi8>, %table: tensor<256xi8>, %y: memref<2x4xi8>) {
  // expected-error @+1 {{'qdot.contract' op has an operation in its body that has no vector form}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi8>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.trunci %acc : i32 to i8
    %1 = qdot.lookup %0 in %table : tensor<256xi8>
    qdot.yield %1 : i8
  }
  return
}

// -----

func.func @store(%x: memref<2x4xi8>, %w: memref<16xi8>, %other: memref<i32>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{has an operation in its body that has no vector form}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    memref.store %acc, %other[] : memref<i32>
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @two_indices(%x: memref<2x4xi8>, %w: memref<16xi8>, %table: memref<8x8xi32>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{has an operation in its body that has no vector form}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %0 = arith.index_cast %acc : i32 to index
    %1 = memref.load %table[%0, %0] : memref<8x8xi32>
    qdot.yield %1 : i32
  }
  return
}

// -----

func.func @short_weights(%x: memref<2x4xi8>, %w: memref<15xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{is 'packed' for another 'kernel': #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1> reads 16 bytes of weights, got 'memref<15xi8>'}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<15xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, 
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @wide_lanes(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{is 'packed' for another 'kernel': #qdot.kernel<dot rows 2 vectors 1 lanes 16 unroll 1> reads 64 bytes of weights, got 'memref<16xi8>'}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 16 unroll 1>, packed, 
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @two_dimensions(%x: memref<2x4xi8>, %w: memref<4x4xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{is 'packed' for another 'kernel'}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<4x4xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, 
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @no_extra(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.ordered_extras' to name extras, got 1 of 0}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.ordered_extras = array<i64: 1>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @short_extra(%x: memref<2x4xi8>, %w: memref<32xi8>, %y: memref<2x4xi32>, %b: memref<4xi32>) {
  // expected-error @+1 {{expected 'qdot.ordered_extras' to name extras of 8 elements, got 'memref<4xi32>'}}
  qdot.contract ins(%x, %w, %b : memref<2x4xi8>, memref<32xi8>, memref<4xi32>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 8 unroll 1>, packed, qdot.ordered_extras = array<i64: 0>,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %e: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @counts_missing(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_counts' to name a constant of four numbers for each of 1 blocks of a dot kernel}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, 2, 0]>
memref.global "private" constant @offsets : memref<1xi32> = dense<0>
func.func @counts_high(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_counts' to count at most 1 groups per block}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, -1, 0]>
memref.global "private" constant @offsets : memref<1xi32> = dense<0>
func.func @counts_negative(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_counts' to count at most 1 groups per block}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, 1, 0]>
memref.global "private" constant @offsets : memref<1xi32> = dense<8>
func.func @offsets_outside(%x: memref<2x4xi8>, %w: memref<16xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_offsets' to name a constant with distances of the groups of the reduction for every block}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<16xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @words_short(%x: memref<2x4xi8>, %w: memref<32xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected no 'qdot.dot_words' where rows cannot be widened}}
  qdot.contract ins(%x, %w : memref<2x4xi8>, memref<32xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets, qdot.dot_words,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, 0, 1]>
memref.global "private" constant @offsets : memref<2xi32> = dense<[0, 2]>

// -----

// Beyond the row, and the second half elsewhere.
func.func @words_beyond(%x: memref<2x16xi8>, %w: memref<128xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_offsets' to name a constant with distances of the groups of the reduction for every block}}
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<128xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets, qdot.dot_words,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, 0, 1]>
memref.global "private" constant @offsets : memref<2xi32> = dense<[14, 16]>

// -----

func.func @words_halves(%x: memref<2x16xi8>, %w: memref<128xi8>, %y: memref<2x4xi32>) {
  // expected-error @+1 {{expected 'qdot.dot_offsets' to name a constant with distances of the groups of the reduction for every block}}
  qdot.contract ins(%x, %w : memref<2x16xi8>, memref<128xi8>) outs(%y : memref<2x4xi32>)
      attributes {kernel = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 1>, packed, qdot.dot_counts = @counts, qdot.dot_offsets = @offsets, qdot.dot_words,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], loop_sizes = array<i64: 2, 4, 16>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
memref.global "private" constant @counts : memref<4xi32> = dense<[0, 0, 0, 1]>
memref.global "private" constant @offsets : memref<2xi32> = dense<[4, 8]>

// -----

func.func @variable_depthwise(%x: memref<6x4xi8>, %w: memref<3x4xi8>, %y: memref<4x4xi32>) {
  // expected-error @+1 {{cannot use #qdot.kernel<depthwise rows 1 vectors 4 lanes 4 unroll 1>: its weights cannot be packed at run time}}
  qdot.contract ins(%x, %w : memref<6x4xi8>, memref<3x4xi8>) outs(%y : memref<4x4xi32>)
      attributes {kernel = #qdot.kernel<depthwise rows 1 vectors 4 lanes 4 unroll 1>,
                  indexing_maps = [affine_map<(y, c, i) -> (y + i, c)>, affine_map<(y, c, i) -> (i, c)>, affine_map<(y, c, i) -> (y, c)>], loop_sizes = array<i64: 4, 4, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
