// RUN: qdot-opt %s --split-input-file --verify-diagnostics --qdot-legalize-tosa

func.func @resize(%x: tensor<*xi8>) -> tensor<1x4x2x1xi8> {
  %scale = tosa.const_shape {values = dense<[4, 2, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %offset = tosa.const_shape {values = dense<[-1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %border = tosa.const_shape {values = dense<[1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
  // expected-error @+1 {{expected a ranked tensor, got 'tensor<*xi8>'}}
  %0 = tosa.resize %x, %scale, %offset, %border {mode = NEAREST_NEIGHBOR} : (tensor<*xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xi8>
  return %0 : tensor<1x4x2x1xi8>
}
