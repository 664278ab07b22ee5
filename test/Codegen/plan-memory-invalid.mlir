// RUN: qdot-opt %s --split-input-file --qdot-plan-memory --verify-diagnostics

// expected-error @below {{'func.func' op needs the name 'f_in_workspace' for its workspace, which is taken}}
func.func @f(%x: memref<f32>, %y: memref<f32>) -> i32 attributes {llvm.bareptr, qdot.signature = (tensor<f32>) -> tensor<f32>} {
  memref.copy %x, %y : memref<f32> to memref<f32>
  %zero = arith.constant 0 : i32
  return %zero : i32
}
// expected-note @below {{by this}}
func.func private @f_in_workspace()

// -----

// expected-error @below {{expected a number of bytes, an i64, for 'qdot.workspace', got "many"}}
func.func private @f() attributes {qdot.workspace = "many"}

// -----

// expected-error @below {{expected a number of bytes, an i64, for 'qdot.workspace', got -1 : i64}}
func.func private @f() attributes {qdot.workspace = -1 : i64}
