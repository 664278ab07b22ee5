// Instrumented code runs in stock mlir-runner with the shared runtime, which
// writes what it saw when the process exits.
// RUN: rm -f %t.json
// RUN: mlir-opt-22 %plugin %s --pass-pipeline="builtin.module(qdot-lower-observe,expand-strided-metadata,finalize-memref-to-llvm,convert-func-to-llvm,reconcile-unrealized-casts)" -o %t.mlir
// RUN: env QDOT_STATISTICS=%t.json mlir-runner-22 %t.mlir --entry-point-result=void --shared-libs=%qdot_runtime
// RUN: FileCheck %s --match-full-lines --strict-whitespace < %t.json
// Without values to write, the file of an earlier run stays.
// RUN: env QDOT_STATISTICS=%t.json mlir-runner-22 %t.mlir -e nothing --entry-point-result=void --shared-libs=%qdot_runtime
// RUN: FileCheck %s --match-full-lines --strict-whitespace < %t.json
// A path that cannot be written is named.
// RUN: env QDOT_STATISTICS=%t.no/s.json mlir-runner-22 %t.mlir --entry-point-result=void --shared-libs=%qdot_runtime 2>&1 | FileCheck %s --check-prefix=ERROR

//      CHECK:  "format": "qdot-statistics",
// CHECK-NEXT:  "version": 2,
//      CHECK:  "values": [
// CHECK-NEXT:    {"site": "main/add_0#0123456789abcdef", "count": 6, "nan": 1, "inf": 1, "zero": 1, "min": -1.5, "max": 2.5, "sum": "0x1p+1", "sum_squares": "0x13p-1", "histogram": {{\[\[}}0, 1], [1016, 1], [1026, 1], [3068, 1]], "samples": 1, "sum_min": "-0x3p-1", "sum_max": "0x5p-1", "channels": []},
// CHECK-NEXT:    {"site": "main/slice_0#0123456789abcdef", "count": 2, "nan": 0, "inf": 0, "zero": 0, "min": 1, "max": 2.5, "sum": "0x7p-1", "sum_squares": "0x1dp-2", "histogram": {{\[\[}}1016, 1], [1026, 1]], "samples": 1, "sum_min": "0x1p+0", "sum_max": "0x5p-1", "channels": []},
// CHECK-NEXT:    {"site": "main/x_0#0123456789abcdef", "count": 3, "nan": 0, "inf": 0, "zero": 0, "min": -128, "max": 127, "sum": "0x1p+0", "sum_squares": "0x7f05p+0", "histogram": {{\[\[}}1024, 1], [1071, 1], [3120, 1]], "samples": 1, "sum_min": "-0x1p+7", "sum_max": "0x7fp+0", "channels": []}
// CHECK-NEXT:  ],

// ERROR: qdot_runtime: cannot write statistics to {{.*}}.no/s.json: No such file or directory

memref.global "private" constant @f32 : memref<2x3xf32> = dense<[[0.0, -1.5, 1.0], [0x7FC00000, 0xFF800000, 2.5]]>
memref.global "private" constant @i8 : memref<3xi8> = dense<[-128, 2, 127]>

func.func @main() {
  %x = memref.get_global @f32 : memref<2x3xf32>
  qdot.observe %x {site = #qdot.site<"main/add_0#0123456789abcdef">} : memref<2x3xf32>
  %column = memref.subview %x[0, 2][2, 1][1, 1] : memref<2x3xf32> to memref<2x1xf32, strided<[3, 1], offset: 2>>
  qdot.observe %column {site = #qdot.site<"main/slice_0#0123456789abcdef">} : memref<2x1xf32, strided<[3, 1], offset: 2>>
  %i = memref.get_global @i8 : memref<3xi8>
  qdot.observe %i {site = #qdot.site<"main/x_0#0123456789abcdef">} : memref<3xi8>
  return
}

func.func @nothing() {
  return
}
