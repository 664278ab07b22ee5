// What the front end of the foreign compiler hands over.
!x = !quant.uniform<i8:f32, 0.0625>
!weights = !quant.uniform<i8<-127:127>:f32, 0.015625>
!y = !quant.uniform<i8:f32, 0.0625:-128>
func.func @main(%input: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %weights = arith.constant dense<[[0.5, -1.0, 0.25], [1.0, 0.5, -0.5],
                                   [-0.25, 1.0, 0.75], [0.0, -0.5, 1.0]]> : tensor<4x3xf32>
  %bias = arith.constant dense<[0.125, 0.0, -0.25]> : tensor<3xf32>
  %y = tiny.dense %input as !x, %weights as !weights, %bias to !y
    : (tensor<1x4xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}
