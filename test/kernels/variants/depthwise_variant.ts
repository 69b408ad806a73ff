/** The tests of the depthwise convolutions for the DSP extension. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DepthwiseConv2dS8Params } from "../../../src/kernels/nn_depthwise_conv2d_s8.js";
import type { Variant } from "../../../src/kernels/variant.js";
import { sample, sizes } from "../arbitraries.js";
import { type Convolution, convolution, convolutions } from "../depthwise_cases.js";
import type { Axis } from "../float_cases.js";
import type { Layer } from "../int8_layers.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

/** What the variant takes along either axis of the image. */
interface Taken {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

const machine = MACHINES["cortex-m4"];

function axesTaken({ kernel, stride, dilation }: Taken): fc.Arbitrary<Axis> {
  return fc
    .record({
      size: sizes(1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 16, 17, 29, 33),
      kernel: sizes(...kernel),
      stride: sizes(...stride),
      dilation: sizes(...dilation),
      begin: sizes(0, 0, 1, 1, 2),
      end: sizes(0, 1, 1, 3),
    })
    .filter(({ size, kernel, dilation, begin, end }) => size + begin + end > dilation * (kernel - 1));
}

/** Sums at both ends of their range, with a channel each of which nothing, one constant or a tie is left. */
function extreme(taken: Taken, input: number, weight: number): Convolution {
  const [kernel] = taken.kernel;
  const [stride] = taken.stride;
  const params: DepthwiseConv2dS8Params = {
    ...{ batch: 1, in_h: 5, in_w: 5, in_c: 4, out_h: Math.ceil(5 / stride), out_w: Math.ceil(5 / stride), out_c: 4 },
    ...{ kernel_h: kernel, kernel_w: kernel, stride_h: stride, stride_w: stride, dilation_h: 1, dilation_w: 1 },
    ...{ pad_top: Math.floor(kernel / 2), pad_left: Math.floor(kernel / 2), channel_multiplier: 1 },
    ...{ in_zero_point: -1 - input, out_zero_point: -128, out_min: -128, out_max: 127 },
  };
  const taps = kernel * kernel;
  const layer: Layer = {
    weights: Int8Array.from({ length: 4 * taps }, (_, i) => (i % 4 === 3 ? 0 : weight)),
    bias: Int32Array.of(1000, -1000, 0, 77),
    multiplier: Int32Array.of(2 ** 31 - 1, 2 ** 30, 0, 2 ** 30),
    shift: Uint8Array.of(39, 42, 1, 36),
  };
  return convolution(params, new Int8Array(100).fill(input), layer);
}

export function testDepthwiseVariant(variant: Variant, taken: Taken): void {
  describe(variant.name, () => {
    const accepted = (of: Convolution) => typeof implementationOf(variant, of, machine.target) !== "string";

    test("equals the plain kernel", { timeout: 300_000 }, async () => {
      const all = sample(convolutions(axesTaken(taken)), 150);
      const cases = all.filter(accepted);
      expect(cases.length).toBeGreaterThan(20);
      await expectVariantAgrees(variant, cases, machine);
    });

    test("equals the plain kernel on extreme sums", { timeout: 120_000 }, async () => {
      const cases = [-128, 127].flatMap((x) => [-127, 127].map((w) => extreme(taken, x, w)));
      await expectVariantAgrees(variant, cases, machine);
    });
  });
}
