// What a model computes and is not finite is reported; the minus infinity around
// the input of a maximum is not.
// RUN: %python -c "import numpy as np; np.save(r'%t.npy', np.float32([[0, 1, 2, 3]]))"
// RUN: qdot calibrate %s --data %t.npy -o %t.json 2>&1 | FileCheck %s
// CHECK-NOT: pad_
// CHECK: qdot: warning: main/unary_0#{{.*}}: 0 NaN and 1 infinite values
// CHECK-NOT: pad_
func.func @main(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x4xf32>
  %k = tensor.empty() : tensor<3xf32>
  %p = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %low : f32
  } : tensor<1x4xf32> to tensor<1x6xf32>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(n, x, k) -> (n, x + k)>, affine_map<(n, x, k) -> (k)>, affine_map<(n, x, k) -> (n, x)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p, %k : tensor<1x6xf32>, tensor<3xf32>) outs(%f : tensor<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<1x4xf32>
  %l = linalg.log ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %m, %l : tensor<1x4xf32>, tensor<1x4xf32>
}
