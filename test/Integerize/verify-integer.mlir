// RUN: qdot-opt %s --qdot-verify-integer=allow=none --split-input-file --verify-diagnostics
// RUN: sed -e 's/expected-[en]/not-expected/' %s | qdot-opt - --qdot-verify-integer=allow=all --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=ALL
// RUN: sed -e '/^.. Permitted/,$d' %s | not qdot-opt - --qdot-verify-integer --split-input-file -o /dev/null
// RUN: sed -e '1,/^.. Permitted/d' %s | sed -e 's/expected-[en]/not-expected/' | qdot-opt - --qdot-verify-integer --split-input-file --verify-diagnostics -o /dev/null

// ALL-LABEL: func.func @main
func.func @main(%q: tensor<4x!quant.uniform<i8:f32, 0.5>>, %init: tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
  %x = qdot.dequantize %q : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
  // expected-error @below {{'linalg.exp' op stays in float between quantized values: not-integerized}}
  // expected-note @below {{'allow=not-integerized' permits it}}
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  %r = qdot.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return %r : tensor<4x!quant.uniform<i8:f32, 0.5>>
}

// -----

// Every operation of a chain is named; one that leads nowhere, or that comes
// from the function's argument in float, is not between quantized values.
!x = !quant.uniform<i8:f32, 0.5>
func.func @chain(%q: tensor<4x!x>, %f: tensor<4xf32>, %init: tensor<4xf32>) -> (tensor<4x!x>, tensor<4x!x>, tensor<4xf32>) {
  %x = qdot.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  // expected-error @below {{'linalg.exp' op stays in float between quantized values: unsupported-op}}
  %y = linalg.exp {qdot.island = "unsupported-op"} ins(%x : tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'linalg.add' op stays in float between quantized values: not-integerized}}
  // expected-note @below {{'allow=unsupported-op,not-integerized' permits it}}
  %z = linalg.add ins(%y, %f : tensor<4xf32>, tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  %r = qdot.quantize %z : tensor<4xf32> -> tensor<4x!x>
  %before = linalg.exp ins(%f : tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  %s = qdot.quantize %before : tensor<4xf32> -> tensor<4x!x>
  %behind = linalg.exp ins(%x : tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  return %r, %s, %behind : tensor<4x!x>, tensor<4x!x>, tensor<4xf32>
}

// -----

// Through the body of an operation, and through control flow.
!x = !quant.uniform<i8:f32, 0.5>
func.func @regions(%q: tensor<4x!x>, %c: i1, %ids: tensor<2xindex>) -> (tensor<2x!x>, tensor<4x!x>) {
  %x = qdot.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  %e = tensor.empty() : tensor<2xf32>
  // expected-error @below {{'linalg.generic' op stays in float between quantized values: not-integerized}}
  %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%ids : tensor<2xindex>) outs(%e : tensor<2xf32>) {
  ^bb0(%i: index, %o: f32):
    %v = tensor.extract %x[%i] : tensor<4xf32>
    linalg.yield %v : f32
  } -> tensor<2xf32>
  %gq = qdot.quantize %g : tensor<2xf32> -> tensor<2x!x>
  // expected-error @below {{'scf.if' op stays in float between quantized values: not-integerized}}
  // expected-note @below {{'allow=not-integerized' permits it}}
  %s = scf.if %c -> tensor<4xf32> {
    %m = linalg.mul ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %m : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  %sq = qdot.quantize %s : tensor<4xf32> -> tensor<4x!x>
  return %gq, %sq : tensor<2x!x>, tensor<4x!x>
}

// -----

func.func private @no_body(tensor<4xf32>) -> tensor<4xf32>

// -----

// Permitted by default: softmax, norms and what was kept on request, with the
// sizes that they need on a dynamic batch.
!x = !quant.uniform<i8:f32, 0.5>
func.func @allowed(%q: tensor<?x4x!x>) -> tensor<?x4x!x> {
  %x = qdot.dequantize %q : tensor<?x4x!x> -> tensor<?x4xf32>
  %zero = arith.constant 0 : index
  %n = tensor.dim %x, %zero : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  // expected-error @below {{'linalg.softmax' op stays in float between quantized values: softmax}}
  %y = linalg.softmax {qdot.island = "softmax"} dimension(1) ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  // expected-error @below {{'linalg.exp' op stays in float between quantized values: keep-float}}
  // expected-note @below {{'allow=softmax,keep-float' permits it}}
  %z = linalg.exp {qdot.island = "keep-float"} ins(%y : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = qdot.quantize %z : tensor<?x4xf32> -> tensor<?x4x!x>
  return %r : tensor<?x4x!x>
}
