// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-lower-dot-aarch64=target=aarch64-i8mm
// RUN: not qdot-opt %s --split-input-file --qdot-lower-dot 2>&1 | FileCheck %s

// CHECK: error: 'qdot.dot' op on 'vector<[4]xi32>' has no portable form
func.func @dot(%acc: vector<[4]xi32>, %a: vector<[16]xi8>) -> vector<[4]xi32> {
  // expected-error @+1 {{'qdot.dot' op on 'vector<[4]xi32>' needs feature 'sve', which target 'aarch64-i8mm' does not have}}
  %r = qdot.dot %acc, (%a) signed, (%a) signed : vector<[4]xi32>, vector<[16]xi8>
  return %r : vector<[4]xi32>
}

// -----

// CHECK: error: 'qdot.dot_2x2' op on 'vector<[4]xi32>' has no portable form
func.func @dot_2x2(%acc: vector<[4]xi32>, %a: vector<[16]xi8>) -> vector<[4]xi32> {
  // expected-error @+1 {{'qdot.dot_2x2' op on 'vector<[4]xi32>' needs feature 'sve', which target 'aarch64-i8mm' does not have}}
  %r = qdot.dot_2x2 %acc, %a signed, %a signed : vector<[4]xi32>, vector<[16]xi8>
  return %r : vector<[4]xi32>
}
