// Values that have the channel axis are marked; the mark survives bufferization
// up to the call.
// RUN: qdot-opt %s --qdot-observe-values=channel-axis=-1 | FileCheck %s --check-prefix=LAST
// RUN: qdot-opt %s --qdot-observe-values=channel-axis=2 | FileCheck %s --check-prefix=NONE
// RUN: qdot-opt %s --qdot-observe-values=channel-axis=1 --one-shot-bufferize=bufferize-function-boundaries --qdot-lower-observe | FileCheck %s --check-prefix=CALL
// LAST-COUNT-2: qdot.observe {{.*}} {qdot.channel_axis = -1 : i64, site = #qdot.site<"main/
// NONE-NOT: channel_axis
// CALL-COUNT-2: call @qdot_rt_observe_channels_f32(
func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
