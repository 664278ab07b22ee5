// RUN: qdot-opt %s --qdot-lower-dot-x86=target=x86-avx2 | FileCheck %s --check-prefix=AVX2
// RUN: qdot-opt %s --qdot-lower-dot-x86=target=x86-avxvnni | FileCheck %s --check-prefix=VNNI
// RUN: qdot-opt %s --qdot-lower-dot-x86=target=x86-avxvnniint8 | FileCheck %s --check-prefix=INT8
// RUN: qdot-opt %s --qdot-lower-dot-x86=target=x86-avx512vnni | FileCheck %s --check-prefix=AVX512
// RUN: qdot-opt %s --qdot-lower-dot-x86 | FileCheck %s --check-prefix=AVX2
// RUN: not qdot-opt %s --qdot-lower-dot-x86=target=x86-sse2 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not qdot-opt %s --qdot-lower-dot-x86=target=generic 2>&1 | FileCheck %s --check-prefix=GENERIC
// RUN: not qdot-opt %s --qdot-lower-dot-x86=target= 2>&1 | FileCheck %s --check-prefix=EMPTY

// UNKNOWN: error: unknown x86 target 'x86-sse2'; expected one of
// UNKNOWN-SAME: x86-avx2, x86-avxvnni, x86-avxvnniint8, x86-avx512vnni
// GENERIC: error: unknown x86 target 'generic'
// EMPTY: error: unknown x86 target ''

// The example of Passes.td; only AVX-512 has 16 lanes, elsewhere the op stays.
// AVX512-LABEL: func.func @lanes16(
// AVX512-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// AVX512-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[ARG0]], %[[ARG1]], %[[ARG2]]) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
// AVX512-NEXT: return %[[V0]] : vector<16xi32>
// AVX2-LABEL: func.func @lanes16(
// AVX2-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// AVX2-NEXT: %[[V0:.*]] = qdot.dot %[[ARG0]], (%[[ARG1]])  unsigned, (%[[ARG2]])  signed : vector<16xi32>, vector<64xi8>
// AVX2-NEXT: return %[[V0]] : vector<16xi32>
// VNNI-LABEL: func.func @lanes16(
// VNNI-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// VNNI-NEXT: %[[V0:.*]] = qdot.dot %[[ARG0]], (%[[ARG1]])  unsigned, (%[[ARG2]])  signed : vector<16xi32>, vector<64xi8>
// VNNI-NEXT: return %[[V0]] : vector<16xi32>
// INT8-LABEL: func.func @lanes16(
// INT8-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// INT8-NEXT: %[[V0:.*]] = qdot.dot %[[ARG0]], (%[[ARG1]])  unsigned, (%[[ARG2]])  signed : vector<16xi32>, vector<64xi8>
// INT8-NEXT: return %[[V0]] : vector<16xi32>
func.func @lanes16(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<16xi32>, vector<64xi8>
  return %r : vector<16xi32>
}

// Signs without an instruction on 16 lanes.
// AVX512-LABEL: func.func @signed16(
// AVX512-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// AVX512-NEXT: %[[V0:.*]] = qdot.dot %[[ARG0]], (%[[ARG1]])  signed, (%[[ARG2]])  signed : vector<16xi32>, vector<64xi8>
// AVX512-NEXT: return %[[V0]] : vector<16xi32>
// INT8-LABEL: func.func @signed16(
// INT8-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<64xi8>, %[[ARG2:.*]]: vector<64xi8>) -> vector<16xi32> {
// INT8-NEXT: %[[V0:.*]] = qdot.dot %[[ARG0]], (%[[ARG1]])  signed, (%[[ARG2]])  signed : vector<16xi32>, vector<64xi8>
// INT8-NEXT: return %[[V0]] : vector<16xi32>
func.func @signed16(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) signed : vector<16xi32>, vector<64xi8>
  return %r : vector<16xi32>
}

// Without a proof, and with weights that no other product shares, AVX2 takes
// the activation apart: two products of at most 128 fit 16 bits.
// AVX2-LABEL: func.func @lanes8(
// AVX2-SAME: %[[ACC:.*]]: vector<8xi32>, %[[A:.*]]: vector<32xi8>, %[[B:.*]]: vector<32xi8>) -> vector<8xi32> {
// AVX2-NEXT: %[[MOST:.*]] = arith.constant dense<127> : vector<32xi8>
// AVX2-NEXT: %[[LOW:.*]] = arith.minui %[[A]], %[[MOST]] : vector<32xi8>
// AVX2-NEXT: %[[HIGH:.*]] = arith.subi %[[A]], %[[LOW]] : vector<32xi8>
// AVX2-NEXT: %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[LOW]], %[[B]]) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// AVX2-NEXT: %[[ONES:.*]] = arith.constant dense<1> : vector<16xi16>
// AVX2-NEXT: %[[W:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[P]], %[[ONES]])
// AVX2-NEXT: %[[S:.*]] = arith.addi %[[ACC]], %[[W]] : vector<8xi32>
// AVX2-NEXT: %[[Q:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[HIGH]], %[[B]])
// AVX2-NEXT: %[[ONES2:.*]] = arith.constant dense<1> : vector<16xi16>
// AVX2-NEXT: %[[X:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[Q]], %[[ONES2]])
// AVX2-NEXT: %[[R:.*]] = arith.addi %[[S]], %[[X]] : vector<8xi32>
// AVX2-NEXT: return %[[R]] : vector<8xi32>
// VNNI-LABEL: func.func @lanes8(
// VNNI-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>) -> vector<8xi32> {
// VNNI-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[ARG0]], %[[ARG1]], %[[ARG2]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// VNNI-NEXT: return %[[V0]] : vector<8xi32>
// INT8-LABEL: func.func @lanes8(
// INT8-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>) -> vector<8xi32> {
// INT8-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[ARG0]], %[[ARG1]], %[[ARG2]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// INT8-NEXT: return %[[V0]] : vector<8xi32>
// AVX512-LABEL: func.func @lanes8(
// AVX512-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>) -> vector<8xi32> {
// AVX512-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[ARG0]], %[[ARG1]], %[[ARG2]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// AVX512-NEXT: return %[[V0]] : vector<8xi32>
func.func @lanes8(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> {
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<8xi32>, vector<32xi8>
  return %r : vector<8xi32>
}

// Shared weights: AVX2 widens the even and the odd bytes of both sides.
// AVX2-LABEL: func.func @shared(
// AVX2-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %{{.*}}: vector<32xi8>)
// AVX2-NEXT: %[[V0:.*]] = vector.bitcast %[[ARG1]] : vector<32xi8> to vector<16xi16>
// AVX2-NEXT: %[[CST:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX2-NEXT: %[[CST_0:.*]] = arith.constant dense<255> : vector<16xi16>
// AVX2-NEXT: %[[V1:.*]] = arith.andi %[[V0]], %[[CST_0]] : vector<16xi16>
// AVX2-NEXT: %[[V2:.*]] = arith.shrui %[[V0]], %[[CST]] : vector<16xi16>
// AVX2-NEXT: %[[V3:.*]] = vector.bitcast %[[ARG2]] : vector<32xi8> to vector<16xi16>
// AVX2-NEXT: %[[CST_1:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX2-NEXT: %[[V4:.*]] = arith.shli %[[V3]], %[[CST_1]] : vector<16xi16>
// AVX2-NEXT: %[[V5:.*]] = arith.shrsi %[[V4]], %[[CST_1]] : vector<16xi16>
// AVX2-NEXT: %[[V6:.*]] = arith.shrsi %[[V3]], %[[CST_1]] : vector<16xi16>
// AVX2-NEXT: %[[V7:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V1]], %[[V5]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2-NEXT: %[[V8:.*]] = arith.addi %[[ARG0]], %[[V7]] : vector<8xi32>
// AVX2-NEXT: %[[V9:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V2]], %[[V6]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2-NEXT: %[[V10:.*]] = arith.addi %[[V8]], %[[V9]] : vector<8xi32>
func.func @shared(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>, %c: vector<32xi8>) -> (vector<8xi32>, vector<8xi32>) {
  %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<8xi32>, vector<32xi8>
  %s = qdot.dot %acc, (%c) unsigned, (%b) signed : vector<8xi32>, vector<32xi8>
  return %r, %s : vector<8xi32>, vector<8xi32>
}

// The unsigned operand comes first in the instruction.
// VNNI-LABEL: func.func @swapped(
// VNNI-SAME: %[[ARG0:.*]]: vector<4xi32>, %[[ARG1:.*]]: vector<16xi8>, %[[ARG2:.*]]: vector<16xi8>) -> vector<4xi32> {
// VNNI-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.128"(%[[ARG0]], %[[ARG2]], %[[ARG1]]) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// VNNI-NEXT: return %[[V0]] : vector<4xi32>
// AVX2-LABEL: func.func @swapped(
// AVX2-SAME: %[[ARG0:.*]]: vector<4xi32>, %[[ARG1:.*]]: vector<16xi8>, %[[ARG2:.*]]: vector<16xi8>) -> vector<4xi32> {
// AVX2-NEXT: %[[V0:.*]] = vector.bitcast %[[ARG1]] : vector<16xi8> to vector<8xi16>
// AVX2-NEXT: %[[CST:.*]] = arith.constant dense<8> : vector<8xi16>
// AVX2-NEXT: %[[V1:.*]] = arith.shli %[[V0]], %[[CST]] : vector<8xi16>
// AVX2-NEXT: %[[V2:.*]] = arith.shrsi %[[V1]], %[[CST]] : vector<8xi16>
// AVX2-NEXT: %[[V3:.*]] = arith.shrsi %[[V0]], %[[CST]] : vector<8xi16>
// AVX2-NEXT: %[[V4:.*]] = vector.bitcast %[[ARG2]] : vector<16xi8> to vector<8xi16>
// AVX2-NEXT: %[[CST_0:.*]] = arith.constant dense<8> : vector<8xi16>
// AVX2-NEXT: %[[CST_1:.*]] = arith.constant dense<255> : vector<8xi16>
// AVX2-NEXT: %[[V5:.*]] = arith.andi %[[V4]], %[[CST_1]] : vector<8xi16>
// AVX2-NEXT: %[[V6:.*]] = arith.shrui %[[V4]], %[[CST_0]] : vector<8xi16>
// AVX2-NEXT: %[[V7:.*]] = llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"(%[[V2]], %[[V5]]) : (vector<8xi16>, vector<8xi16>) -> vector<4xi32>
// AVX2-NEXT: %[[V8:.*]] = arith.addi %[[ARG0]], %[[V7]] : vector<4xi32>
// AVX2-NEXT: %[[V9:.*]] = llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"(%[[V3]], %[[V6]]) : (vector<8xi16>, vector<8xi16>) -> vector<4xi32>
// AVX2-NEXT: %[[V10:.*]] = arith.addi %[[V8]], %[[V9]] : vector<4xi32>
// AVX2-NEXT: return %[[V10]] : vector<4xi32>
func.func @swapped(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a) signed, (%b) unsigned : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// With a proof the pairs are added in 16 bits; VNNI has no use for it.
// AVX2-LABEL: func.func @fits(
// AVX2-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %[[ARG3:.*]]: vector<32xi8>, %[[ARG4:.*]]: vector<32xi8>) -> vector<8xi32> {
// AVX2-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[ARG1]], %[[ARG3]]) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// AVX2-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[ARG2]], %[[ARG4]]) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// AVX2-NEXT: %[[V2:.*]] = arith.addi %[[V0]], %[[V1]] : vector<16xi16>
// AVX2-NEXT: %[[CST:.*]] = arith.constant dense<1> : vector<16xi16>
// AVX2-NEXT: %[[V3:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V2]], %[[CST]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2-NEXT: %[[V4:.*]] = arith.addi %[[ARG0]], %[[V3]] : vector<8xi32>
// AVX2-NEXT: return %[[V4]] : vector<8xi32>
// VNNI-LABEL: func.func @fits(
// VNNI-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %[[ARG3:.*]]: vector<32xi8>, %[[ARG4:.*]]: vector<32xi8>) -> vector<8xi32> {
// VNNI-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[ARG0]], %[[ARG1]], %[[ARG3]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// VNNI-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[V0]], %[[ARG2]], %[[ARG4]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// VNNI-NEXT: return %[[V1]] : vector<8xi32>
func.func @fits(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>, %c: vector<32xi8>, %d: vector<32xi8>) -> vector<8xi32> {
  %r = qdot.dot %acc, (%a, %b) unsigned, (%c, %d) signed fits_i16 : vector<8xi32>, vector<32xi8>
  return %r : vector<8xi32>
}

// Four pairs, 128 bits, the signs the other way round.
// AVX2-LABEL: func.func @fits_four(
// AVX2-SAME: %[[ARG0:.*]]: vector<4xi32>, %[[ARG1:.*]]: vector<16xi8>, %[[ARG2:.*]]: vector<16xi8>, %[[ARG3:.*]]: vector<16xi8>, %[[ARG4:.*]]: vector<16xi8>) -> vector<4xi32> {
// AVX2-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"(%[[ARG1]], %[[ARG1]]) : (vector<16xi8>, vector<16xi8>) -> vector<8xi16>
// AVX2-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"(%[[ARG2]], %[[ARG2]]) : (vector<16xi8>, vector<16xi8>) -> vector<8xi16>
// AVX2-NEXT: %[[V2:.*]] = arith.addi %[[V0]], %[[V1]] : vector<8xi16>
// AVX2-NEXT: %[[V3:.*]] = llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"(%[[ARG3]], %[[ARG3]]) : (vector<16xi8>, vector<16xi8>) -> vector<8xi16>
// AVX2-NEXT: %[[V4:.*]] = arith.addi %[[V2]], %[[V3]] : vector<8xi16>
// AVX2-NEXT: %[[V5:.*]] = llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"(%[[ARG4]], %[[ARG4]]) : (vector<16xi8>, vector<16xi8>) -> vector<8xi16>
// AVX2-NEXT: %[[V6:.*]] = arith.addi %[[V4]], %[[V5]] : vector<8xi16>
// AVX2-NEXT: %[[CST:.*]] = arith.constant dense<1> : vector<8xi16>
// AVX2-NEXT: %[[V7:.*]] = llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"(%[[V6]], %[[CST]]) : (vector<8xi16>, vector<8xi16>) -> vector<4xi32>
// AVX2-NEXT: %[[V8:.*]] = arith.addi %[[ARG0]], %[[V7]] : vector<4xi32>
// AVX2-NEXT: return %[[V8]] : vector<4xi32>
func.func @fits_four(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>, %c: vector<16xi8>, %d: vector<16xi8>) -> vector<4xi32> {
  %r = qdot.dot %acc, (%a, %b, %c, %d) signed, (%a, %b, %c, %d) unsigned fits_i16 : vector<4xi32>, vector<16xi8>
  return %r : vector<4xi32>
}

// A proof is of no use for equal signs: vpmaddubsw takes different ones.
// AVX2-LABEL: func.func @fits_equal(
// AVX2-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>) -> vector<8xi32> {
// AVX2-NEXT: %[[V0:.*]] = vector.bitcast %[[ARG1]] : vector<32xi8> to vector<16xi16>
// AVX2-NEXT: %[[CST:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX2-NEXT: %[[CST_0:.*]] = arith.constant dense<255> : vector<16xi16>
// AVX2-NEXT: %[[V1:.*]] = arith.andi %[[V0]], %[[CST_0]] : vector<16xi16>
// AVX2-NEXT: %[[V2:.*]] = arith.shrui %[[V0]], %[[CST]] : vector<16xi16>
// AVX2-NEXT: %[[V3:.*]] = vector.bitcast %[[ARG2]] : vector<32xi8> to vector<16xi16>
// AVX2-NEXT: %[[CST_1:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX2-NEXT: %[[CST_2:.*]] = arith.constant dense<255> : vector<16xi16>
// AVX2-NEXT: %[[V4:.*]] = arith.andi %[[V3]], %[[CST_2]] : vector<16xi16>
// AVX2-NEXT: %[[V5:.*]] = arith.shrui %[[V3]], %[[CST_1]] : vector<16xi16>
// AVX2-NEXT: %[[V6:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V1]], %[[V4]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2-NEXT: %[[V7:.*]] = arith.addi %[[ARG0]], %[[V6]] : vector<8xi32>
// AVX2-NEXT: %[[V8:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V2]], %[[V5]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2-NEXT: %[[V9:.*]] = arith.addi %[[V7]], %[[V8]] : vector<8xi32>
// AVX2-NEXT: return %[[V9]] : vector<8xi32>
// INT8-LABEL: func.func @fits_equal(
// INT8-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>) -> vector<8xi32> {
// INT8-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.vpdpbuud.256"(%[[ARG0]], %[[ARG1]], %[[ARG2]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// INT8-NEXT: return %[[V0]] : vector<8xi32>
func.func @fits_equal(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> {
  %r = qdot.dot %acc, (%a) unsigned, (%b) unsigned fits_i16 : vector<8xi32>, vector<32xi8>
  return %r : vector<8xi32>
}

// AVX-VNNI-INT8 has the signed product; the others widen.
// INT8-LABEL: func.func @signed8(
// INT8-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %[[ARG3:.*]]: vector<32xi8>, %[[ARG4:.*]]: vector<32xi8>) -> vector<8xi32> {
// INT8-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.vpdpbssd.256"(%[[ARG0]], %[[ARG1]], %[[ARG3]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// INT8-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx2.vpdpbssd.256"(%[[V0]], %[[ARG2]], %[[ARG4]]) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// INT8-NEXT: return %[[V1]] : vector<8xi32>
// VNNI-LABEL: func.func @signed8(
// VNNI-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %[[ARG3:.*]]: vector<32xi8>, %[[ARG4:.*]]: vector<32xi8>) -> vector<8xi32> {
// VNNI-NEXT: %[[V0:.*]] = vector.bitcast %[[ARG1]] : vector<32xi8> to vector<16xi16>
// VNNI-NEXT: %[[CST:.*]] = arith.constant dense<8> : vector<16xi16>
// VNNI-NEXT: %[[V1:.*]] = arith.shli %[[V0]], %[[CST]] : vector<16xi16>
// VNNI-NEXT: %[[V2:.*]] = arith.shrsi %[[V1]], %[[CST]] : vector<16xi16>
// VNNI-NEXT: %[[V3:.*]] = arith.shrsi %[[V0]], %[[CST]] : vector<16xi16>
// VNNI-NEXT: %[[V4:.*]] = vector.bitcast %[[ARG3]] : vector<32xi8> to vector<16xi16>
// VNNI-NEXT: %[[CST_0:.*]] = arith.constant dense<8> : vector<16xi16>
// VNNI-NEXT: %[[V5:.*]] = arith.shli %[[V4]], %[[CST_0]] : vector<16xi16>
// VNNI-NEXT: %[[V6:.*]] = arith.shrsi %[[V5]], %[[CST_0]] : vector<16xi16>
// VNNI-NEXT: %[[V7:.*]] = arith.shrsi %[[V4]], %[[CST_0]] : vector<16xi16>
// VNNI-NEXT: %[[V8:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V2]], %[[V6]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// VNNI-NEXT: %[[V9:.*]] = arith.addi %[[ARG0]], %[[V8]] : vector<8xi32>
// VNNI-NEXT: %[[V10:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V3]], %[[V7]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// VNNI-NEXT: %[[V11:.*]] = arith.addi %[[V9]], %[[V10]] : vector<8xi32>
// VNNI-NEXT: %[[V12:.*]] = vector.bitcast %[[ARG2]] : vector<32xi8> to vector<16xi16>
// VNNI-NEXT: %[[CST_1:.*]] = arith.constant dense<8> : vector<16xi16>
// VNNI-NEXT: %[[V13:.*]] = arith.shli %[[V12]], %[[CST_1]] : vector<16xi16>
// VNNI-NEXT: %[[V14:.*]] = arith.shrsi %[[V13]], %[[CST_1]] : vector<16xi16>
// VNNI-NEXT: %[[V15:.*]] = arith.shrsi %[[V12]], %[[CST_1]] : vector<16xi16>
// VNNI-NEXT: %[[V16:.*]] = vector.bitcast %[[ARG4]] : vector<32xi8> to vector<16xi16>
// VNNI-NEXT: %[[CST_2:.*]] = arith.constant dense<8> : vector<16xi16>
// VNNI-NEXT: %[[V17:.*]] = arith.shli %[[V16]], %[[CST_2]] : vector<16xi16>
// VNNI-NEXT: %[[V18:.*]] = arith.shrsi %[[V17]], %[[CST_2]] : vector<16xi16>
// VNNI-NEXT: %[[V19:.*]] = arith.shrsi %[[V16]], %[[CST_2]] : vector<16xi16>
// VNNI-NEXT: %[[V20:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V14]], %[[V18]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// VNNI-NEXT: %[[V21:.*]] = arith.addi %[[V11]], %[[V20]] : vector<8xi32>
// VNNI-NEXT: %[[V22:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V15]], %[[V19]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// VNNI-NEXT: %[[V23:.*]] = arith.addi %[[V21]], %[[V22]] : vector<8xi32>
// VNNI-NEXT: return %[[V23]] : vector<8xi32>
// AVX512-LABEL: func.func @signed8(
// AVX512-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<32xi8>, %[[ARG2:.*]]: vector<32xi8>, %[[ARG3:.*]]: vector<32xi8>, %[[ARG4:.*]]: vector<32xi8>) -> vector<8xi32> {
// AVX512-NEXT: %[[V0:.*]] = vector.bitcast %[[ARG1]] : vector<32xi8> to vector<16xi16>
// AVX512-NEXT: %[[CST:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX512-NEXT: %[[V1:.*]] = arith.shli %[[V0]], %[[CST]] : vector<16xi16>
// AVX512-NEXT: %[[V2:.*]] = arith.shrsi %[[V1]], %[[CST]] : vector<16xi16>
// AVX512-NEXT: %[[V3:.*]] = arith.shrsi %[[V0]], %[[CST]] : vector<16xi16>
// AVX512-NEXT: %[[V4:.*]] = vector.bitcast %[[ARG3]] : vector<32xi8> to vector<16xi16>
// AVX512-NEXT: %[[CST_0:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX512-NEXT: %[[V5:.*]] = arith.shli %[[V4]], %[[CST_0]] : vector<16xi16>
// AVX512-NEXT: %[[V6:.*]] = arith.shrsi %[[V5]], %[[CST_0]] : vector<16xi16>
// AVX512-NEXT: %[[V7:.*]] = arith.shrsi %[[V4]], %[[CST_0]] : vector<16xi16>
// AVX512-NEXT: %[[V8:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V2]], %[[V6]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX512-NEXT: %[[V9:.*]] = arith.addi %[[ARG0]], %[[V8]] : vector<8xi32>
// AVX512-NEXT: %[[V10:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V3]], %[[V7]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX512-NEXT: %[[V11:.*]] = arith.addi %[[V9]], %[[V10]] : vector<8xi32>
// AVX512-NEXT: %[[V12:.*]] = vector.bitcast %[[ARG2]] : vector<32xi8> to vector<16xi16>
// AVX512-NEXT: %[[CST_1:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX512-NEXT: %[[V13:.*]] = arith.shli %[[V12]], %[[CST_1]] : vector<16xi16>
// AVX512-NEXT: %[[V14:.*]] = arith.shrsi %[[V13]], %[[CST_1]] : vector<16xi16>
// AVX512-NEXT: %[[V15:.*]] = arith.shrsi %[[V12]], %[[CST_1]] : vector<16xi16>
// AVX512-NEXT: %[[V16:.*]] = vector.bitcast %[[ARG4]] : vector<32xi8> to vector<16xi16>
// AVX512-NEXT: %[[CST_2:.*]] = arith.constant dense<8> : vector<16xi16>
// AVX512-NEXT: %[[V17:.*]] = arith.shli %[[V16]], %[[CST_2]] : vector<16xi16>
// AVX512-NEXT: %[[V18:.*]] = arith.shrsi %[[V17]], %[[CST_2]] : vector<16xi16>
// AVX512-NEXT: %[[V19:.*]] = arith.shrsi %[[V16]], %[[CST_2]] : vector<16xi16>
// AVX512-NEXT: %[[V20:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V14]], %[[V18]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX512-NEXT: %[[V21:.*]] = arith.addi %[[V11]], %[[V20]] : vector<8xi32>
// AVX512-NEXT: %[[V22:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[V15]], %[[V19]]) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX512-NEXT: %[[V23:.*]] = arith.addi %[[V21]], %[[V22]] : vector<8xi32>
// AVX512-NEXT: return %[[V23]] : vector<8xi32>
func.func @signed8(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>, %c: vector<32xi8>, %d: vector<32xi8>) -> vector<8xi32> {
  %r = qdot.dot %acc, (%a, %b) signed, (%c, %d) signed : vector<8xi32>, vector<32xi8>
  return %r : vector<8xi32>
}

// Lengths that no instruction has stay for qdot-lower-dot, and so does the rest
// of the function, also within loops.
// AVX512-LABEL: func.func @others(
// AVX512-SAME: %[[ARG0:.*]]: vector<2xi32>, %[[ARG1:.*]]: vector<8xi8>, %[[ARG2:.*]]: index, %[[ARG3:.*]]: vector<32xi32>, %[[ARG4:.*]]: vector<128xi8>) -> (vector<2xi32>, vector<32xi32>) {
// AVX512-NEXT: %[[C0:.*]] = arith.constant 0 : index
// AVX512-NEXT: %[[C1:.*]] = arith.constant 1 : index
// AVX512-NEXT: %[[V0:.*]] = scf.for %[[ARG5:.*]] = %[[C0]] to %[[ARG2]] step %[[C1]] iter_args(%[[ARG6:.*]] = %[[ARG0]]) -> (vector<2xi32>) {
// AVX512-NEXT: %[[V2:.*]] = qdot.dot %[[ARG6]], (%[[ARG1]])  unsigned, (%[[ARG1]])  signed : vector<2xi32>, vector<8xi8>
// AVX512-NEXT: scf.yield %[[V2]] : vector<2xi32>
// AVX512: %[[V1:.*]] = qdot.dot %[[ARG3]], (%[[ARG4]])  unsigned, (%[[ARG4]])  signed fits_i16 : vector<32xi32>, vector<128xi8>
// AVX512-NEXT: return %[[V0]], %[[V1]] : vector<2xi32>, vector<32xi32>
// AVX2-LABEL: func.func @others(
// AVX2-SAME: %[[ARG0:.*]]: vector<2xi32>, %[[ARG1:.*]]: vector<8xi8>, %[[ARG2:.*]]: index, %[[ARG3:.*]]: vector<32xi32>, %[[ARG4:.*]]: vector<128xi8>) -> (vector<2xi32>, vector<32xi32>) {
// AVX2-NEXT: %[[C0:.*]] = arith.constant 0 : index
// AVX2-NEXT: %[[C1:.*]] = arith.constant 1 : index
// AVX2-NEXT: %[[V0:.*]] = scf.for %[[ARG5:.*]] = %[[C0]] to %[[ARG2]] step %[[C1]] iter_args(%[[ARG6:.*]] = %[[ARG0]]) -> (vector<2xi32>) {
// AVX2-NEXT: %[[V2:.*]] = qdot.dot %[[ARG6]], (%[[ARG1]])  unsigned, (%[[ARG1]])  signed : vector<2xi32>, vector<8xi8>
// AVX2-NEXT: scf.yield %[[V2]] : vector<2xi32>
// AVX2: %[[V1:.*]] = qdot.dot %[[ARG3]], (%[[ARG4]])  unsigned, (%[[ARG4]])  signed fits_i16 : vector<32xi32>, vector<128xi8>
// AVX2-NEXT: return %[[V0]], %[[V1]] : vector<2xi32>, vector<32xi32>
func.func @others(%acc: vector<2xi32>, %a: vector<8xi8>, %n: index, %big: vector<32xi32>, %b: vector<128xi8>) -> (vector<2xi32>, vector<32xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %acc) -> vector<2xi32> {
    %next = qdot.dot %sum, (%a) unsigned, (%a) signed : vector<2xi32>, vector<8xi8>
    scf.yield %next : vector<2xi32>
  }
  %s = qdot.dot %big, (%b) unsigned, (%b) signed fits_i16 : vector<32xi32>, vector<128xi8>
  return %r, %s : vector<2xi32>, vector<32xi32>
}

// Two rounds of packing with saturation are qdot.narrow.
// AVX2-LABEL: func.func @narrow8(
// AVX2-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<8xi32>, %[[ARG2:.*]]: vector<8xi32>, %[[ARG3:.*]]: vector<8xi32>) -> vector<32xi8> {
// AVX2-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%[[ARG0]], %[[ARG1]]) : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
// AVX2-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%[[ARG2]], %[[ARG3]]) : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
// AVX2-NEXT: %[[V2:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packuswb"(%[[V0]], %[[V1]]) : (vector<16xi16>, vector<16xi16>) -> vector<32xi8>
// AVX2-NEXT: return %[[V2]] : vector<32xi8>
// AVX512-LABEL: func.func @narrow8(
// AVX512-SAME: %[[ARG0:.*]]: vector<8xi32>, %[[ARG1:.*]]: vector<8xi32>, %[[ARG2:.*]]: vector<8xi32>, %[[ARG3:.*]]: vector<8xi32>) -> vector<32xi8> {
// AVX512-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%[[ARG0]], %[[ARG1]]) : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
// AVX512-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%[[ARG2]], %[[ARG3]]) : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
// AVX512-NEXT: %[[V2:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packuswb"(%[[V0]], %[[V1]]) : (vector<16xi16>, vector<16xi16>) -> vector<32xi8>
// AVX512-NEXT: return %[[V2]] : vector<32xi8>
func.func @narrow8(%a: vector<8xi32>, %b: vector<8xi32>, %c: vector<8xi32>, %d: vector<8xi32>) -> vector<32xi8> {
  %r = qdot.narrow %a, %b, %c, %d : vector<8xi32> -> vector<32xi8>
  return %r : vector<32xi8>
}

// AVX512-LABEL: func.func @narrow16(
// AVX512-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<16xi32>) -> vector<64xi8> {
// AVX512-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%[[ARG0]], %[[ARG1]]) : (vector<16xi32>, vector<16xi32>) -> vector<32xi16>
// AVX512-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%[[ARG1]], %[[ARG0]]) : (vector<16xi32>, vector<16xi32>) -> vector<32xi16>
// AVX512-NEXT: %[[V2:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packuswb.512"(%[[V0]], %[[V1]]) : (vector<32xi16>, vector<32xi16>) -> vector<64xi8>
// AVX512-NEXT: return %[[V2]] : vector<64xi8>
// AVX2-LABEL: func.func @narrow16(
// AVX2-SAME: %[[ARG0:.*]]: vector<16xi32>, %[[ARG1:.*]]: vector<16xi32>) -> vector<64xi8> {
// AVX2-NEXT: %[[V0:.*]] = qdot.narrow %[[ARG0]], %[[ARG1]], %[[ARG1]], %[[ARG0]] : vector<16xi32> -> vector<64xi8>
// AVX2-NEXT: return %[[V0]] : vector<64xi8>
func.func @narrow16(%a: vector<16xi32>, %b: vector<16xi32>) -> vector<64xi8> {
  %r = qdot.narrow %a, %b, %b, %a : vector<16xi32> -> vector<64xi8>
  return %r : vector<64xi8>
}

// VNNI-LABEL: func.func @narrow4(
// VNNI-SAME: %[[ARG0:.*]]: vector<4xi32>, %[[ARG1:.*]]: vector<4xi32>) -> vector<16xi8> {
// VNNI-NEXT: %[[V0:.*]] = llvm.call_intrinsic "llvm.x86.sse2.packssdw.128"(%[[ARG0]], %[[ARG1]]) : (vector<4xi32>, vector<4xi32>) -> vector<8xi16>
// VNNI-NEXT: %[[V1:.*]] = llvm.call_intrinsic "llvm.x86.sse2.packssdw.128"(%[[ARG1]], %[[ARG0]]) : (vector<4xi32>, vector<4xi32>) -> vector<8xi16>
// VNNI-NEXT: %[[V2:.*]] = llvm.call_intrinsic "llvm.x86.sse2.packuswb.128"(%[[V0]], %[[V1]]) : (vector<8xi16>, vector<8xi16>) -> vector<16xi8>
// VNNI-NEXT: return %[[V2]] : vector<16xi8>
func.func @narrow4(%a: vector<4xi32>, %b: vector<4xi32>) -> vector<16xi8> {
  %r = qdot.narrow %a, %b, %b, %a : vector<4xi32> -> vector<16xi8>
  return %r : vector<16xi8>
}

// Sixteen rows of the table in two halves; the indices count down by 16.
// AVX2-LABEL: func.func @lookup32(
// AVX2-SAME: %[[X:.*]]: vector<32xi8>, %[[T:.*]]: memref<256xi8>)
// AVX2: %[[R0:.*]] = vector.load %[[T]][%{{.*}}] : memref<256xi8>, vector<16xi8>
// AVX2: %[[W0:.*]] = vector.shuffle %[[R0]], %[[R0]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// AVX2: %[[S0:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%[[W0]], %[[X]])
// AVX2: %[[R1:.*]] = vector.load %[[T]]
// AVX2: %[[D1:.*]] = arith.xori %[[R1]], %[[R0]] : vector<16xi8>
// AVX2: %[[X1:.*]] = llvm.call_intrinsic "llvm.ssub.sat"(%[[X]], %{{.*}})
// AVX2: %[[W1:.*]] = vector.shuffle %[[D1]], %[[D1]]
// AVX2: %[[S1:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%[[W1]], %[[X1]])
// AVX2: arith.xori %[[S0]], %[[S1]] : vector<32xi8>
// AVX2-COUNT-14: llvm.x86.avx2.pshuf.b
// AVX2-NEXT: %[[HIGH:.*]] = arith.xori %{{.*}}, %{{.*}} : vector<32xi8>
// AVX2-NEXT: %[[ALL:.*]] = arith.xori %{{.*}}, %[[HIGH]] : vector<32xi8>
// AVX2-NEXT: return %[[ALL]]
// AVX512-LABEL: func.func @lookup32(
// AVX512-COUNT-16: llvm.x86.avx2.pshuf.b
func.func @lookup32(%x: vector<32xi8>, %t: memref<256xi8>) -> vector<32xi8> {
  %r = qdot.lookup_bytes %x in %t : vector<32xi8>, memref<256xi8>
  return %r : vector<32xi8>
}

// AVX2-LABEL: func.func @lookup64(
// AVX2: qdot.lookup_bytes
// AVX512-LABEL: func.func @lookup64(
// AVX512-COUNT-16: llvm.x86.avx512.pshuf.b.512
func.func @lookup64(%x: vector<64xi8>, %t: memref<256xi8>) -> vector<64xi8> {
  %r = qdot.lookup_bytes %x in %t : vector<64xi8>, memref<256xi8>
  return %r : vector<64xi8>
}

// Eight bytes take a vector of sixteen, four stay.
// AVX2-LABEL: func.func @lookup8(
// AVX2: %[[WIDE:.*]] = vector.shuffle %{{.*}}, %{{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7] : vector<8xi8>, vector<8xi8>
// AVX2-COUNT-16: llvm.x86.ssse3.pshuf.b.128
// AVX2: vector.shuffle %{{.*}}, %{{.*}} [0, 1, 2, 3, 4, 5, 6, 7] : vector<16xi8>, vector<16xi8>
// AVX2: qdot.lookup_bytes %{{.*}} in %{{.*}} : vector<4xi8>, memref<256xi8>
func.func @lookup8(%x: vector<8xi8>, %y: vector<4xi8>, %t: memref<256xi8>) -> (vector<8xi8>, vector<4xi8>) {
  %r = qdot.lookup_bytes %x in %t : vector<8xi8>, memref<256xi8>
  %s = qdot.lookup_bytes %y in %t : vector<4xi8>, memref<256xi8>
  return %r, %s : vector<8xi8>, vector<4xi8>
}

// Words need no proof: vpmaddwd. On 16 lanes they stay.
// AVX2-LABEL: func.func @words(
// AVX2-SAME: %[[ACC:.*]]: vector<8xi32>, %[[A:.*]]: vector<16xi16>, %[[B:.*]]: vector<16xi16>
// AVX2-NEXT: %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[A]], %[[B]])
// AVX2-NEXT: %[[S:.*]] = arith.addi %[[ACC]], %[[P]] : vector<8xi32>
// AVX2-NEXT: %[[Q:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[B]], %[[B]])
// AVX2-NEXT: arith.addi %[[S]], %[[Q]] : vector<8xi32>
// AVX2: llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"
// AVX512-LABEL: func.func @words(
// AVX512: llvm.x86.avx2.pmadd.wd
// AVX512: llvm.x86.sse2.pmadd.wd
// AVX512-LABEL: func.func @words16(
// AVX512: qdot.dot
func.func @words(%acc: vector<8xi32>, %a: vector<16xi16>, %b: vector<16xi16>, %acc4: vector<4xi32>, %c: vector<8xi16>) -> (vector<8xi32>, vector<4xi32>) {
  %r = qdot.dot %acc, (%a, %b) signed, (%b, %b) signed : vector<8xi32>, vector<16xi16>
  %s = qdot.dot %acc4, (%c) signed, (%c) signed : vector<4xi32>, vector<8xi16>
  return %r, %s : vector<8xi32>, vector<4xi32>
}
func.func @words16(%acc: vector<16xi32>, %a: vector<32xi16>) -> vector<16xi32> {
  %r = qdot.dot %acc, (%a) signed, (%a) signed : vector<16xi32>, vector<32xi16>
  return %r : vector<16xi32>
}
