/** Generated calls whose weights fit in four bits. */
import type { Convolution } from "../conv2d_s8_cases.js";
import { convolution } from "../conv2d_s8_cases.js";
import { type Product, product } from "../fully_connected_s8_cases.js";
import type { Layer } from "../int8_layers.js";

/** The upper halves of the weights, so that the sums become a sixteenth: fewer are shifted out. */
function narrow(layer: Layer): Layer {
  return {
    ...layer,
    weights: layer.weights.map((w) => w >> 4),
    shift: layer.shift.map((shift) => Math.max(1, shift - 4)),
  };
}

export const narrowConvolution = ({ params, inputs, layer }: Convolution): Convolution =>
  convolution(params, inputs[0] as Int8Array, narrow(layer));

export const narrowProduct = ({ params, inputs, layer, inZeroPoint }: Product): Product =>
  product(params, inZeroPoint, inputs[0] as Int8Array, narrow(layer));
