// RUN: qdot-opt %s --qdot-prove-accumulators --mlir-print-local-scope | FileCheck %s

#m = affine_map<(m, n, k) -> (m, k)>
#k = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (m, n)>

// The example of KernelPasses.td: -128 and 2 * 127 below 0, 127 + 256 + 10 above.
// CHECK-LABEL: func.func @example
// CHECK: linalg.generic
// CHECK-SAME: qdot.accumulator = #qdot.accumulator<-382 to 393>
func.func @example(%x: tensor<4x2xi8>) -> tensor<4x1xi32> {
  %w = arith.constant dense<[[1], [-2]]> : tensor<2x1xi8>
  %b = arith.constant dense<10> : tensor<1xi32>
  %e = tensor.empty() : tensor<4x1xi32>
  %s = linalg.broadcast ins(%b : tensor<1xi32>) outs(%e : tensor<4x1xi32>) dimensions = [0]
  %r = linalg.generic {indexing_maps = [#m, #k, #n], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xi8>, tensor<2x1xi8>) outs(%s : tensor<4x1xi32>) {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %c : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %o, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<4x1xi32>
  return %r : tensor<4x1xi32>
}

// What was written before is replaced. Each channel has its own start, and the
// weights are read without sign: 100 * 0..255 from -7, 255 * 0..255 from 5.
// CHECK-LABEL: func.func @stale
// CHECK: linalg.generic
// CHECK-SAME: qdot.accumulator = #qdot.accumulator<-7 to 65030>
func.func @stale(%x: tensor<4x1xi8>) -> tensor<4x2xi32> {
  %w = arith.constant dense<[[100, -1]]> : tensor<1x2xi8>
  %b = arith.constant dense<[-7, 5]> : tensor<2xi32>
  %e = tensor.empty() : tensor<4x2xi32>
  %s = linalg.broadcast ins(%b : tensor<2xi32>) outs(%e : tensor<4x2xi32>) dimensions = [0]
  %r = linalg.generic {indexing_maps = [#k, #m, #n], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %x : tensor<1x2xi8>, tensor<4x1xi8>) outs(%s : tensor<4x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<0 to 1>} {
  ^bb0(%c: i8, %a: i8, %o: i32):
    %0 = arith.extui %c : i8 to i32
    %1 = arith.extui %a : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %2, %o : i32
    linalg.yield %3 : i32
  } -> tensor<4x2xi32>
  return %r : tensor<4x2xi32>
}

// Two activations with zero points: 3 * (-128 - 5) * (127 + 1) at least.
// CHECK-LABEL: func.func @activations
// CHECK: linalg.generic
// CHECK-SAME: qdot.accumulator = #qdot.accumulator<-51072 to 50673>
func.func @activations(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>) -> tensor<4x2xi32> {
  %c0 = arith.constant 0 : i32
  %c5 = arith.constant 5 : i32
  %c1 = arith.constant -1 : i32
  %e = tensor.empty() : tensor<4x2xi32>
  %s = linalg.fill ins(%c0 : i32) outs(%e : tensor<4x2xi32>) -> tensor<4x2xi32>
  %r = linalg.generic {indexing_maps = [#m, #k, #n], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%s : tensor<4x2xi32>) {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.subi %0, %c5 : i32
    %2 = arith.extsi %c : i8 to i32
    %3 = arith.subi %2, %c1 : i32
    %4 = arith.muli %1, %3 : i32
    %5 = arith.addi %o, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<4x2xi32>
  return %r : tensor<4x2xi32>
}

// A sum of bytes that a maximum bounds from below.
// CHECK-LABEL: func.func @sum
// CHECK: iterator_types = ["parallel", "reduction"]
// CHECK-SAME: qdot.accumulator = #qdot.accumulator<-30 to 1270>
func.func @sum(%x: tensor<4x10xi8>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i8
  %c = arith.constant -30 : i32
  %e8 = tensor.empty() : tensor<4x10xi8>
  %e = tensor.empty() : tensor<4xi32>
  %q = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x10xi8>) outs(%e8 : tensor<4x10xi8>) {
  ^bb0(%a: i8, %o: i8):
    %0 = arith.maxsi %a, %zero : i8
    linalg.yield %0 : i8
  } -> tensor<4x10xi8>
  %s = linalg.fill ins(%c : i32) outs(%e : tensor<4xi32>) -> tensor<4xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%q : tensor<4x10xi8>) outs(%s : tensor<4xi32>) {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %o, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<4xi32>
  return %r : tensor<4xi32>
}

// A start that is computed, a reduction of unknown length, and sums that leave
// i32 have no proof, whatever is written there.
// CHECK-LABEL: func.func @unknown
// CHECK-NOT: qdot.accumulator
// CHECK: return
func.func @unknown(%x: tensor<4x3xi8>, %w: tensor<3x2xi8>, %s: tensor<4x2xi32>, %y: tensor<?xi8>, %z: tensor<200000xi8>) -> (tensor<4x2xi32>, tensor<i32>, tensor<i32>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<i32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<i32>) -> tensor<i32>
  %r = linalg.generic {indexing_maps = [#m, #k, #n], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x3xi8>, tensor<3x2xi8>) outs(%s : tensor<4x2xi32>) attrs = {qdot.accumulator = #qdot.accumulator<0 to 1>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %c : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %o, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<4x2xi32>
  %t = linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> ()>], iterator_types = ["reduction"]}
      ins(%y : tensor<?xi8>) outs(%f : tensor<i32>) attrs = {qdot.accumulator = #qdot.accumulator<0 to 1>} {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %o, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<i32>
  %u = linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, affine_map<(k) -> ()>], iterator_types = ["reduction"]}
      ins(%z, %z : tensor<200000xi8>, tensor<200000xi8>) outs(%f : tensor<i32>) attrs = {qdot.accumulator = #qdot.accumulator<0 to 1>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %c : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %o, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<i32>
  return %r, %t, %u : tensor<4x2xi32>, tensor<i32>, tensor<i32>
}

// CHECK-LABEL: func.func @contract
// CHECK: qdot.contract
// CHECK-NOT: #qdot.accumulator
// CHECK: return
func.func @contract(%x: tensor<2x8xi8>, %w: tensor<8x4xi8>) -> tensor<2x4xi32> {
  %e = tensor.empty() : tensor<2x4xi32>
  %r = qdot.contract ins(%x, %w : tensor<2x8xi8>, tensor<8x4xi8>) outs(%e : tensor<2x4xi32>)
      attributes {indexing_maps = [#m, #k, #n], loop_sizes = array<i64: 2, 4, 8>,
                  lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>, accumulator = #qdot.accumulator<0 to 1>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<2x4xi32>
  return %r : tensor<2x4xi32>
}
