/** Random programs of layers with rows: chains with residual connections, every size awkward. */
import fc from "fast-check";
import type { TypedArray } from "../../src/graph/ir.js";
import type { Constant, Program, ProgramTensor, Step } from "../../src/graph/program.js";
import { kernelOf } from "../../src/kernels/index.js";
import { averagePoolCounts } from "../../src/kernels/nn_average_pool2d_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";

const KINDS = ["conv", "conv", "depthwise", "depthwise", "max", "average", "lut", "add", "mul", "concat"] as const;

interface Layer {
  readonly kind: (typeof KINDS)[number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Padding in sixteenths of the window, at the top, bottom, left and right. */
  readonly pads: readonly number[];
  readonly channels: number;
  /** Which earlier tensor of the same shape a layer of two inputs also reads. */
  readonly other: number;
}

const pair = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));

const layer: fc.Arbitrary<Layer> = fc.record({
  kind: fc.constantFrom(...KINDS),
  kernel: pair(5),
  stride: fc.oneof(fc.constant([1, 1] as const), pair(3)),
  dilation: fc.oneof(fc.constant([1, 1] as const), pair(2)),
  pads: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 4, maxLength: 4 }),
  channels: fc.integer({ min: 1, max: 5 }),
  other: fc.nat({ max: 100 }),
});

/** Deterministic bytes. */
function bytes(count: number, seed: number): Int8Array {
  let state = seed + 1;
  return Int8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) - 128;
  });
}

/** A program whose steps all have rows; its only input is an image, its output what the last layer makes. */
export const randomChain: fc.Arbitrary<Program> = fc
  .record({
    size: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 })),
    layers: fc.array(layer, { minLength: 2, maxLength: 6 }),
    seed: fc.nat({ max: 1000 }),
  })
  .map(({ size, layers, seed }) => chain(size, layers, seed));

function chain(size: readonly [number, number, number], layers: readonly Layer[], seed: number): Program {
  const tensors: ProgramTensor[] = [];
  const constants: Constant[] = [];
  const steps: Step[] = [];
  const tensor = (shape: readonly number[]) => {
    tensors.push({ id: tensors.length, name: `t${tensors.length}`, type: "int8", shape: [1, ...shape] });
    return tensors.length - 1;
  };
  const constant = (type: Constant["type"], data: TypedArray) => {
    constants.push({ id: constants.length, type, data });
    return constants.length - 1;
  };
  const step = (kernel: string, inputs: number[], output: number, params: Step["params"], tables: Step["constants"]) =>
    steps.push({
      ...{ kernel, node: `node ${steps.length}`, operator: kernel, inputs, outputs: [output] },
      ...{ constants: tables, params, scratchBytes: kernelOf(kernel).scratch(params), macs: 1 },
    });
  let current = tensor(size);
  for (const [index, one] of layers.entries()) {
    const [, h, w, c] = tensors[current].shape;
    const limits = { out_zero_point: 3, out_min: -128, out_max: 127 };
    const sameShape = tensors.filter(({ shape }) => shape.join() === tensors[current].shape.join()).map(({ id }) => id);
    const other = sameShape[one.other % sameShape.length];
    const dense = { shape: [1, 1, 1, 1, 1, h * w * c], a_stride: [0, 0, 0, 0, 0, 1], b_stride: [0, 0, 0, 0, 0, 1] };
    if (one.kind === "lut") {
      const output = tensor([h, w, c]);
      step("nn_lut_s8", [current], output, { count: h * w * c }, { table: constant("int8", bytes(256, seed + index)) });
      current = output;
      continue;
    }
    if (one.kind === "add" || one.kind === "mul") {
      const output = tensor([h, w, c]);
      const points = { a_zero_point: -5, b_zero_point: 7, ...limits };
      if (one.kind === "add")
        step(
          "nn_add_s8",
          [current, other],
          output,
          { ...dense, ...points, a_multiplier: 9000, b_multiplier: 7000, shift: 14 },
          {},
        );
      else step("nn_mul_s8", [other, current], output, { ...dense, ...points, multiplier: 2 ** 30, shift: 36 }, {});
      current = output;
      continue;
    }
    if (one.kind === "concat") {
      const output = tensor([h, w, 2 * c]);
      const blocks = constant("int32", Int32Array.of(c, c));
      step("nn_concat", [current, other], output, { input_count: 2, outer: h * w }, { block_bytes: blocks });
      current = output;
      continue;
    }
    const span = (axis: 0 | 1) => (one.kernel[axis] - 1) * one.dilation[axis] + 1;
    const pad = (i: number, axis: 0 | 1) => Math.floor((one.pads[i] * span(axis)) / 16);
    const out = (length: number, axis: 0 | 1) =>
      Math.floor((length + pad(2 * axis, axis) + pad(2 * axis + 1, axis) - span(axis)) / one.stride[axis]) + 1;
    const [outH, outW] = [out(h, 0), out(w, 1)];
    if (outH < 1 || outW < 1) continue;
    const window = {
      ...{ batch: 1, in_h: h, in_w: w, out_h: outH, out_w: outW, kernel_h: one.kernel[0], kernel_w: one.kernel[1] },
      ...{ stride_h: one.stride[0], stride_w: one.stride[1], dilation_h: one.dilation[0], dilation_w: one.dilation[1] },
      ...{ pad_top: pad(0, 0), pad_left: pad(2, 1) },
    };
    const perChannel = (channels: number) => ({
      bias: constant(
        "int32",
        Int32Array.from(bytes(channels, seed + 2), (b) => b * 9),
      ),
      multiplier: constant("int32", new Int32Array(channels).fill(2 ** 30)),
      shift: constant("uint8", new Uint8Array(channels).fill(38)),
    });
    const taps = one.kernel[0] * one.kernel[1];
    if (one.kind === "conv") {
      const output = tensor([outH, outW, one.channels]);
      const weights = constant("int8", bytes(one.channels * taps * c, seed + index));
      const params = { ...window, in_c: c, out_c: one.channels, groups: 1, in_zero_point: -4, ...limits };
      step("nn_conv2d_s8", [current], output, params, { weights, ...perChannel(one.channels) });
      current = output;
    } else if (one.kind === "depthwise") {
      const repeat = one.channels % 2 === 0 ? 2 : 1;
      const output = tensor([outH, outW, c * repeat]);
      const weights = constant("int8", bytes(c * repeat * taps, seed + index));
      const params = { ...window, in_c: c, out_c: c * repeat, channel_multiplier: repeat, in_zero_point: 6, ...limits };
      step("nn_depthwise_conv2d_s8", [current], output, params, { weights, ...perChannel(c * repeat) });
      current = output;
    } else if (one.kind === "max") {
      const output = tensor([outH, outW, c]);
      step("nn_max_pool2d_s8", [current], output, { ...window, channels: c, out_min: -128, out_max: 127 }, {});
      current = output;
    } else {
      const output = tensor([outH, outW, c]);
      const padded = { ...window, pad_bottom: pad(1, 0), pad_right: pad(3, 1), count_include_pad: one.other % 2 };
      const { min, max } = averagePoolCounts(padded);
      const counts = Array.from({ length: max - min + 1 }, (_, i) => Math.max(1, min + i));
      const params = { ...padded, channels: c, in_zero_point: 2, ...limits, min_count: min };
      const multiplier = constant(
        "int32",
        Int32Array.from(counts, (count) => Math.round(2 ** 30 / count)),
      );
      const shift = constant("uint8", new Uint8Array(counts.length).fill(30));
      step("nn_average_pool2d_s8", [current], output, params, { multiplier, shift });
      current = output;
    }
  }
  return pruned({ precision: "int8", tensors, constants, steps, inputs: [0], outputs: [current] });
}

/** The program with the mean of its output over rows and columns behind it. */
export function withMean(program: Program): Program {
  const [from] = program.outputs;
  const [, h, w, c] = program.tensors[from].shape;
  const to = program.tensors.length;
  const limits = { out_zero_point: 3, out_min: -128, out_max: 127 };
  const params = {
    outer: 1,
    count: h * w,
    inner: c,
    in_zero_point: 2,
    ...limits,
    ...fixedPoint(2 / (h * w), 256 * h * w),
  };
  const mean: Step = {
    ...{ kernel: "nn_mean_s8", node: "mean", operator: "ReduceMean", inputs: [from], outputs: [to] },
    ...{ constants: {}, params, scratchBytes: 0, macs: 0 },
  };
  const tensor: ProgramTensor = { id: to, name: "mean", type: "int8", shape: [1, c] };
  return { ...program, tensors: [...program.tensors, tensor], steps: [...program.steps, mean], outputs: [to] };
}

/** Without what does not reach the output. */
function pruned(program: Program): Program {
  const needed = new Set(program.outputs);
  const steps = [...program.steps]
    .reverse()
    .filter(({ inputs, outputs }) => {
      const wanted = needed.has(outputs[0]);
      if (wanted) for (const id of inputs) needed.add(id);
      return wanted;
    })
    .reverse();
  const kept = program.tensors.filter(({ id }) => needed.has(id) || id === 0);
  const renamed = new Map(kept.map(({ id }, index) => [id, index]));
  const rename = (ids: readonly number[]) => ids.map((id) => renamed.get(id)!);
  return {
    ...program,
    tensors: kept.map((one, id) => ({ ...one, id })),
    steps: steps.map((one) => ({ ...one, inputs: rename(one.inputs), outputs: rename(one.outputs) })),
    outputs: rename(program.outputs),
  };
}
