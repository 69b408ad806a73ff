import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { chunksOf, highWordTables, instructionsPerPair, leadOfWalk, packedDense, type WalkStep } from "./mve.js";

const NAME = "nn_pointwise_conv2d_s8_mve";

/** Pairs of pixels in the order of the C function, with a single one where a row ends. */
function steps(p: Conv2dS8Params): WalkStep[] {
  const flat = p.stride_h === 1 && p.stride_w === 1;
  const [rows, columns] = flat ? [1, p.batch * p.out_h * p.out_w] : [p.batch * p.out_h, p.out_w];
  const result: WalkStep[] = [];
  for (let row = 0; row < rows; row++) {
    const n = Math.floor(row / p.out_h);
    const start = (n * p.in_h + (row % p.out_h) * p.stride_h) * p.in_w * p.in_c;
    for (let ox = 0; ox < columns; ox += 2) {
      result.push({
        first: start + ox * p.stride_w * p.in_c,
        end: (row * columns + Math.min(ox + 2, columns)) * p.out_c,
      });
    }
  }
  return result;
}

/**
 * Convolution with a kernel of one pixel: VMLADAVA on 16 values, two pixels times four channels, straight from the input;
 * 16 instructions per 128 products.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "mve",
  codeBytes: 840,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: int32Fields("batch in_h in_w in_c out_h out_w out_c stride_h stride_w out_zero_point out_min out_max"),
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
  }),
  implement({ params: p, constants }) {
    if (p.groups !== 1) return "it takes no groups";
    if (p.kernel_h !== 1 || p.kernel_w !== 1) return "the kernel is larger than a pixel";
    const inside =
      p.pad_top === 0 && p.pad_left === 0 && (p.out_h - 1) * p.stride_h < p.in_h && (p.out_w - 1) * p.stride_w < p.in_w;
    if (!inside) return "it takes no padding";
    if (p.out_c > 65532) return "more than 65532 channels";
    const tables = highWordTables(constants);
    if (typeof tables === "string") return tables;
    const { batch, in_h, in_w, in_c, out_h, out_w, out_c, stride_h, stride_w } = p;
    const { out_zero_point, out_min, out_max } = p;
    const walk = steps(p);
    const rows = stride_h === 1 && stride_w === 1 ? 1 : batch * out_h;
    // Within 3 % of what was measured on the layers of the MLPerf Tiny models.
    const instructions = 60 + rows * 150 + walk.length * instructionsPerPair(in_c, out_c);
    return {
      kernel: NAME,
      params: {
        ...{ batch, in_h, in_w, in_c, out_h, out_w, out_c, stride_h, stride_w },
        ...{ out_zero_point, out_min, out_max },
      },
      constants: { packed: packedDense(tables) },
      scratchBytes: 0,
      lead: leadOfWalk(walk, batch * in_h * in_w * in_c, chunksOf(in_c) > 1),
      cost: { cycles: instructions, instructions },
    };
  },
});
