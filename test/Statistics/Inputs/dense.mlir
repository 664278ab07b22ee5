// Two dense layers, small enough to compile in no time. Any batch.
#row = affine_map<(b, n) -> (b, n)>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[0.5, -1.0, 0.25], [1.5, 0.75, -0.5], [-0.25, 0.125, 1.0], [0.3, 0.6, -0.9]]> : tensor<4x3xf32>
  %w2 = arith.constant dense<[[1.0, -0.5, 0.25], [0.5, 0.75, -1.5], [-0.25, 2.0, 1.0]]> : tensor<3x3xf32>
  %batch = tensor.dim %x, %c0 : tensor<?x4xf32>
  %empty = tensor.empty(%batch) : tensor<?x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x3xf32>) -> tensor<?x3xf32>
  %h = linalg.matmul ins(%x, %w1 : tensor<?x4xf32>, tensor<4x3xf32>) outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  %relu = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel"]} ins(%h : tensor<?x3xf32>) outs(%empty : tensor<?x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.maximumf %in, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x3xf32>
  %y = linalg.matmul ins(%relu, %w2 : tensor<?x3xf32>, tensor<3x3xf32>) outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
