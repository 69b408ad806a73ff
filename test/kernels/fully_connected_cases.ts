/** Generated calls of nn_fully_connected_s8, for its test and those of its variants. */
import fc from "fast-check";
import type { FullyConnectedS8Params } from "../../src/kernels/nn_fully_connected_s8.js";
import { int8s, sizes } from "./arbitraries.js";
import type { KernelCase } from "./harness.js";
import { foldedConstants, type Layer, layerRange, layers } from "./int8_layers.js";

export interface Product extends KernelCase<FullyConnectedS8Params> {
  readonly layer: Layer;
  /** The kernel has no such parameter: it is in the bias. */
  readonly inZeroPoint: number;
}

export const products: fc.Arbitrary<Product> = fc
  .record({
    rows: sizes(1, 1, 2, 5),
    in_features: sizes(1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 64),
    out_features: sizes(1, 2, 3, 4, 5, 7, 8, 10),
    range: layerRange,
  })
  .chain(({ range: { in_zero_point, ...range }, ...sized }) =>
    fc
      .tuple(int8s(sized.rows * sized.in_features), layers(sized.out_features, sized.in_features))
      .map(([input, layer]) => product({ ...sized, ...range }, in_zero_point, input, layer)),
  );

export function product(params: FullyConnectedS8Params, inZeroPoint: number, input: Int8Array, layer: Layer): Product {
  return {
    params,
    inputs: [input],
    constants: foldedConstants(layer, inZeroPoint, (i) => Math.floor(i / params.in_features)),
    outputs: [{ type: "int8", count: params.rows * params.out_features }],
    layer,
    inZeroPoint,
  };
}
