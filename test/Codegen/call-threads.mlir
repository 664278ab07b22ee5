// RUN: qdot-opt %s --qdot-call-threads=threads=3 | FileCheck %s
// RUN: qdot-opt %s --qdot-call-threads=threads=3 --qdot-call-threads | FileCheck %s
// RUN: qdot-opt %s --qdot-call-threads=threads=3 | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVM

// CHECK: llvm.func internal @f_range_task(%[[CONTEXT:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK: %[[FIRST:.*]] = llvm.getelementptr %[[CONTEXT]][0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i8, ptr)>
// CHECK: %[[X:.*]] = llvm.load %[[FIRST]] : !llvm.ptr -> i8
// CHECK: %[[Y:.*]] = llvm.load %{{.*}} : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.call @f_range(%[[X]], %[[Y]], %[[BEGIN]], %[[END]])
// CHECK: llvm.return
llvm.func internal @f_range(%x: i8, %y: !llvm.ptr, %begin: i64, %end: i64) {
  llvm.return
}

// The example of Passes.td: the contexts once per function, whatever the loop;
// one task for both calls.
// CHECK-LABEL: llvm.func @f(
// CHECK: llvm.alloca %{{.*}} x !llvm.struct<(i8, ptr)>
// CHECK: %[[CONTEXT:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(i8, ptr)>
// CHECK: llvm.br
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[CONTEXT]][0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i8, ptr)>
// CHECK: llvm.store %{{.*}}, %[[FIELD]] : i8, !llvm.ptr
// CHECK: %[[TASK:.*]] = llvm.mlir.addressof @f_range_task : !llvm.ptr
// CHECK: %[[GRAIN:.*]] = llvm.mlir.constant(4 : i64) : i64
// CHECK: %[[THREADS:.*]] = llvm.mlir.constant(3 : i64) : i64
// CHECK: llvm.call @qdot_parallel_for(%[[TASK]], %[[CONTEXT]], %{{.*}}, %[[GRAIN]], %[[THREADS]]) : (!llvm.ptr, !llvm.ptr, i64, i64, i64) -> ()
// LLVM-LABEL: define void @f(
// LLVM: call void @qdot_parallel_for(ptr @f_range_task, ptr %{{.*}}, i64 %{{.*}}, i64 4, i64 3)
llvm.func @f(%x: i8, %y: !llvm.ptr, %count: i64, %again: i1) {
  %zero = llvm.mlir.constant(0 : i64) : i64
  llvm.br ^loop
^loop:
  llvm.call @f_range(%x, %y, %zero, %count) {qdot.grain = 4 : i64} : (i8, !llvm.ptr, i64, i64) -> ()
  llvm.cond_br %again, ^loop, ^done
^done:
  llvm.call @f_range(%x, %y, %zero, %count) {qdot.grain = 9 : i64} : (i8, !llvm.ptr, i64, i64) -> ()
  // A call of one thread.
  // CHECK: llvm.call @f_range(%{{.*}}) : (
  llvm.call @f_range(%x, %y, %zero, %count) : (i8, !llvm.ptr, i64, i64) -> ()
  llvm.return
}
// CHECK: llvm.func @qdot_parallel_for(!llvm.ptr, !llvm.ptr, i64, i64, i64)
