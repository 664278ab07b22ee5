// RUN: qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-i8mm | FileCheck %s
// RUN: not qdot-opt %s --qdot-lower-dot-aarch64=target=aarch64-dotprod 2>&1 | FileCheck %s --check-prefix=MISSING

// MISSING: error: 'qdot.dot_2x2_panels' op on 'vector<4xi32>' needs feature 'i8mm', which target 'aarch64-dotprod' does not have

// Two iterations of eight units, and one more. Operands 0 to 23 are the tiles,
// 24 and 25 the pointers.
// CHECK-LABEL: func.func @signed(
// CHECK-SAME: %[[ACC:.*]]: vector<4xi32>, %[[X:.*]]: memref<4096xi8>, %[[W:.*]]: memref<6144xi8>, %[[I:.*]]: index)
// CHECK: memref.extract_aligned_pointer_as_index %[[X]]
// CHECK: %[[L:.*]] = llvm.inttoptr
// CHECK: memref.extract_aligned_pointer_as_index %[[W]]
// CHECK: %[[R:.*]] = llvm.inttoptr
// CHECK: %[[ALL:.*]] = llvm.inline_asm has_side_effects
// CHECK-SAME: "mov $26, #96\0Amov $27, #2\0A1:\0A
// CHECK-SAME: ld1 {{[{]}}v24.16b, v25.16b, v26.16b, v27.16b}, [$24], #64\0A
// CHECK-SAME: ld1 {{[{]}}v28.16b, v29.16b, v30.16b, v31.16b}, [$25], $26\0A
// CHECK-SAME: smmla $0.4s, v24.16b, v28.16b\0Asmmla $6.4s, v25.16b, v28.16b\0Asmmla $12.4s, v26.16b, v28.16b\0Asmmla $18.4s, v27.16b, v28.16b\0A
// CHECK-SAME: smmla $1.4s, v24.16b, v29.16b
// CHECK-SAME: ldur q28, [$25, #-32]\0Asmmla $4.4s, v24.16b, v28.16b
// CHECK-SAME: ldur q29, [$25, #-16]\0Asmmla $5.4s, v24.16b, v29.16b
// CHECK-SAME: subs $27, $27, #1\0Ab.ne 1b\0Ald1
// CHECK-SAME: smmla $23.4s, v27.16b, v29.16b\0A"
// CHECK-SAME: "=w,{{.*}}=r,=r,=&r,=&r,0,1,{{.*}},25,~{{[{]}}v24},{{.*}},~{{[{]}}v31},~{{[{]}}memory},~{{[{]}}cc}"
// CHECK-SAME: %[[ACC]], %[[L]], %[[R]]
// CHECK: llvm.extractvalue %[[ALL]][23]
func.func @signed(%acc: vector<4xi32>, %x: memref<4096xi8>, %w: memref<6144xi8>, %i: index) -> vector<4xi32> {
  %r:24 = qdot.dot_2x2_panels %x[%i] signed, %w[%i] signed pairs 4 units 17 into (%acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc)
      : memref<4096xi8>, memref<6144xi8>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
  return %r#23 : vector<4xi32>
}

// CHECK-LABEL: func.func @unsigned(
// CHECK: llvm.inline_asm {{.*}}ummla $0.4s
func.func @unsigned(%acc: vector<4xi32>, %x: memref<4096xi8>, %w: memref<6144xi8>, %i: index) -> vector<4xi32> {
  %r:24 = qdot.dot_2x2_panels %x[%i] unsigned, %w[%i] unsigned pairs 4 units 8 into (%acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc)
      : memref<4096xi8>, memref<6144xi8>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
  return %r#23 : vector<4xi32>
}

// CHECK-LABEL: func.func @mixed(
// CHECK: llvm.inline_asm {{.*}}usmmla $0.4s
func.func @mixed(%acc: vector<4xi32>, %x: memref<4096xi8>, %w: memref<6144xi8>, %i: index) -> vector<4xi32> {
  %r:24 = qdot.dot_2x2_panels %x[%i] unsigned, %w[%i] signed pairs 4 units 8 into (%acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc)
      : memref<4096xi8>, memref<6144xi8>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
  return %r#23 : vector<4xi32>
}

// No instruction takes a signed left and an unsigned right side; short loops
// have another form.
// CHECK-LABEL: func.func @swapped(
// CHECK: qdot.dot_2x2_panels
func.func @swapped(%acc: vector<4xi32>, %x: memref<4096xi8>, %w: memref<6144xi8>, %i: index) -> vector<4xi32> {
  %r:24 = qdot.dot_2x2_panels %x[%i] signed, %w[%i] unsigned pairs 4 units 8 into (%acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc)
      : memref<4096xi8>, memref<6144xi8>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
  return %r#23 : vector<4xi32>
}

// CHECK-LABEL: func.func @short(
// CHECK: qdot.dot_2x2_panels
func.func @short(%acc: vector<4xi32>, %x: memref<4096xi8>, %w: memref<6144xi8>, %i: index) -> vector<4xi32> {
  %r:24 = qdot.dot_2x2_panels %x[%i] signed, %w[%i] signed pairs 4 units 7 into (%acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc, %acc)
      : memref<4096xi8>, memref<6144xi8>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
  return %r#23 : vector<4xi32>
}
