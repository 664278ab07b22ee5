// RUN: qdot-opt %s --qdot-permute-channels --remarks-filter='qdot.*' --mlir-print-local-scope 2> %t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// RUN: qdot-opt %s --qdot-permute-channels | qdot-opt -o /dev/null

// Large weights in rows 0 to 3 of %w are neighbours; small ones follow.

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// REMARK: [Missed] PermuteChannels | Category:qdot | Function=argument {{.*}}Reason=order-is-fixed, Remark="the caller gives the order"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=result {{.*}}Remark="the order is visible"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=sum {{.*}}Remark="the dimension is reduced"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=place {{.*}}Remark="values depend on the place"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=window {{.*}}Remark="a window slides over the dimension"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=mixed {{.*}}Remark="the order is visible"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=padded {{.*}}Remark="the order is visible"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=large {{.*}}Reason=many-weights, Remark="one order cannot be good for this many weights"
// REMARK: [Missed] PermuteChannels | Category:qdot | Function=dynamic {{.*}}Remark="the size is dynamic"
// REMARK: [Analysis] PermuteChannels | Category:qdot | Function=example | After=56, Before=64, Channels=8, Layers=2

// The example of KernelPasses.td: columns and bias of the producer, rows of the
// reader.
// CHECK-LABEL: func.func @example
// CHECK-NOT: 120], [120
// CHECK-DAG: %[[V:.*]] = arith.constant dense<{{\[\[}}0, 6, 7, 3, 4, 1, 5, 2], [8, 14, 15, 11, 12, 9, 13, 10],
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[0, 6, 7, 3, 4, 1, 5, 2]> : tensor<8xi32>
// CHECK: %[[H:.*]] = qdot.contract ins(%{{.*}}, %[[V]], %[[B]] :
// CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}120, 120], [3, 3], [4, 4], [120, 120], [1, 1], [120, 120], [2, 2], [120, 120]]> : tensor<8x2xi8>
// CHECK: qdot.contract ins(%[[H]], %[[W]] :
func.func @example(%x: tensor<5x8xi8>) -> tensor<5x2xi32> {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r : tensor<5x2xi32>
}

func.func @argument(%h: tensor<5x8xi8>) -> tensor<5x2xi32> {
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r : tensor<5x2xi32>
}

func.func @result(%x: tensor<5x8xi8>) -> (tensor<5x2xi32>, tensor<5x8xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %h : tensor<5x2xi32>, tensor<5x8xi8>
}

// Integers could be added in any order, but nothing asks what a body does.
func.func @sum(%x: tensor<5x8xi8>, %i: tensor<5xi8>) -> (tensor<5x2xi32>, tensor<5xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%h : tensor<5x8xi8>) outs(%i : tensor<5xi8>) {
  ^bb0(%a: i8, %o: i8):
    %0 = arith.addi %a, %o : i8
    linalg.yield %0 : i8
  } -> tensor<5xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %s : tensor<5x2xi32>, tensor<5xi8>
}

func.func @place(%x: tensor<5x8xi8>) -> tensor<5x2xi32> {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %g = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %h = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%g : tensor<5x8xi8>) outs(%e : tensor<5x8xi8>) {
  ^bb0(%a: i8, %o: i8):
    %0 = linalg.index 1 : index
    %1 = arith.index_cast %0 : index to i8
    %2 = arith.addi %a, %1 : i8
    linalg.yield %2 : i8
  } -> tensor<5x8xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r : tensor<5x2xi32>
}

func.func @window(%x: tensor<5x8xi8>) -> (tensor<5x2xi32>, tensor<5x6xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %k = tensor.empty() : tensor<3xi8>
  %p = tensor.empty() : tensor<5x6xi8>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1 + d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%h, %k : tensor<5x8xi8>, tensor<3xi8>) outs(%p : tensor<5x6xi8>) {
  ^bb0(%a: i8, %c: i8, %o: i8):
    %0 = arith.maxsi %a, %o : i8
    linalg.yield %0 : i8
  } -> tensor<5x6xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %s : tensor<5x2xi32>, tensor<5x6xi8>
}

func.func @mixed(%x: tensor<5x8xi8>) -> (tensor<5x2xi32>, tensor<40xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %s = tensor.collapse_shape %h [[0, 1]] : tensor<5x8xi8> into tensor<40xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %s : tensor<5x2xi32>, tensor<40xi8>
}

func.func @padded(%x: tensor<5x8xi8>) -> (tensor<5x2xi32>, tensor<5x9xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %z = arith.constant 0 : i8
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %s = tensor.pad %h low[0, 1] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : i8
  } : tensor<5x8xi8> to tensor<5x9xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %s : tensor<5x2xi32>, tensor<5x9xi8>
}

func.func @large(%x: tensor<1x8xi8>) -> tensor<1x4097xi32> {
  %v = arith.constant dense<1> : tensor<8x8xi8>
  %w = arith.constant dense<1> : tensor<8x4097xi8>
  %e = tensor.empty() : tensor<1x8xi8>
  %f = tensor.empty() : tensor<1x4097xi32>
  %h = qdot.contract ins(%x, %v : tensor<1x8xi8>, tensor<8x8xi8>) outs(%e : tensor<1x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    %t = arith.trunci %acc : i32 to i8
    qdot.yield %t : i8
  } -> tensor<1x8xi8>
  %r = qdot.contract ins(%h, %w : tensor<1x8xi8>, tensor<8x4097xi8>) outs(%f : tensor<1x4097xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 1, 4097, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<1x4097xi32>
  return %r : tensor<1x4097xi32>
}

// Depthwise layer, pad, residual, cast, reshape, slice, concatenation, insertion,
// elementwise op: all of their constants follow, none of the ops changes.
#dw = affine_map<(m, n, k) -> (m + k, n)>
#dk = affine_map<(m, n, k) -> (k, n)>
// CHECK-LABEL: func.func @between
// CHECK: arith.constant dense<{{\[\[}}0, 6, 7, 3, 4, 1, 5, 2],
// CHECK-NEXT: arith.constant dense<[0, 6, 7, 3, 4, 1, 5, 2]> : tensor<8xi32>
// CHECK-NEXT: qdot.contract
// CHECK: arith.constant dense<{{\[\[}}1, 7, 8, 4, 5, 2, 6, 3], [11, 17, 18, 14, 15, 12, 16, 13], [21, 27, 28, 24, 25, 22, 26, 23]]> : tensor<3x8xi8>
// CHECK-NEXT: qdot.contract
// CHECK: arith.constant dense<{{\[\[}}50, 56, 57, 53, 54, 51, 55, 52]]> : tensor<1x8xi8>
// CHECK-NEXT: tensor.concat
// CHECK: arith.constant dense<[10, 70, 80, 40, 50, 20, 60, 30]> : tensor<8xi8>
// CHECK-NEXT: linalg.generic
// CHECK: arith.constant dense<{{\[\[}}120, 120], [3, 3],
// CHECK-NEXT: qdot.contract
func.func @between(%x: tensor<5x8xi8>, %d: tensor<9x8xi8>) -> tensor<5x2xi32> {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %z = arith.constant 0 : i8
  %u = arith.constant dense<[[1, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13, 14, 15, 16, 17, 18], [21, 22, 23, 24, 25, 26, 27, 28]]> : tensor<3x8xi8>
  %l = arith.constant dense<[10, 20, 30, 40, 50, 60, 70, 80]> : tensor<8xi8>
  %o = arith.constant dense<[[50, 51, 52, 53, 54, 55, 56, 57]]> : tensor<1x8xi8>
  %q = tensor.empty() : tensor<9x8xi8>
  %g = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %p = tensor.pad %g low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : i8
  } : tensor<5x8xi8> to tensor<7x8xi8>
  %y = qdot.contract ins(%p, %u, %g : tensor<7x8xi8>, tensor<3x8xi8>, tensor<5x8xi8>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#dw, #dk, #mn, #mn], loop_sizes = array<i64: 5, 8, 3>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %a: i8):
    %0 = arith.trunci %acc : i32 to i8
    %1 = arith.addi %0, %a : i8
    qdot.yield %1 : i8
  } -> tensor<5x8xi8>
  %c = tensor.cast %y : tensor<5x8xi8> to tensor<?x8xi8>
  %c2 = tensor.cast %c : tensor<?x8xi8> to tensor<5x8xi8>
  %s = tensor.expand_shape %c2 [[0, 1], [2]] output_shape [1, 5, 8] : tensor<5x8xi8> into tensor<1x5x8xi8>
  %t = tensor.extract_slice %s[0, 1, 0] [1, 4, 8] [1, 1, 1] : tensor<1x5x8xi8> to tensor<4x8xi8>
  %k = tensor.concat dim(0) %t, %o : (tensor<4x8xi8>, tensor<1x8xi8>) -> tensor<5x8xi8>
  %i0 = tensor.insert_slice %k into %q[2, 0] [5, 8] [1, 1] : tensor<5x8xi8> into tensor<9x8xi8>
  %i1 = tensor.extract_slice %i0[2, 0] [5, 8] [1, 1] : tensor<9x8xi8> to tensor<5x8xi8>
  %h = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%i1, %l : tensor<5x8xi8>, tensor<8xi8>) outs(%e : tensor<5x8xi8>) {
  ^bb0(%a: i8, %c3: i8, %o3: i8):
    %0 = arith.addi %a, %c3 : i8
    linalg.yield %0 : i8
  } -> tensor<5x8xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r : tensor<5x2xi32>
}

func.func @dynamic(%x: tensor<5x8xi8>) -> (tensor<5x2xi32>, tensor<5x?xi8>) {
  %v = arith.constant dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"> : tensor<8x8xi8>
  %b = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi32>
  %w = arith.constant dense<[[120, 120], [120, 120], [120, 120], [120, 120], [1, 1], [2, 2], [3, 3], [4, 4]]> : tensor<8x2xi8>
  %e = tensor.empty() : tensor<5x8xi8>
  %f = tensor.empty() : tensor<5x2xi32>
  %h = qdot.contract ins(%x, %v, %b : tensor<5x8xi8>, tensor<8x8xi8>, tensor<8xi32>) outs(%e : tensor<5x8xi8>)
      attributes {indexing_maps = [#mk, #kn, #n, #mn], loop_sizes = array<i64: 5, 8, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %c: i32):
    %s = arith.addi %acc, %c : i32
    %t = arith.trunci %s : i32 to i8
    qdot.yield %t : i8
  } -> tensor<5x8xi8>
  %s = tensor.cast %h : tensor<5x8xi8> to tensor<5x?xi8>
  %r = qdot.contract ins(%h, %w : tensor<5x8xi8>, tensor<8x2xi8>) outs(%f : tensor<5x2xi32>)
      attributes {indexing_maps = [#mk, #kn, #mn], loop_sizes = array<i64: 5, 2, 8>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32):
    qdot.yield %acc : i32
  } -> tensor<5x2xi32>
  return %r, %s : tensor<5x2xi32>, tensor<5x?xi8>
}
