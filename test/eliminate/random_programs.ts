/**
 * Random small int8 programs of the kernels that say how channels flow: many weights are zero, so that channels are
 * constant or unused in every combination with padding, strides, residual sums and reshapes.
 */

import { constantPool } from "../../src/graph/constant_pool.js";
import { bytesPerElement, elementCount, newArray, type Shape, type TypedArray } from "../../src/graph/ir.js";
import type { Program, ProgramTensor, Step } from "../../src/graph/program.js";
import { kernelOf } from "../../src/kernels/index.js";
import { averagePoolCounts } from "../../src/kernels/nn_average_pool2d_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import type { Random } from "../mutation/random.js";

const last6 = (shape: readonly number[], fill: number) => [...new Array<number>(6 - shape.length).fill(fill), ...shape];

function strides(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

export const STEP_KINDS = [
  "conv",
  "pointwise",
  "grouped",
  "depthwise",
  "transposed",
  "lut",
  "add",
  "mul",
  "scale",
  "concat",
  "stack",
  "max",
  "average",
  "mean",
  "pad",
  "slice",
  "crop",
  "resize",
  "flatten",
  "softmax",
  "float",
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** @param kinds of the steps, in order; a kind that does not fit the tensors there are is passed over */
export function randomProgram(random: Random, kinds: readonly StepKind[]): Program {
  const tensors: ProgramTensor[] = [];
  const steps: Step[] = [];
  const pool = constantPool();
  const add = (type: ProgramTensor["type"], shape: Shape, more: Partial<ProgramTensor> = {}) => {
    const id = tensors.length;
    tensors.push({ id, name: `t${id}`, type, shape, ...(type === "int8" && { scale: 0.5, zeroPoint: 0 }), ...more });
    return id;
  };
  const step = (
    kernel: string,
    inputs: number[],
    outputs: number[],
    params: Step["params"],
    tables: Record<string, TypedArray> = {},
    macs = 0,
  ) => {
    const record = kernelOf(kernel);
    const constants = Object.fromEntries(
      record.constants.map(({ name, type }) => [name, pool.intern(type, tables[name])]),
    );
    const node = `${kernel}_${steps.length}`;
    steps.push({
      kernel,
      node,
      operator: kernel,
      inputs,
      outputs,
      constants,
      params,
      scratchBytes: record.scratch(params),
      macs,
    });
  };
  const int8 = () => random.between(-128, 127);
  const clamp = () => {
    const out_zero_point = int8();
    if (random.chance(0.4)) return { out_zero_point, out_min: -128, out_max: 127 };
    if (random.chance(0.7)) return { out_zero_point, out_min: out_zero_point, out_max: 127 };
    const [a, b] = [int8(), int8()];
    return { out_zero_point, out_min: Math.min(a, b), out_max: Math.max(a, b) };
  };
  const [height, width, channels] = [random.between(1, 5), random.between(1, 5), random.between(1, 5)];
  const input = add("int8", [1, height, width, channels]);
  const images = [input];
  const shapeOf = (id: number) => tensors[id].shape;

  /** Whole rows and columns of zeros, single zeros, and channels whose bias alone decides. */
  function weights(outputs: number, inputs: number, taps: number): Int8Array {
    const deadOut = Array.from({ length: outputs }, () => random.chance(0.35));
    const deadIn = Array.from({ length: inputs }, () => random.chance(0.25));
    const sparse = random.chance(0.5) ? 0.5 : 0;
    return Int8Array.from({ length: outputs * taps * inputs }, (_, i) =>
      deadOut[Math.floor(i / (taps * inputs))] || deadIn[i % inputs] || random.chance(sparse)
        ? 0
        : random.between(-127, 127),
    );
  }
  function channelTables(count: number, gain: number) {
    const fixed = Array.from({ length: count }, () =>
      fixedPoint((random.pick([0.01, 0.3, 1, 4]) * gain) / 127, 2 ** 24),
    );
    return {
      bias: Int32Array.from({ length: count }, () =>
        random.pick([0, random.between(-300, 300), random.between(-60000, 60000)]),
      ),
      multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
      shift: Uint8Array.from(fixed, ({ shift }) => shift),
    };
  }
  function axis(size: number, transposed = false) {
    for (;;) {
      const [kernel, stride, dilation] = [random.between(1, 3), random.between(1, 3), random.between(1, 2)];
      const [before, after] = [random.between(0, 2), random.between(0, 2)];
      const span = (kernel - 1) * dilation + 1;
      const out = transposed
        ? (size - 1) * stride + span - before - after
        : Math.floor((size + before + after - span) / stride) + 1;
      if (out >= 1 && out <= Math.max(7, size) && (transposed || size + before + after >= span))
        return { kernel, stride, dilation, before, after, out };
    }
  }
  function window(id: number, transposed = false) {
    const [batch, in_h, in_w, count] = shapeOf(id);
    const [h, w] = [axis(in_h, transposed), axis(in_w, transposed)];
    return {
      ...{ batch, in_h, in_w, channels: count, h, w },
      params: {
        ...{ batch, in_h, in_w, out_h: h.out, out_w: w.out, kernel_h: h.kernel, kernel_w: w.kernel },
        ...{ stride_h: h.stride, stride_w: w.stride, dilation_h: h.dilation, dilation_w: w.dilation },
        ...{ pad_top: h.before, pad_left: w.before },
      },
    };
  }
  function convolution(
    id: number,
    { groups = 1, outputs = random.between(1, 6), transposed = false, pointwise = false },
  ) {
    const { params, channels: in_c } = window(id, transposed);
    const [, in_h, in_w] = shapeOf(id);
    const one = {
      kernel_h: 1,
      kernel_w: 1,
      stride_h: 1,
      stride_w: 1,
      dilation_h: 1,
      dilation_w: 1,
      pad_top: 0,
      pad_left: 0,
    };
    const p = pointwise ? { ...params, ...one, out_h: in_h, out_w: in_w } : params;
    const out_c = groups === 1 ? outputs : groups * random.between(1, 2);
    const taps = p.kernel_h * p.kernel_w;
    const output = add("int8", [1, p.out_h, p.out_w, out_c]);
    step(
      transposed ? "nn_conv_transpose2d_s8" : "nn_conv2d_s8",
      [id],
      [output],
      { ...p, in_c, out_c, groups, in_zero_point: zeroPoint(), ...clamp() },
      { weights: weights(out_c, in_c / groups, taps), ...channelTables(out_c, 1 / taps) },
      taps * in_c * out_c,
    );
    return output;
  }
  /** Often the value that constants have, so that padding equals them. */
  function zeroPoint() {
    return random.pick([0, -128, int8()]);
  }
  function binary(kernel: "nn_add_s8" | "nn_mul_s8", a: number, b: number) {
    const shape = shapeOf(a);
    const output = add("int8", shape);
    const broadcast = (id: number) => strides(shapeOf(id)).map((s, i) => (shapeOf(id)[i] === 1 ? 0 : s));
    step(kernel, [a, b], [output], {
      ...{ shape: last6(shape, 1), a_stride: last6(shape[3] === 1 ? strides(shape) : broadcast(a), 0) },
      b_stride: last6(shapeOf(b)[3] === 1 && shape[3] === 1 ? broadcast(b).with(3, 1) : broadcast(b), 0),
      ...{ a_zero_point: int8(), b_zero_point: int8(), ...clamp() },
      ...(kernel === "nn_add_s8"
        ? { a_multiplier: random.between(0, 9000), b_multiplier: random.between(-9000, 9000), shift: 13 }
        : fixedPoint(random.pick([0.001, 0.02]), 2 ** 17)),
    });
    return output;
  }
  const partner = (id: number, fits: (shape: Shape) => boolean) =>
    random.pick(images.filter((other) => fits(shapeOf(other)) && other !== id).concat(id));

  const make: Record<StepKind, (id: number) => number | undefined> = {
    conv: (id) => convolution(id, {}),
    pointwise: (id) => convolution(id, { pointwise: true }),
    grouped: (id) => (shapeOf(id)[3] % 2 === 0 ? convolution(id, { groups: 2 }) : undefined),
    transposed: (id) => convolution(id, { transposed: true }),
    depthwise(id) {
      const { params, channels: in_c } = window(id);
      const channel_multiplier = random.pick([1, 1, 2]);
      const out_c = in_c * channel_multiplier;
      const taps = params.kernel_h * params.kernel_w;
      const byChannel = weights(out_c, 1, taps);
      const output = add("int8", [1, params.out_h, params.out_w, out_c]);
      step(
        "nn_depthwise_conv2d_s8",
        [id],
        [output],
        { ...params, in_c, out_c, channel_multiplier, in_zero_point: zeroPoint(), ...clamp() },
        {
          weights: byChannel.map((_, i) => byChannel[(i % out_c) * taps + Math.floor(i / out_c)]),
          ...channelTables(out_c, 1 / taps),
        },
        taps * out_c,
      );
      return output;
    },
    lut(id) {
      const output = add("int8", shapeOf(id));
      const [low, flat] = [int8(), random.chance(0.5)];
      const table = Int8Array.from({ length: 256 }, (_, i) => (flat ? Math.max(low, i - 128) : int8()));
      step("nn_lut_s8", [id], [output], { count: elementCount(shapeOf(id)) }, { table });
      return output;
    },
    add: (id) =>
      binary(
        "nn_add_s8",
        id,
        partner(id, (shape) => `${shape}` === `${shapeOf(id)}`),
      ),
    mul: (id) =>
      binary(
        "nn_mul_s8",
        id,
        partner(id, (shape) => `${shape}` === `${shapeOf(id)}`),
      ),
    scale(id) {
      const channelsOf = shapeOf(id)[3];
      const scale = partner(id, ([, h, w, c]) => h === 1 && w === 1 && c === channelsOf);
      if (`${shapeOf(scale)}` !== `${[1, 1, 1, channelsOf]}`) return undefined;
      return binary("nn_mul_s8", id, scale);
    },
    concat(id) {
      const [, h, w] = shapeOf(id);
      const parts = [id, partner(id, (shape) => shape[1] === h && shape[2] === w), id].slice(0, random.between(2, 3));
      return concatenated(parts, h * w, [1, h, w, parts.reduce((sum, part) => sum + shapeOf(part)[3], 0)]);
    },
    stack(id) {
      const [, h, w, c] = shapeOf(id);
      const other = partner(id, (shape) => shape[2] === w && shape[3] === c);
      return concatenated([id, other], 1, [1, h + shapeOf(other)[1], w, c]);
    },
    max(id) {
      const { params, channels: count } = window(id);
      const output = add("int8", [1, params.out_h, params.out_w, count]);
      const { out_min, out_max } = clamp();
      step("nn_max_pool2d_s8", [id], [output], { ...params, channels: count, out_min, out_max });
      return output;
    },
    average(id) {
      const { params, channels: count, h, w } = window(id);
      const p = { ...params, pad_bottom: h.after, pad_right: w.after, count_include_pad: random.between(0, 1) };
      const { min, max } = averagePoolCounts(p);
      const fixed = Array.from({ length: max - min + 1 }, (_, i) => fixedPoint(0.7 / Math.max(1, min + i), 2 ** 16));
      const output = add("int8", [1, params.out_h, params.out_w, count]);
      step(
        "nn_average_pool2d_s8",
        [id],
        [output],
        { ...p, channels: count, in_zero_point: int8(), ...clamp(), min_count: min },
        {
          multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
          shift: Uint8Array.from(fixed, ({ shift }) => shift),
        },
      );
      return output;
    },
    mean(id) {
      const [, h, w, c] = shapeOf(id);
      const output = add("int8", [1, 1, 1, c]);
      step("nn_mean_s8", [id], [output], {
        ...{ outer: 1, count: h * w, inner: c, in_zero_point: int8(), ...clamp() },
        ...fixedPoint(0.9 / (h * w), 2 ** 16),
      });
      return output;
    },
    pad(id) {
      const shape = shapeOf(id);
      const [begin, end] = [0, 1].map(() => [0, random.between(0, 1), random.between(0, 1), random.between(0, 2)]);
      const padded = shape.map((size, i) => size + begin[i] + end[i]);
      const output = add("int8", padded);
      step("nn_pad", [id], [output], {
        element_bytes: 1,
        ...{ in_shape: last6(shape, 1), pad_begin: last6(begin, 0), out_shape: last6(padded, 1) },
        ...{ value_bits: int8(), value_high: 0 },
      });
      return output;
    },
    slice(id) {
      const first = random.between(0, shapeOf(id)[3] - 1);
      return sliced(id, [0, 0, 0, first], shapeOf(id).with(3, random.between(1, shapeOf(id)[3] - first)));
    },
    crop(id) {
      const first = random.between(0, shapeOf(id)[2] - 1);
      return sliced(id, [0, 0, first, 0], shapeOf(id).with(2, random.between(1, shapeOf(id)[2] - first)));
    },
    resize(id) {
      const [batch, in_h, in_w, c] = shapeOf(id);
      const [out_h, out_w] = [random.between(1, 4), random.between(1, 4)];
      const output = add("int8", [1, out_h, out_w, c]);
      step(
        "nn_resize_nearest",
        [id],
        [output],
        { batch, in_h, in_w, out_h, out_w, pixel_bytes: c },
        {
          rows: Uint16Array.from({ length: out_h }, () => random.between(0, in_h - 1)),
          columns: Uint16Array.from({ length: out_w }, () => random.between(0, in_w - 1)),
        },
      );
      return output;
    },
    flatten(id) {
      const in_features = elementCount(shapeOf(id));
      const out_features = random.between(1, 8);
      const view = add("int8", [1, in_features], { viewOf: tensors[id].viewOf ?? id });
      const output = add("int8", [1, out_features]);
      const { out_zero_point, out_min, out_max } = clamp();
      step(
        "nn_fully_connected_s8",
        [view],
        [output],
        { rows: 1, in_features, out_features, out_zero_point, out_min, out_max },
        { weights: weights(out_features, in_features, 1), ...channelTables(out_features, 0.2) },
        in_features * out_features,
      );
      const wide = out_features % 2 === 0 ? 2 : 1;
      return add("int8", [1, 1, wide, out_features / wide], { viewOf: output });
    },
    softmax(id) {
      const [, h, w, c] = shapeOf(id);
      const output = add("int8", shapeOf(id));
      const table = Uint16Array.from({ length: 256 }, (_, i) => Math.round(65535 * Math.exp(-i / 16)));
      step(
        "nn_softmax_s8",
        [id],
        [output],
        { outer: h * w, count: c, inner: 1, numerator: 256, denominator_shift: 0, out_zero_point: -128 },
        { table },
      );
      return output;
    },
    float(id) {
      const real = add("float32", shapeOf(id));
      const count = elementCount(shapeOf(id));
      step("nn_dequantize_s8_f32", [id], [real], { count, scale: 0.25, zero_point: int8() });
      const output = add("int8", shapeOf(id));
      step("nn_quantize_f32_s8", [real], [output], { count, scale: random.pick([0.125, 3]), zero_point: int8() });
      return output;
    },
  };
  function concatenated(parts: number[], outer: number, shape: Shape): number {
    const output = add("int8", shape);
    step(
      "nn_concat",
      parts,
      [output],
      { input_count: parts.length, outer },
      { block_bytes: Int32Array.from(parts, (part) => elementCount(shapeOf(part)) / outer) },
    );
    return output;
  }
  function sliced(id: number, first: readonly number[], shape: Shape): number {
    const own = strides(shapeOf(id));
    const output = add("int8", shape);
    step("nn_slice", [id], [output], {
      element_bytes: bytesPerElement("int8"),
      ...{ shape: last6(shape, 1), in_stride: last6(own, 0) },
      in_offset: first.reduce((sum, index, i) => sum + index * own[i], 0),
    });
    return output;
  }

  for (const kind of kinds) {
    const from = random.chance(0.8) ? images[images.length - 1] : random.pick(images);
    const made = make[kind](from);
    if (made !== undefined && elementCount(shapeOf(made)) <= 600) images.push(made);
  }
  // Outputs have bytes of their own: that of a last layer, which reads what is there.
  const outputs = [images[images.length - 1], random.pick(images)].map((id) => convolution(id, { pointwise: true }));
  return { precision: "int8", tensors, constants: pool.constants, steps, inputs: [input], outputs };
}

/** Random rows, and those that reach the ends of every interval. */
export function inputRows(random: Random, elements: number): Int8Array[] {
  const filled = (value: () => number) => (newArray("int8", elements) as Int8Array).map(value);
  return [
    ...[-128, 127, 0].map((value) => filled(() => value)),
    ...[0, 1, 2].map(() => filled(() => random.pick([-128, 127]))),
    ...[0, 1, 2].map(() => filled(() => random.between(-128, 127))),
  ];
}
