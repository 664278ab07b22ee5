// RUN: qdot-opt %s --inline | FileCheck %s

// Operations of the dialect do not stop the inliner.
// CHECK-LABEL: func.func @caller
// CHECK: qdot.requantize
// CHECK-NOT: call
func.func @caller(%x: i32) -> i8 {
  %r = call @callee(%x) : (i32) -> i8
  return %r : i8
}
func.func private @callee(%x: i32) -> i8 {
  %m = arith.constant 1073741824 : i32
  %s = arith.constant 31 : i8
  %r = qdot.requantize %x, %m, %s zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
  return %r : i8
}
