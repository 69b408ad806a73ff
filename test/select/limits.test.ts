import { describe, expect, it } from "vitest";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { UserError } from "../../src/errors.js";
import type { Program } from "../../src/graph/program.js";
import { lower } from "../../src/lower/lower.js";
import { quantiseFloat } from "../../src/quantize/quantise.js";
import { type SelectOptions, selectKernels } from "../../src/select/select.js";
import { constant, graphOf, node, random, randomRows, value } from "../quantize/graphs.js";

/** int8 program of an image of size x size x 5: convolutions, a pooling, a mean over all pixels, and a dense layer. */
function meanModel(size: number, channels: number, pool: number): Program {
  const next = random(3);
  const image = [1, size, size, channels];
  const pooled = size - pool + 1;
  const window = { channels_last: 1, strides: [1, 1], dilations: [1, 1] };
  const none = [0, 0, 0, 0];
  const graph = graphOf(
    [
      node("Conv", ["x", "w1", "b1"], "a", { ...window, kernel_shape: [1, 1], pads: none, group: 1 }),
      node("Conv", ["a", "w2", "b2"], "d", { ...window, kernel_shape: [1, 3], pads: [0, 2, 0, 0], group: channels }),
      node("AveragePool", ["d"], "p", { ...window, kernel_shape: [pool, pool], pads: none }),
      node("ReduceMean", ["p"], "m", { axes: [1, 2], keepdims: 0 }),
      node("Gemm", ["m", "w3", "b3"], "y"),
    ],
    [
      ...[value("x", [1, size, size, 5]), value("a", image), value("d", image)],
      ...[value("p", [1, pooled, pooled, channels]), value("m", [1, channels]), value("y", [1, 9])],
      ...[constant("w1", [channels, 5, 1, 1], next), constant("b1", [channels], next)],
      ...[constant("w2", [channels, 1, 1, 3], next), constant("b2", [channels], next)],
      ...[constant("w3", [9, channels], next), constant("b3", [9], next)],
    ],
  );
  const { graph: quantised } = quantiseFloat(graph, randomRows(20, size * size * 5));
  return lower(quantised, { precision: "int8", io: "int8" });
}

const target = targetOf(loadBoard("qemu-cortex-m4"));

/** The arena under a limit, or the figure that its refusal names. */
function arenaUnder(program: Program, options: SelectOptions): { readonly bytes: number; readonly kept: boolean } {
  try {
    return { bytes: selectKernels(program, target, options).plan.arenaBytes, kept: true };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { bytes: Number(/needs (\d+) bytes of RAM/.exec(error.message)?.[1]), kept: false };
  }
}

describe("the smallest arena that a refusal names", () => {
  const cases = [6, 9, 12].flatMap((size) =>
    [8, 24].flatMap((channels) => [2, 3].map((pool) => ({ size, channels, pool }))),
  );
  it.each(cases)("is kept, and one byte less is not: $size x $size, $channels channels, pool $pool", (shape) => {
    const program = meanModel(shape.size, shape.channels, shape.pool);
    for (const optimize of ["speed", "ram", "balanced"] as const) {
      for (const ioBuffers of ["arena", "caller"] as const) {
        const under = (maxRam: number) => arenaUnder(program, { optimize, ioBuffers, maxRam });
        const { bytes, kept } = under(1);
        expect(kept).toBe(false);
        expect(under(bytes)).toEqual({ bytes, kept: true });
        expect(under(bytes - 1), `${optimize}, ${ioBuffers}`).toEqual({ bytes, kept: false });
      }
    }
  });
});
