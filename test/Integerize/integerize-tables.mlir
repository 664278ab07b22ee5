// RUN: qdot-opt %s --qdot-integerize-ops --mlir-print-local-scope | FileCheck %s

!x = !quant.uniform<i8:f32, 0.0625:3>
!y = !quant.uniform<i8:f32, 0.00390625:-128>

// Rule T1: entry i is the code of f((i - 128 - 3) / 16). Chains in one body,
// with constants from outside, and functions that saturate or give NaN.
// CHECK-LABEL: func.func @sigmoid(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK-SAME: %[[ARG1:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<?x!quant.uniform<i8:f32, 6.250000e-02:3>> to tensor<?xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<"0x808080808080808080808080808080808080808080808080808080808080808081818181818181818181818181818181818282828282828282828383838383848484848585858686868787888888898A8A8B8B8C8D8E8F8F90919293959697989A9B9D9FA0A2A4A6A8AAACAFB1B4B6B9BCBFC2C5C8CBCFD2D6D9DDE1E4E8ECF0F4F8FC0004080C1014181C1F23272A2E3135383B3E4144474A4C4F515456585A5C5E606163656668696A6B6D6E6F707171727374757576767778787879797A7A7A7B7B7B7C7C7C7C7D7D7D7D7D7E7E7E7E7E7E7E7E7E7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F"> : tensor<256xi8>
// CHECK: %[[E3:.*]] = tensor.empty(%[[ARG1]]) : tensor<?xi8>
// CHECK: %[[G4:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]] : tensor<?xi8>) outs(%[[E3]] : tensor<?xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 3.906250e-03:-128>>}
// CHECK: ^bb0(%[[V5:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[L7:.*]] = qdot.lookup %[[V5]] in %[[C2]] : tensor<256xi8>
// CHECK: linalg.yield %[[L7]] : i8
// CHECK: quant.scast %[[G4]] : tensor<?xi8> to tensor<?x!quant.uniform<i8:f32, 3.906250e-03:-128>>
func.func @sigmoid(%aq: tensor<?x!x>, %n: index) -> tensor<?x!y> {
  %a = qdot.dequantize %aq : tensor<?x!x> -> tensor<?xf32>
  %one = arith.constant 1.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.negf %p : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %one, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<?xf32>
  %yq = qdot.quantize %y : tensor<?xf32> -> tensor<?x!y>
  return %yq : tensor<?x!y>
}

!s = !quant.uniform<i8:f32, 0.5:-20>
// CHECK-LABEL: func.func @sqrt(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 6.250000e-02:3>> to tensor<4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<"0xECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECEDEDEDEDEDEDEDEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFF0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F2F2F2F2"> : tensor<256xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]] : tensor<4xi8>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:-20>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[L6:.*]] = qdot.lookup %[[V4]] in %[[C2]] : tensor<256xi8>
// CHECK: linalg.yield %[[L6]] : i8
// CHECK: quant.scast %[[G3]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01:-20>>
func.func @sqrt(%aq: tensor<4x!x>) -> tensor<4x!s> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.sqrt ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!s>
  return %yq : tensor<4x!s>
}

// CHECK-LABEL: func.func @reciprocal(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 6.250000e-02:3>> to tensor<4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<"0xECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEAEAEAEAEAEAEAEAEAE9E9E9E8E8E7E7E6E4E1DCCC7F0CFCF7F4F2F1F1F0F0EFEFEFEEEEEEEEEEEEEEEEEEEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECECEC"> : tensor<256xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]] : tensor<4xi8>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:-20>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[L6:.*]] = qdot.lookup %[[V4]] in %[[C2]] : tensor<256xi8>
// CHECK: linalg.yield %[[L6]] : i8
// CHECK: quant.scast %[[G3]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 5.000000e-01:-20>>
func.func @reciprocal(%aq: tensor<4x!x>) -> tensor<4x!s> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.reciprocal ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!s>
  return %yq : tensor<4x!s>
}

// x * x in one operand is a table too; the result is transposed.
// CHECK-LABEL: func.func @square_transposed(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<2x3x!quant.uniform<i8:f32, 6.250000e-02:3>> to tensor<2x3xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<"0x72706E6C6A68666462605E5C5B5957555352504E4C4B4947454442403F3D3C3A393736343331302E2D2B2A282726242322211F1E1D1C1A1918171614131211100F0E0D0C0B0A090807060504040302010000FFFEFDFDFCFBFAFAF9F8F8F7F7F6F6F5F5F4F4F3F3F2F2F1F1F0F0F0EFEFEFEFEEEEEEEEEDEDEDEDEDECECECECECECECECECECECECECECECECECEDEDEDEDEDEEEEEEEEEFEFEFEFF0F0F0F1F1F2F2F3F3F4F4F5F5F6F6F7F7F8F8F9FAFAFBFCFDFDFEFF0000010203040405060708090A0B0C0D0E0F1011121314161718191A1C1D1E1F212223242627282A2B2D2E303133343637393A3C3D3F4042444547494B4C4E5052535557595B5C5E606264"> : tensor<256xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%[[S1]] : tensor<2x3xi8>) outs(%{{.*}} : tensor<3x2xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 5.000000e-01:-20>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[L6:.*]] = qdot.lookup %[[V4]] in %[[C2]] : tensor<256xi8>
// CHECK: linalg.yield %[[L6]] : i8
// CHECK: quant.scast %[[G3]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01:-20>>
func.func @square_transposed(%aq: tensor<2x3x!x>) -> tensor<3x2x!s> {
  %a = qdot.dequantize %aq : tensor<2x3x!x> -> tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%p: f32, %o: f32):
    %0 = arith.mulf %p, %p : f32
    linalg.yield %0 : f32
  } -> tensor<3x2xf32>
  %yq = qdot.quantize %y : tensor<3x2xf32> -> tensor<3x2x!s>
  return %yq : tensor<3x2x!s>
}

// A constant behind a fill is part of the function.
// CHECK-LABEL: func.func @add_constant(
// CHECK-SAME: %[[ARG0:[a-z0-9_]+]]:
// CHECK: %[[S1:.*]] = quant.scast %[[ARG0]] : tensor<4x!quant.uniform<i8:f32, 6.250000e-02:3>> to tensor<4xi8>
// CHECK: %[[C2:.*]] = arith.constant dense<"0x88898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F7F7F7F7F7F7F7F7F"> : tensor<256xi8>
// CHECK: %[[G3:.*]] = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%[[S1]] : tensor<4xi8>) outs(%{{.*}} : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 6.250000e-02:3>>}
// CHECK: ^bb0(%[[V4:[a-z0-9_]+]]: i8, %{{.*}}: i8):
// CHECK: %[[L6:.*]] = qdot.lookup %[[V4]] in %[[C2]] : tensor<256xi8>
// CHECK: linalg.yield %[[L6]] : i8
// CHECK: quant.scast %[[G3]] : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 6.250000e-02:3>>
func.func @add_constant(%aq: tensor<4x!x>) -> tensor<4x!x> {
  %a = qdot.dequantize %aq : tensor<4x!x> -> tensor<4xf32>
  %c = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%c : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y = linalg.add ins(%a, %f : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!x>
  return %yq : tensor<4x!x>
}
