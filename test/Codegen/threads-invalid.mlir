// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-call-threads
// RUN: echo 'module {}' > %t.mlir
// RUN: not qdot-opt %t.mlir --qdot-call-threads=threads=-1 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not qdot-opt %t.mlir --qdot-choose-splits=min-work=-2 2>&1 | FileCheck %s --check-prefix=WORK
// NUMBER: error: expected a number of threads, 0 for all, got -1
// WORK: error: expected the least work of a part, 0 for the default, got -2

llvm.func @range(%begin: i64, %end: i64)
llvm.func @f(%one: i64, %count: i64) {
  // expected-error @below {{with 'qdot.grain' must call a function without results on a range [0, count)}}
  llvm.call @range(%one, %count) {qdot.grain = 4 : i64} : (i64, i64) -> ()
  llvm.return
}

// -----

llvm.func @range(%begin: i64, %end: i32)
llvm.func @f(%count: i32) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  // expected-error @below {{with 'qdot.grain' must call}}
  llvm.call @range(%zero, %count) {qdot.grain = 4 : i64} : (i64, i32) -> ()
  llvm.return
}

// -----

llvm.func @range(%end: i64)
llvm.func @f(%count: i64) {
  // expected-error @below {{with 'qdot.grain' must call}}
  llvm.call @range(%count) {qdot.grain = 4 : i64} : (i64) -> ()
  llvm.return
}

// -----

llvm.func @f(%range: !llvm.ptr, %count: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  // expected-error @below {{with 'qdot.grain' must call}}
  llvm.call %range(%zero, %count) {qdot.grain = 4 : i64} : !llvm.ptr, (i64, i64) -> ()
  llvm.return
}

// -----

// expected-error @below {{the name 'qdot_parallel_for' is needed for threads}}
llvm.func @qdot_parallel_for(%x: i64) {
  llvm.return
}
llvm.func @range(%begin: i64, %end: i64)
llvm.func @f(%count: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.call @range(%zero, %count) {qdot.grain = 4 : i64} : (i64, i64) -> ()
  llvm.return
}

// -----

llvm.func @range(%begin: i64, %end: i64)
llvm.func @f(%count: i64) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  // expected-error @below {{expected a positive i64 for 'qdot.grain', got 0 : i64}}
  llvm.call @range(%zero, %count) {qdot.grain = 0 : i64} : (i64, i64) -> ()
  llvm.return
}

// -----

func.func @f(%c: i8, %y: memref<64xi8>) {
  // expected-error @below {{expected a positive i64 for 'qdot.min_work', got "much"}}
  linalg.fill {qdot.min_work = "much"} ins(%c : i8) outs(%y : memref<64xi8>)
  return
}

// -----

func.func @f(%n: index) {
  // expected-error @below {{attribute 'grain' failed to satisfy constraint}}
  qdot.parallel %b to %e of %n grain 0 {
  }
  return
}

// -----

func.func @f(%n: index) {
  // expected-error @below {{expected a body with the begin and the end of a range, two of index, as arguments, got 'index'}}
  "qdot.parallel"(%n) <{grain = 1 : i64}> ({
  ^bb0(%b: index):
  }) : (index) -> ()
  return
}
