// What the verifiers of qdot.contract and qdot.dot refuse.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics

func.func @dot_counts(%acc: vector<4xi32>, %a: vector<16xi8>) {
  // expected-error @+1 {{'qdot.dot' op expected as many left as right operands, got 2 and 1}}
  %r = qdot.dot %acc, (%a, %a) unsigned, (%a) signed : vector<4xi32>, vector<16xi8>
  return
}

// -----

func.func @dot_none(%acc: vector<4xi32>) {
  // expected-error @+1 {{'qdot.dot' op expected 1, 2 or 4 operand pairs, got 0}}
  %r = qdot.dot %acc, () unsigned, () signed : vector<4xi32>, vector<16xi8>
  return
}

// -----

func.func @dot_three(%acc: vector<4xi32>, %a: vector<16xi8>) {
  // expected-error @+1 {{expected 1, 2 or 4 operand pairs, got 3}}
  %r = qdot.dot %acc, (%a, %a, %a) unsigned, (%a, %a, %a) signed : vector<4xi32>, vector<16xi8>
  return
}

// -----

func.func @dot_lanes(%acc: vector<4xi32>, %a: vector<8xi8>) {
  // expected-error @+1 {{expected 16 bytes for 4 lanes, got 'vector<8xi8>'}}
  %r = qdot.dot %acc, (%a) unsigned, (%a) signed : vector<4xi32>, vector<8xi8>
  return
}

// -----

// Printed alike, but the second right operand is longer.
func.func @dot_generic(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<32xi8>) {
  // expected-error @+1 {{expected 16 bytes for 4 lanes, got 'vector<32xi8>'}}
  %r = "qdot.dot"(%acc, %a, %a, %a, %b) <{lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>, operandSegmentSizes = array<i32: 1, 2, 2>}> : (vector<4xi32>, vector<16xi8>, vector<16xi8>, vector<16xi8>, vector<32xi8>) -> vector<4xi32>
  return
}

// -----

func.func @dot_words_lanes(%acc: vector<4xi32>, %a: vector<16xi16>) {
  // expected-error @+1 {{expected 8 words for 4 lanes, got 'vector<16xi16>'}}
  %r = qdot.dot %acc, (%a) signed, (%a) signed : vector<4xi32>, vector<16xi16>
  return
}

// -----

func.func @dot_words_unsigned(%acc: vector<4xi32>, %a: vector<8xi16>) {
  // expected-error @+1 {{expected signed words, without 'fits_i16'}}
  %r = qdot.dot %acc, (%a) unsigned, (%a) signed : vector<4xi32>, vector<8xi16>
  return
}

// -----

func.func @dot_words_fit(%acc: vector<4xi32>, %a: vector<8xi16>) {
  // expected-error @+1 {{expected signed words, without 'fits_i16'}}
  %r = qdot.dot %acc, (%a) signed, (%a) signed fits_i16 : vector<4xi32>, vector<8xi16>
  return
}

// -----

func.func @dot_two_types(%acc: vector<4xi32>, %a: vector<8xi16>, %b: vector<8xi8>) {
  // expected-error @+1 {{expected operands of one type, got 'vector<8xi16>' and 'vector<8xi8>'}}
  %r = "qdot.dot"(%acc, %a, %b) {lhs_sign = #qdot<sign signed>, rhs_sign = #qdot<sign signed>, operandSegmentSizes = array<i32: 1, 1, 1>} : (vector<4xi32>, vector<8xi16>, vector<8xi8>) -> vector<4xi32>
  return
}

// -----

func.func @dot_scalable(%acc: vector<[4]xi32>, %a: vector<16xi8>) {
  // expected-error @+1 {{expected all vectors or none to be scalable, got 'vector<16xi8>' beside 'vector<[4]xi32>'}}
  %r = qdot.dot %acc, (%a) unsigned, (%a) signed : vector<[4]xi32>, vector<16xi8>
  return
}

// -----

func.func @dot_2x2_lanes(%acc: vector<8xi32>, %a: vector<32xi8>) {
  // expected-error @+1 {{'qdot.dot_2x2' op expected a vector of 4 elements, got 'vector<8xi32>'}}
  %r = qdot.dot_2x2 %acc, %a signed, %a signed : vector<8xi32>, vector<32xi8>
  return
}

// -----

func.func @dot_2x2_bytes(%acc: vector<4xi32>, %a: vector<8xi8>) {
  // expected-error @+1 {{'qdot.dot_2x2' op expected a vector of 16 elements, got 'vector<8xi8>'}}
  %r = qdot.dot_2x2 %acc, %a signed, %a signed : vector<4xi32>, vector<8xi8>
  return
}

// -----

func.func @dot_2x2_scalable(%acc: vector<[4]xi32>, %a: vector<16xi8>) {
  // expected-error @+1 {{expected all vectors or none to be scalable, got 'vector<16xi8>' beside 'vector<[4]xi32>'}}
  %r = qdot.dot_2x2 %acc, %a signed, %a signed : vector<[4]xi32>, vector<16xi8>
  return
}

// -----

func.func @panels_accumulators(%acc: vector<4xi32>, %x: memref<256xi8>, %i: index) {
  // expected-error @+1 {{'qdot.dot_2x2_panels' op expected a multiple of 2 accumulators, got 1}}
  %r = qdot.dot_2x2_panels %x[%i] signed, %x[%i] signed pairs 2 units 8 into (%acc) : memref<256xi8>, memref<256xi8>, vector<4xi32>
  return
}

// -----

func.func @panels_strides(%acc: vector<4xi32>, %x: memref<256xi8, strided<[2]>>, %y: memref<256xi8>, %i: index) {
  // expected-error @+1 {{'qdot.dot_2x2_panels' op expected contiguous bytes without an offset, got 'memref<256xi8, strided<[2]>>'}}
  %r = qdot.dot_2x2_panels %x[%i] signed, %y[%i] signed pairs 1 units 8 into (%acc) : memref<256xi8, strided<[2]>>, memref<256xi8>, vector<4xi32>
  return
}

// -----

func.func @repeat_scalable(%a: vector<[16]xi8>) {
  // expected-error @+1 {{'qdot.repeat' op expected a source of fixed length, got 'vector<[16]xi8>'}}
  %r = qdot.repeat %a[0] : vector<[16]xi8> -> vector<16xi8>
  return
}

// -----

func.func @repeat_bytes(%a: vector<6xi8>) {
  // expected-error @+1 {{'qdot.repeat' op expected a multiple of 4 bytes, got 'vector<6xi8>'}}
  %r = qdot.repeat %a[0] : vector<6xi8> -> vector<16xi8>
  return
}

// -----

func.func @repeat_word(%a: vector<8xi8>) {
  // expected-error @+1 {{'qdot.repeat' op word 2 is not in 'vector<8xi8>'}}
  %r = qdot.repeat %a[2] : vector<8xi8> -> vector<16xi8>
  return
}

// -----

func.func @repeat_whole(%a: vector<16xi8>) {
  // expected-error @+1 {{'qdot.repeat' op expected a multiple of 16 bytes, got 'vector<24xi8>'}}
  %r = qdot.repeat %a : vector<16xi8> -> vector<24xi8>
  return
}

// -----

func.func @lookup_scalable(%a: vector<[16]xi8>, %t: memref<256xi8>) {
  // expected-error @+1 {{'qdot.lookup_bytes' op expected vectors of fixed length, got 'vector<[16]xi8>'}}
  %r = qdot.lookup_bytes %a in %t : vector<[16]xi8>, memref<256xi8>
  return
}

// -----

func.func @lookup_table(%a: vector<16xi8>, %t: memref<128xi8>) {
  // expected-error @+1 {{'qdot.lookup_bytes' op expected a table of 256 contiguous bytes, got 'memref<128xi8>'}}
  %r = qdot.lookup_bytes %a in %t : vector<16xi8>, memref<128xi8>
  return
}

// -----

// expected-error @+1 {{expected lanes 4 in #qdot.kernel<matrix>, got 8}}
#matrix = #qdot.kernel<matrix rows 2 vectors 1 lanes 8 unroll 1>

// -----

// expected-error @+1 {{expected load 4 or 16 in #qdot.kernel, got 8}}
#load = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 4 load 8>

// -----

// expected-error @+1 {{expected unroll to be a multiple of 4 in #qdot.kernel with load 16, got 2}}
#unroll = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 2 load 16>

// -----

// expected-error @+1 {{expected chains between 1 and 32 in #qdot.kernel, got 33}}
#chains = #qdot.kernel<dot rows 2 vectors 1 lanes 4 unroll 2 chains 33>

// -----

func.func @narrow_lanes(%a: vector<6xi32>) {
  // expected-error @+1 {{'qdot.narrow' op expected a multiple of 4 lanes, got 6}}
  %r = qdot.narrow %a, %a, %a, %a : vector<6xi32> -> vector<24xi8>
  return
}

// -----

func.func @narrow_bytes(%a: vector<8xi32>) {
  // expected-error @+1 {{'qdot.narrow' op expected 32 bytes, got 'vector<16xi8>'}}
  %r = qdot.narrow %a, %a, %a, %a : vector<8xi32> -> vector<16xi8>
  return
}

// -----

func.func @narrow_scalable(%a: vector<[4]xi32>) {
  // expected-error @+1 {{'qdot.narrow' op expected vectors of fixed length, got 'vector<[4]xi32>'}}
  %r = qdot.narrow %a, %a, %a, %a : vector<[4]xi32> -> vector<[16]xi8>
  return
}

// -----

func.func @yield_outside() {
  // expected-error @+1 {{'qdot.yield' op expects parent op 'qdot.contract'}}
  qdot.yield
}

// -----

func.func @map_count(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{'qdot.contract' op expected 3 indexing maps, got 2}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @no_maps(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected 3 indexing maps, got 0}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @extra_without_map(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %b0: tensor<4xi32>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected 4 indexing maps, got 3}}
  %r = qdot.contract ins(%x, %w, %b0 : tensor<2x8xi8>, tensor<8x4xi8>, tensor<4xi32>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @loop_size(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{negative loop size -5}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: -5, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @operand_type(%x: tensor<2x8xi8>, %w: tensor<8x4xi16>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected i8 operands, got 'tensor<8x4xi16>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi16>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @packed_without_kernel(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{'packed' needs a 'kernel'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, packed} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @loops_of_map(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected indexing map 1 over 3 loops, got affine_map<(d0, d1) -> (d1, d0)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @symbol(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected indexing map 0 over 3 loops, got affine_map<(d0, d1, d2)[s0] -> (d0 + s0, d2)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k)[s] -> (m + s, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @rank(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{indexing map 0 has 1 results for 'tensor<2x8xi8>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @constant_index(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected linear indexing maps without constants, got affine_map<(d0, d1, d2) -> (1, d2)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (1, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @offset(%x: tensor<3x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected linear indexing maps without constants, got affine_map<(d0, d1, d2) -> (d0 + 1, d2)>}}
  %r = qdot.contract ins(%x, %w : tensor<3x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m + 1, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @backwards(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected linear indexing maps without constants, got affine_map<(d0, d1, d2) -> (d0, -d2)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, -k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @modulo(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected linear indexing maps without constants, got affine_map<(d0, d1, d2) -> (d0, d2 mod 4)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k mod 4)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @reach(%x: tensor<2x8xi8>, %w: tensor<9x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{loops reach index 8 of a dimension of 8 in 'tensor<2x8xi8>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<9x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 9>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @reach_strided(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{loops reach index 9 of a dimension of 8 in 'tensor<2x8xi8>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, m * 2 + k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @reach_result(%x: tensor<2x8xi8>, %w: tensor<8x5xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{loops reach index 4 of a dimension of 4 in 'tensor<2x4xi32>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x5xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 5, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @reach_zero(%x: tensor<0x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{loops reach index 1 of a dimension of 0 in 'tensor<0x8xi8>'}}
  %r = qdot.contract ins(%x, %w : tensor<0x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @out_sum(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<5x4xi32>) {
  // expected-error @+1 {{expected distinct loops in the out map, got affine_map<(d0, d1, d2) -> (d0 + d1, d1)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<5x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m + n, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x4xi32>
  return
}

// -----

func.func @out_twice(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected distinct loops in the out map, got affine_map<(d0, d1, d2) -> (d0, d0)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, m)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @out_constant(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected distinct loops in the out map, got affine_map<(d0, d1, d2) -> (0, d1)>}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (0, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @result_type(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected one result of type 'tensor<2x4xi32>' on tensors, none on memrefs}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x5xi32>
  return
}

// -----

func.func @no_result(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected one result of type 'tensor<2x4xi32>' on tensors, none on memrefs}}
  qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @memref_result(%x: memref<2x8xi8>, %w: memref<8x4xi8>, %e: memref<2x4xi32>) {
  // expected-error @+1 {{expected one result of type 'memref<2x4xi32>' on tensors, none on memrefs}}
  %r = qdot.contract ins(%x, %w : memref<2x8xi8>, memref<8x4xi8>) outs(%e : memref<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @no_arguments(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected 1 block arguments, got 0}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0:
    %c = arith.constant 0 : i32
    qdot.yield %c : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @arguments(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected 1 block arguments, got 2}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @accumulator_type(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected an i32 accumulator, got 'i64'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i64):
    %0 = arith.trunci %acc : i64 to i32
    qdot.yield %0 : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @argument_type(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %b0: tensor<4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{body reads 'i32' from 'tensor<4xi8>'}}
  %r = qdot.contract ins(%x, %w, %b0 : tensor<2x8xi8>, tensor<8x4xi8>, tensor<4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @yield_type(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi8>) {
  // expected-error @+1 {{expected the body to yield one 'i8'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi8>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi8>
  return
}

// -----

func.func @yield_none(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected the body to yield one 'i32'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @yield_two(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected the body to yield one 'i32'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc, %acc : i32, i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @unranked(%x: tensor<*xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected ranked tensors or ranked memrefs, got 'tensor<*xi8>' beside a result in 'tensor<2x4xi32>'}}
  %r = qdot.contract ins(%x, %w : tensor<*xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @vector(%x: tensor<2x8xi8>, %w: vector<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected ranked tensors or ranked memrefs, got 'vector<8x4xi8>' beside a result in 'tensor<2x4xi32>'}}
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, vector<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @mixed(%x: memref<2x8xi8>, %w: tensor<8x4xi8>, %e: tensor<2x4xi32>) {
  // expected-error @+1 {{expected ranked tensors or ranked memrefs, got 'memref<2x8xi8>' beside a result in 'tensor<2x4xi32>'}}
  %r = qdot.contract ins(%x, %w : memref<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return
}

// -----

func.func @mixed_memref(%x: memref<2x8xi8>, %w: memref<8x4xi8>, %b0: tensor<4xi32>, %e: memref<2x4xi32>) {
  // expected-error @+1 {{expected ranked tensors or ranked memrefs, got 'tensor<4xi32>' beside a result in 'memref<2x4xi32>'}}
  qdot.contract ins(%x, %w, %b0 : memref<2x8xi8>, memref<8x4xi8>, tensor<4xi32>) outs(%e : memref<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %b: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @unranked_memref(%x: memref<2x8xi8>, %w: memref<*xi8>, %e: memref<2x4xi32>) {
  // expected-error @+1 {{expected ranked tensors or ranked memrefs, got 'memref<*xi8>' beside a result in 'memref<2x4xi32>'}}
  qdot.contract ins(%x, %w : memref<2x8xi8>, memref<*xi8>) outs(%e : memref<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}

// -----

func.func @short_loop(%x: memref<2x8xi8>, %w: memref<8x4xi8>, %e: memref<2x4xi32>) {
  // expected-error @+1 {{expected 8 as size of loop 2 over a dimension of 'memref<2x8xi8>', got 0}}
  qdot.contract ins(%x, %w : memref<2x8xi8>, memref<8x4xi8>) outs(%e : memref<2x4xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 4, 0>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  }
  return
}
