// RUN: qdot-opt %s --qdot-expand-kernels --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=qdot.contract

// A table that the body computes on is looked up for four vectors at once,
// like one at the end.

memref.global "private" constant @inner : memref<256xi8> = dense<3>
memref.global "private" constant @outer : memref<256xi8> = dense<5>

// CHECK-LABEL: func.func @gate(
// CHECK-SAME: %{{.*}}: memref<1x4xi8>, %{{.*}}: memref<64xi8>, %[[E:.*]]: memref<1x16xi8>
// CHECK-DAG: %[[INNER:.*]] = memref.get_global @inner
// CHECK-DAG: %[[OUTER:.*]] = memref.get_global @outer
// CHECK-NOT: memref.load
// The change of the top bit and the offset of signed indices cancel.
// CHECK: %[[INDEX:.*]] = qdot.narrow
// CHECK-NEXT: %[[ENTRIES:.*]] = qdot.lookup_bytes %[[INDEX]] in %[[INNER]] : vector<16xi8>
// CHECK-NEXT: %[[WORDS:.*]] = vector.bitcast %[[ENTRIES]] : vector<16xi8> to vector<4xi32>
// CHECK-NEXT: %[[WORD:.*]] = vector.shuffle %[[WORDS]], %[[WORDS]] [0]
// CHECK-NEXT: %[[PART:.*]] = vector.bitcast %[[WORD]] : vector<1xi32> to vector<4xi8>
// CHECK: %[[ENTRY:.*]] = arith.extsi %[[PART]]
// CHECK: arith.muli %[[ENTRY]]
// CHECK-COUNT-3: arith.muli
// CHECK: %[[PRODUCTS:.*]] = qdot.narrow
// CHECK-NEXT: %[[RESULT:.*]] = qdot.lookup_bytes %[[PRODUCTS]] in %[[OUTER]]
// CHECK-NEXT: vector.store %[[RESULT]]
// CHECK-NEXT: return
func.func @gate(%x: memref<1x4xi8>, %w: memref<64xi8>, %e: memref<1x16xi8>, %y: memref<1x16xi8>) {
  %inner = memref.get_global @inner : memref<256xi8>
  %outer = memref.get_global @outer : memref<256xi8>
  qdot.contract ins(%x, %w, %e : memref<1x4xi8>, memref<64xi8>, memref<1x16xi8>) outs(%y : memref<1x16xi8>)
      attributes {kernel = #qdot.kernel<dot rows 1 vectors 4 lanes 4 unroll 1>, packed,
                  indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (m, n)>],
                  loop_sizes = array<i64: 1, 16, 4>, lhs_sign = #qdot<sign unsigned>, rhs_sign = #qdot<sign signed>} {
  ^bb0(%acc: i32, %g: i8):
    %c0 = arith.constant 0 : i32
    %c255 = arith.constant 255 : i32
    %flip = arith.constant -128 : i8
    %c128 = arith.constant 128 : index
    %0 = arith.maxsi %acc, %c0 : i32
    %1 = arith.minsi %0, %c255 : i32
    %2 = arith.trunci %1 : i32 to i8
    %3 = arith.xori %2, %flip : i8
    %4 = arith.index_cast %3 : i8 to index
    %5 = arith.addi %4, %c128 : index
    %6 = memref.load %inner[%5] : memref<256xi8>
    %7 = arith.extsi %6 : i8 to i32
    %8 = arith.extsi %g : i8 to i32
    %9 = arith.muli %7, %8 : i32
    %10 = arith.maxsi %9, %c0 : i32
    %11 = arith.minsi %10, %c255 : i32
    %12 = arith.trunci %11 : i32 to i8
    %13 = arith.index_castui %12 : i8 to index
    %14 = memref.load %outer[%13] : memref<256xi8>
    qdot.yield %14 : i8
  }
  return
}
