// What the verifiers of the dialect refuse.
// RUN: qdot-opt %s --split-input-file --verify-diagnostics

func.func @element_type(%x: tensor<4xf64>) {
  // expected-error @+1 {{'qdot.quantize' op expected f32 elements, got 'f64'}}
  %q = qdot.quantize %x : tensor<4xf64> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @shape(%x: tensor<4xf32>) {
  // expected-error @+1 {{'qdot.quantize' op expected equal shapes, got 'tensor<4xf32>' and 'tensor<5x!quant.uniform<i8:f32, 5.000000e-01>>'}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<5x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @not_quantized(%x: tensor<4xi8>) {
  // expected-error @+1 {{'qdot.dequantize' op expected a quantized element type, got 'i8'}}
  %r = qdot.dequantize %x : tensor<4xi8> -> tensor<4xf32>
  return
}

// -----

func.func @storage_width(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a storage type of 4, 8, 16 or 32 bits, got 5}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i5:f32, 0.5>>
  return
}

// -----

func.func @expressed_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected the expressed type f32, got 'f64'}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f64, 0.5>>
  return
}

// -----

func.func @any_quantized(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a uniform type, per tensor, per axis or with blocks of one element, got '!quant.any<i8:f32>'}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.any<i8:f32>>
  return
}

// -----

func.func @axis(%x: tensor<4xf32>) {
  // expected-error @+1 {{quantized axis 1 is outside of a tensor of rank 1}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  return
}

// -----

func.func @dynamic_axis(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{quantized axis 0 is dynamic}}
  %q = qdot.quantize %x : tensor<?x4xf32> -> tensor<?x4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @scale_count(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected 4 scales on quantized axis 0, got 2}}
  %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @denormal_scale(%x: tensor<2xf32>) {
  // expected-error @+1 {{scale 9.999946e-41 of channel 1 is not a normal finite number}}
  %q = qdot.quantize %x : tensor<2xf32> -> tensor<2x!quant.uniform<i8:f32:0, {0.5, 1.0e-40}>>
  return
}

// -----

func.func @nan_scale(%x: tensor<2xf32>) {
  // expected-error @+1 {{of channel 0 is not a normal finite number}}
  %q = qdot.quantize %x : tensor<2xf32> -> tensor<2x!quant.uniform<i8:f32, 0x7FF8000000000000>>
  return
}

// -----

func.func @zero_point(%x: tensor<2xf32>) {
  // expected-error @+1 {{zero point 300 of channel 0 is outside of [-128, 127]}}
  %q = qdot.quantize %x : tensor<2xf32> -> tensor<2x!quant.uniform<i8:f32, 0.5:300>>
  return
}

// -----

func.func @narrow_zero_point(%x: tensor<2xf32>) {
  // expected-error @+1 {{zero point -128 of channel 0 is outside of [-127, 127]}}
  %q = qdot.quantize %x : tensor<2xf32> -> tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5:-128>>
  return
}

// -----

func.func @multiplier(%acc: i32, %m: f32, %s: i8) {
  // expected-error @+1 {{contract tosa_single expects a multiplier of type i32, got 'f32'}}
  %0 = qdot.requantize %acc, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, f32 -> i8
  return
}

// -----

func.func @float_multiplier(%acc: i32, %m: i32) {
  // expected-error @+1 {{contract f32 expects a multiplier of type f32, got 'i32'}}
  %0 = qdot.requantize %acc, %m zero_point(0) clamp(-128, 127) contract f32 : i32, i32 -> i8
  return
}

// -----

func.func @needs_shift(%acc: i32, %m: i32) {
  // expected-error @+1 {{contract tosa_double needs a shift}}
  %0 = qdot.requantize %acc, %m zero_point(0) clamp(-128, 127) contract tosa_double : i32, i32 -> i8
  return
}

// -----

func.func @takes_no_shift(%acc: i32, %m: f32, %s: i8) {
  // expected-error @+1 {{contract f32 takes no shift}}
  %0 = qdot.requantize %acc, %m, %s zero_point(0) clamp(-128, 127) contract f32 : i32, f32 -> i8
  return
}

// -----

func.func @clamp(%acc: i32, %m: i32, %s: i8) {
  // expected-error @+1 {{clamp(-129, 127) is no interval of 'i8'}}
  %0 = qdot.requantize %acc, %m, %s zero_point(0) clamp(-129, 127) contract tosa_single : i32, i32 -> i8
  return
}

// -----

func.func @empty_clamp(%acc: i32, %m: i32, %s: i8) {
  // expected-error @+1 {{clamp(5, 4) is no interval of 'i8'}}
  %0 = qdot.requantize %acc, %m, %s zero_point(0) clamp(5, 4) contract tosa_single : i32, i32 -> i8
  return
}

// -----

func.func @requantize_zero_point(%acc: i32, %m: i32, %s: i8) {
  // expected-error @+1 {{zero point 128 is outside of 'i8'}}
  %0 = qdot.requantize %acc, %m, %s zero_point(128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  return
}

// -----

func.func @table(%q: i8, %table: tensor<255xi8>) {
  // expected-error @+1 {{expected a table of 256 entries, got 'tensor<255xi8>'}}
  %0 = qdot.lookup %q in %table : tensor<255xi8>
  return
}

// -----

func.func @site_digest(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a site of the form path#digest with 16 lower-case hexadecimal digits, got "main/conv_0#8D2E"}}
  qdot.observe %x {site = #qdot.site<"main/conv_0#8D2E">} : tensor<4xf32>
  return
}

// -----

func.func @site_path(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected printable characters without quotes in the path of a site}}
  qdot.observe %x {site = #qdot.site<"main\09conv_0#8d2e1c9b55aa0f31">} : tensor<4xf32>
  return
}

// -----

// expected-error @+1 {{expected an accumulator interval, got 5 to 4}}
func.func private @accumulator() attributes {qdot.accumulator = #qdot.accumulator<5 to 4>}

// -----

// expected-error @+1 {{expected a quantized type, got 'i8'}}
func.func private @quantized_type() attributes {qdot.quantized = #qdot.quantized<i8>}

// -----

func.func @accumulator_kind(%a: tensor<4xi8>) {
  // expected-error @+1 {{expected a #qdot.accumulator attribute for 'qdot.accumulator', got 5 : i64}}
  %0 = tensor.cast %a {qdot.accumulator = 5} : tensor<4xi8> to tensor<4xi8>
  return
}

// -----

func.func @range_kind(%a: tensor<4xi8>) {
  // expected-error @+1 {{expected a #qdot.range attribute for 'qdot.range', got "mse"}}
  %0 = tensor.cast %a {qdot.range = "mse"} : tensor<4xi8> to tensor<4xi8>
  return
}

// -----

// expected-error @+1 {{expected a string for 'qdot.quantization', got 4 : i64}}
module attributes {qdot.quantization = 4} {}

// -----

func.func @quantized_kind(%a: tensor<4xi8>) {
  // expected-error @+1 {{expected a #qdot.quantized attribute for 'qdot.quantized', got 5 : i64}}
  %0 = tensor.cast %a {qdot.quantized = 5} : tensor<4xi8> to tensor<4xi8>
  return
}

// -----

func.func @quantized_results(%a: tensor<4xi8>) {
  // expected-error @+1 {{'qdot.quantized' needs an operation with one result, got 0}}
  return {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>}
}

// -----

func.func @quantized_storage(%a: tensor<4xi32>) {
  // expected-error @+1 {{'qdot.quantized' type '!quant.uniform<i8:f32, 5.000000e-01>' is not stored in 'tensor<4xi32>'}}
  %0 = tensor.cast %a {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>} : tensor<4xi32> to tensor<4xi32>
  return
}

// -----

func.func @island_kind(%a: tensor<4xi8>) {
  // expected-error @+1 {{expected a string for 'qdot.island', got 5 : i64}}
  %0 = tensor.cast %a {qdot.island = 5} : tensor<4xi8> to tensor<4xi8>
  return
}

// -----

func.func @keep_float_kind(%a: tensor<4xi8>) {
  // expected-error @+1 {{expected a unit attribute for 'qdot.keep_float', got 5 : i64}}
  %0 = tensor.cast %a {qdot.keep_float = 5} : tensor<4xi8> to tensor<4xi8>
  return
}

// -----

// expected-error @+1 {{expected a function type for 'qdot.signature', got i32}}
func.func private @signature_kind() attributes {qdot.signature = i32}

// -----

func.func @lhs_range(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{'qdot.contract' op expected an interval within 0 to 255 for 'qdot.lhs_range', got array<i64: -1, 100>}}
  %r = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 3, 4>, qdot.lhs_range = array<i64: -1, 100>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// -----

func.func @lhs_range_owner(%x: i32) {
  // expected-error @+1 {{'arith.addi' op 'qdot.lhs_range' belongs on 'qdot.contract'}}
  %0 = arith.addi %x, %x {qdot.lhs_range = array<i64: 0, 100>} : i32
  return
}

// -----

func.func @lhs_border(%x: tensor<2x4xi8>, %w: tensor<4x3xi8>, %e: tensor<2x3xi32>) -> tensor<2x3xi32> {
  // expected-error @+1 {{'qdot.contract' op expected two counts of zeros for each dimension of 'tensor<2x4xi8>' for 'qdot.lhs_border', got array<i64: 0, -1, 0, 0>}}
  %r = qdot.contract ins(%x, %w : tensor<2x4xi8>, tensor<4x3xi8>) outs(%e : tensor<2x3xi32>)
      attributes {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 2, 3, 4>, qdot.lhs_border = array<i64: 0, -1, 0, 0>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// -----

func.func @lhs_border_owner(%x: i32) {
  // expected-error @+1 {{'arith.addi' op 'qdot.lhs_border' belongs on 'qdot.contract'}}
  %0 = arith.addi %x, %x {qdot.lhs_border = array<i64: 1, 1>} : i32
  return
}

// -----

func.func @mixed_clamp(%acc: i32, %m: f32) {
  // expected-error @+1 {{clamp(-1, 255) is no interval of 'i8'}}
  %0 = qdot.requantize %acc, %m zero_point(0) clamp(-1, 255) contract f32 : i32, f32 -> i8
  return
}

// -----

func.func @unsigned_clamp(%acc: i32, %m: f32) {
  // expected-error @+1 {{clamp(0, 256) is no interval of 'i8'}}
  %0 = qdot.requantize %acc, %m zero_point(0) clamp(0, 256) contract f32 : i32, f32 -> i8
  return
}

// -----

// A negative zero point belongs to signed bytes, so the clamp must as well.
func.func @signed_zero_point(%acc: i32, %m: f32) {
  // expected-error @+1 {{clamp(0, 200) is no interval of 'i8'}}
  %0 = qdot.requantize %acc, %m zero_point(-1) clamp(0, 200) contract f32 : i32, f32 -> i8
  return
}

// -----

func.func @unsigned_zero_point(%acc: i32, %m: f32) {
  // expected-error @+1 {{zero point 256 is outside of 'i8'}}
  %0 = qdot.requantize %acc, %m zero_point(256) clamp(0, 255) contract f32 : i32, f32 -> i8
  return
}

// -----

func.func @unsigned_zero_point_signed_clamp(%acc: i32, %m: f32) {
  // expected-error @+1 {{zero point 200 is outside of 'i8'}}
  %0 = qdot.requantize %acc, %m zero_point(200) clamp(-1, 100) contract f32 : i32, f32 -> i8
  return
}

// -----

// There are no unsigned results of 32 bits.
func.func @unsigned_word(%acc: i32, %m: f32) {
  // expected-error @+1 {{clamp(0, 4294967295) is no interval of 'i32'}}
  %0 = qdot.requantize %acc, %m zero_point(0) clamp(0, 4294967295) contract f32 : i32, f32 -> i32
  return
}

// -----

func.func @round_order(%x: f32) {
  // expected-error @+1 {{'qdot.round' op clamp(5, 4) is no interval of signed or unsigned bytes}}
  %0 = qdot.round %x clamp(5, 4) : i8
  return
}

// -----

func.func @round_mixed(%x: f32) {
  // expected-error @+1 {{clamp(-1, 128) is no interval of signed or unsigned bytes}}
  %0 = qdot.round %x clamp(-1, 128) : i8
  return
}

// -----

func.func @round_wide(%x: f32) {
  // expected-error @+1 {{clamp(0, 256) is no interval of signed or unsigned bytes}}
  %0 = qdot.round %x clamp(0, 256) : i8
  return
}

// -----

// expected-error @+1 {{expected rows between 1 and 32 in #qdot.kernel, got 0}}
func.func private @kernel_no_rows() attributes {k = #qdot.kernel<dot rows 0 vectors 1 lanes 4 unroll 1>}

// -----

// expected-error @+1 {{expected rows between 1 and 32 in #qdot.kernel, got 33}}
func.func private @kernel_rows() attributes {k = #qdot.kernel<dot rows 33 vectors 1 lanes 4 unroll 1>}

// -----

// expected-error @+1 {{expected vectors between 1 and 16 in #qdot.kernel, got -1}}
func.func private @kernel_vectors() attributes {k = #qdot.kernel<depthwise rows 1 vectors -1 lanes 4 unroll 1>}

// -----

// expected-error @+1 {{expected unroll between 1 and 16 in #qdot.kernel, got 17}}
func.func private @kernel_unroll() attributes {k = #qdot.kernel<dot rows 1 vectors 1 lanes 4 unroll 17>}

// -----

// expected-error @+1 {{expected lanes 4, 8 or 16 in #qdot.kernel, got 5}}
func.func private @kernel_lanes() attributes {k = #qdot.kernel<dot rows 1 vectors 1 lanes 5 unroll 1>}

// -----

// expected-error @+1 {{expected at most 64 accumulators in #qdot.kernel, got 13 rows of 5 vectors}}
func.func private @kernel_tile() attributes {k = #qdot.kernel<dot rows 13 vectors 5 lanes 4 unroll 1>}

// -----

// expected-error @+2 {{expected ::qdot::KernelKind to be one of: dot, depthwise}}
// expected-error @+1 {{failed to parse Qdot_KernelAttr parameter 'kind' which is to be a `::qdot::KernelKind`}}
func.func private @kernel_kind() attributes {k = #qdot.kernel<outer rows 1 vectors 1 lanes 4 unroll 1>}

// -----

func.func @sign(%a: vector<16xi8>, %acc: vector<4xi32>) {
  // expected-error @+2 {{expected ::qdot::Sign to be one of: signed, unsigned}}
  // expected-error @+1 {{failed to parse Qdot_SignAttr parameter 'value'}}
  %0 = qdot.dot %acc, (%a) both, (%a) signed : vector<4xi32>, vector<16xi8>
  return
}

// -----

func.func @rescale_contract(%v: i32) {
  // expected-error @+1 {{has no fixed-point multiplier under contract f32}}
  %0 = qdot.rescale %v, %v, %v contract f32 : i32
  return
}

// -----

// expected-error @+1 {{expected an accumulator interval within i32, got 0 to 2147483648}}
func.func private @accumulator_width() attributes {qdot.accumulator = #qdot.accumulator<0 to 2147483648>}
