/**
 * --stream: a model that looks at a window of frames becomes one that is fed the new frames only and gives the same
 * results, byte for byte, as if the window slid on by them. What a layer needs of earlier frames is a state.
 *
 * Every value on the way has `total` frames in a window, of which `fresh` are new at each call and the last `clean` do not
 * depend on padding at the window's start. A layer of stride s turns f new frames into f / s; a layer that looks back (a
 * convolution along time) reads its new frames and a few kept ones; a layer that needs all frames (pooling over time,
 * Flatten) reads the whole window, put together from the kept frames and the new ones.
 */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute } from "../graph/attributes.js";
import { type GraphBuilder, graphBuilder } from "../graph/builder.js";
import type { Attributes, Graph, Node, Shape, Tensor } from "../graph/ir.js";
import { elementCount, fedInputs, fromNumbers } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { quoted } from "../quoted.js";

export interface StreamOptions {
  /** Default: the only input. */
  readonly input?: string;
  /** Axis of the input along which the frames lie; negative from the end. */
  readonly axis: number;
  /** New frames at each call. Default: the fewest that the strides of the model allow. */
  readonly frames?: number;
}

export interface Streamed {
  readonly graph: Graph;
  readonly input: string;
  readonly axis: number;
  /** New frames at each call, and frames of the window. */
  readonly frames: number;
  readonly window: number;
  /** From this call on the results are those of a full window. */
  readonly warmUpCalls: number;
}

interface Frames {
  readonly axis: number;
  readonly total: number;
  readonly fresh: number;
  readonly clean: number;
}

/** How a node acts along the axis of time. */
type Motion =
  | { readonly kind: "each"; readonly axis: number; readonly attributes?: (frames: number) => Attributes }
  | {
      readonly kind: "window";
      readonly axis: number;
      /** Frames from the first to the last that one output frame sees, and frames between two output frames. */
      readonly span: number;
      readonly stride: number;
      readonly before: number;
      readonly after: number;
      /** Without padding along the axis. */
      readonly attributes: Attributes;
    };

const replaceAt = <T>(list: readonly T[], index: number, value: T): T[] =>
  list.map((v, i) => (i === index ? value : v));

/** Convolution and pooling along one of their spatial axes. */
function windowMotion(node: Node, axis: number, graph: Graph): Motion | undefined {
  const first = node.attributes.channels_last === 1 ? 1 : 2;
  const pads = intsAttribute(node, "pads")!;
  const rank = pads.length / 2;
  const at = axis - first;
  if (at < 0 || at >= rank) return undefined;
  const kernel = intsAttribute(node, "kernel_shape") ?? graph.tensors.get(node.inputs[1])!.shape.slice(2);
  const span = (kernel[at] - 1) * (intsAttribute(node, "dilations")?.[at] ?? 1) + 1;
  const { ceil_mode: _, ...attributes } = node.attributes;
  return {
    kind: "window",
    axis,
    span,
    stride: intsAttribute(node, "strides")?.[at] ?? 1,
    before: pads[at],
    after: pads[at + rank],
    attributes: { ...attributes, pads: replaceAt(replaceAt(pads, at, 0), at + rank, 0) },
  };
}

/** Reshape that keeps the axis whole: as many elements before it and behind it as before. */
function reshapeMotion(node: Node, axis: number, graph: Graph): Motion | undefined {
  const from = graph.tensors.get(node.inputs[0])!.shape;
  const to = intsAttribute(node, "shape")!;
  const before = elementCount(from.slice(0, axis));
  const index = to.findIndex((size, i) => size === from[axis] && elementCount(to.slice(0, i)) === before);
  if (index < 0) return undefined;
  return { kind: "each", axis: index, attributes: (frames) => ({ shape: replaceAt(to, index, frames) }) };
}

const MOTIONS: Readonly<Record<string, (node: Node, axis: number, graph: Graph) => Motion | undefined>> = {
  Conv: windowMotion,
  MaxPool: windowMotion,
  AveragePool: windowMotion,
  Reshape: reshapeMotion,
  Transpose: (node, axis) => ({ kind: "each", axis: intsAttribute(node, "perm")!.indexOf(axis) }),
  Softmax: (node, axis) => (intAttribute(node, "axis", -1) === axis ? undefined : { kind: "each", axis }),
  Concat: (node, axis) => (intAttribute(node, "axis", 0) === axis ? undefined : { kind: "each", axis }),
  ReduceMean: (node, axis) => (intsAttribute(node, "axes")?.includes(axis) ? undefined : { kind: "each", axis }),
  Gemm: (node, axis) => (axis === 0 && intAttribute(node, "transA", 0) === 0 ? { kind: "each", axis: 0 } : undefined),
  MatMul: (node, axis, graph) => {
    const [a, b] = node.inputs.map((name) => graph.tensors.get(name)!);
    return b.data && b.shape.length === 2 && axis < a.shape.length - 1 ? { kind: "each", axis } : undefined;
  },
};

const BROADCASTS: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Min", "Max", "PRelu", "Pow", "Where"]);

function motionOf(node: Node, axis: number, graph: Graph): Motion | undefined {
  const motion = MOTIONS[node.operator];
  if (motion) return motion(node, axis, graph);
  if (operatorOf(node).elementwiseUnary) return { kind: "each", axis };
  if (!BROADCASTS.has(node.operator)) return undefined;
  // The axis of the result, counted from the end as broadcasting does; other operands must not change along it.
  const output = graph.tensors.get(node.outputs[0])!.shape;
  return { kind: "each", axis: axis + output.length - graph.tensors.get(node.inputs[0])!.shape.length };
}

const withFrames = (shape: Shape, axis: number, frames: number): Shape => replaceAt(shape, axis, frames);

interface Analysis {
  /** Values that are streamed. */
  readonly frames: ReadonlyMap<string, Frames>;
  /** Frames of a value, from the newest back, that its readers need together; `total` for all. */
  readonly needed: ReadonlyMap<string, number>;
  readonly motions: ReadonlyMap<Node, Motion | undefined>;
}

function fail(node: Node, reason: string): never {
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `--stream: ${node.operator} node ${quoted(node.name)} ${reason}`,
    node.name,
  );
}

/** Throws when the model cannot be streamed; gives undefined when `fresh` frames do not fit its strides. */
function analyse(graph: Graph, input: string, axis: number, fresh: number): Analysis | undefined {
  const total = graph.tensors.get(input)!.shape[axis];
  const frames = new Map<string, Frames>([[input, { axis, total, fresh, clean: total }]]);
  const needed = new Map<string, number>();
  const motions = new Map<Node, Motion | undefined>();
  const need = (name: string, count: number) => needed.set(name, Math.max(needed.get(name) ?? 0, count));
  for (const node of graph.nodes) {
    const streamed = node.inputs.filter((name) => frames.has(name));
    if (streamed.length === 0) continue;
    const all = streamed.map((name) => frames.get(name)!);
    const [first] = all;
    const motion = alike(node, graph, all, frames) ? motionOf(node, first.axis, graph) : undefined;
    motions.set(node, motion);
    if (!motion) {
      for (const [i, name] of streamed.entries()) {
        if (all[i].clean < all[i].total) {
          fail(
            node,
            "needs the whole window, but an earlier layer pads the start of it, which would slide with the window",
          );
        }
        need(name, all[i].total);
      }
      continue;
    }
    const outTotal = graph.tensors.get(node.outputs[0])!.shape[motion.axis];
    const clean = Math.min(...all.map((value) => value.clean));
    if (motion.kind === "each") {
      for (const name of streamed) need(name, first.fresh);
      for (const output of node.outputs)
        frames.set(output, { axis: motion.axis, total: outTotal, fresh: first.fresh, clean });
      continue;
    }
    const { span, stride, before, after } = motion;
    if (after > 0) fail(node, "pads the end of the window: it sees frames of the future, so it is not causal");
    if (first.fresh % stride !== 0) return undefined;
    const outFresh = first.fresh / stride;
    const outClean = Math.min(
      outTotal,
      Math.floor((clean - span - rest(first.total + before, span, stride)) / stride) + 1,
    );
    if (outClean < outFresh) fail(node, `looks back further than the window of ${first.total} frames reaches`);
    need(streamed[0], (outFresh - 1) * stride + span + rest(first.total + before, span, stride));
    frames.set(node.outputs[0], { axis: motion.axis, total: outTotal, fresh: outFresh, clean: outClean });
  }
  for (const name of graph.outputs) {
    const value = frames.get(name);
    if (value) need(name, value.fresh);
  }
  return { frames, needed, motions };
}

/** Newest frames that no window of the stride reaches. */
const rest = (padded: number, span: number, stride: number) => (padded - span) % stride;

/** All streamed inputs move in step, and what else the node reads is the same for every frame. */
function alike(node: Node, graph: Graph, all: readonly Frames[], frames: ReadonlyMap<string, Frames>): boolean {
  const [first] = all;
  const rank = (name: string) => graph.tensors.get(name)!.shape.length;
  const fromEnd = (name: string, axis: number) => rank(name) - axis;
  const streamed = node.inputs.filter((name) => frames.has(name));
  const ends = streamed.map((name) => fromEnd(name, frames.get(name)!.axis));
  if (all.some((value) => value.total !== first.total || value.fresh !== first.fresh)) return false;
  if (ends.some((end) => end !== ends[0])) return false;
  if (!BROADCASTS.has(node.operator)) return MOTIONS[node.operator] !== undefined || node.inputs.length === 1;
  return node.inputs.every((name) => {
    if (name === "" || frames.has(name)) return true;
    const { shape } = graph.tensors.get(name)!;
    const at = shape.length - ends[0];
    return at < 0 || shape[at] === 1;
  });
}

/** The last `count` frames of a value, as a value of its own. */
function lastFrames(
  build: GraphBuilder,
  origin: Node,
  value: string,
  axis: number,
  count: number,
  output: string,
): void {
  const { shape, quantization } = build.resolve(value);
  const numbers = (stem: string, number: number) =>
    build.addConstant(build.uniqueName(`${output}_${stem}`), "int64", [1], fromNumbers("int64", [number]));
  const slice: Node = {
    name: `${output}_Slice`,
    operator: "Slice",
    domain: "",
    inputs: [value, numbers("start", shape[axis] - count), numbers("end", shape[axis]), numbers("axis", axis)],
    outputs: [output],
    attributes: {},
  };
  operatorOf(slice).normalise!({ ...slice, name: origin.name }, build);
  if (quantization) build.annotate(output, quantization);
}

/**
 * @param graph canonical, quantised or not
 * @throws UserError E_USAGE for an input or axis that is not there or frames that do not fit, E_OPERATOR_UNSUPPORTED
 * naming the node that cannot be streamed.
 */
export function stream(graph: Graph, options: StreamOptions): Streamed {
  const { input, axis } = inputOf(graph, options);
  const { shape } = graph.tensors.get(input)!;
  const total = shape[axis];
  const { frames, analysis } = framesOf(graph, input, axis, total, options.frames);
  const kept = [...analysis.frames].flatMap(([name, { axis, fresh }]) => {
    const history = (analysis.needed.get(name) ?? 0) - fresh;
    return history > 0 ? [{ name, axis, history, state: `${name}_history` }] : [];
  });
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of graph.tensors) {
    if (tensor.data || graph.inputs.includes(name)) tensors.set(name, tensor);
  }
  tensors.set(input, { ...graph.tensors.get(input)!, shape: withFrames(shape, axis, frames) });
  for (const { name, axis: along, history, state } of kept) {
    const { type, shape: whole, quantization } = graph.tensors.get(name)!;
    tensors.set(state, {
      name: state,
      type,
      shape: withFrames(whole, along, history),
      ...(quantization && { quantization }),
    });
  }
  const states = [...(graph.states ?? []), ...kept.map(({ state }) => ({ input: state, output: `${state}_next` }))];
  const base: Graph = { ...graph, inputs: [...graph.inputs, ...kept.map(({ state }) => state)], tensors, states };
  const build = graphBuilder(base);
  const origin: Node = { name: input, operator: "Concat", domain: "", inputs: [], outputs: [input], attributes: {} };
  const extended = new Map<string, string>();
  const keep = (name: string, node: Node) => {
    const entry = kept.find((value) => value.name === name);
    if (!entry) return;
    const { quantization } = graph.tensors.get(name)!;
    const whole = build.add(
      { ...node, outputs: [name] },
      "Concat",
      [entry.state, name],
      { axis: entry.axis },
      undefined,
      quantization,
    );
    extended.set(name, whole);
    lastFrames(build, node, whole, entry.axis, entry.history, `${entry.state}_next`);
  };
  keep(input, origin);
  for (const node of graph.nodes) {
    const motion = analysis.motions.get(node);
    const read = (name: string): string => {
      const value = analysis.frames.get(name);
      if (!value) return name;
      const count = !motion
        ? value.total
        : motion.kind === "each"
          ? value.fresh
          : (value.fresh / motion.stride - 1) * motion.stride +
            motion.span +
            rest(value.total + motion.before, motion.span, motion.stride);
      if (count === value.fresh) return name;
      const whole = extended.get(name) ?? name;
      if (build.resolve(whole).shape[value.axis] === count) return whole;
      const part = build.uniqueName(`${name}_frames`);
      lastFrames(build, node, whole, value.axis, count, part);
      return part;
    };
    const inputs = node.inputs.map(read);
    const { fresh = 0 } = analysis.frames.get(node.outputs[0]) ?? {};
    const attributes =
      motion?.kind === "window" ? trimmed(motion, node) : (motion?.attributes?.(fresh) ?? node.attributes);
    build.addNode({ ...node, inputs, attributes });
    for (const name of node.outputs) {
      const quantization = graph.tensors.get(name)?.quantization;
      if (quantization) build.annotate(name, quantization);
    }
    for (const name of node.outputs) if (analysis.frames.has(name)) keep(name, node);
  }
  const streamed = build.finish([...graph.outputs, ...kept.map(({ state }) => `${state}_next`)]);
  return { graph: streamed, input, axis, frames, window: total, warmUpCalls: Math.ceil(total / frames) };
}

const trimmed = (motion: Extract<Motion, { kind: "window" }>, node: Node): Attributes => ({
  ...node.attributes,
  ...motion.attributes,
});

function inputOf(graph: Graph, { input, axis }: StreamOptions): { input: string; axis: number } {
  const inputs = fedInputs(graph);
  const name = input ?? (inputs.length === 1 ? inputs[0] : undefined);
  if (name === undefined || !inputs.includes(name)) {
    const known = inputs.map(quoted).join(", ");
    throw new UserError("E_USAGE", `--stream: name one of the inputs ${known}, as input:axis`);
  }
  const rank = graph.tensors.get(name)!.shape.length;
  if (axis >= rank || axis < -rank) {
    throw new UserError(
      "E_USAGE",
      `--stream: input ${quoted(name)} has rank ${rank}, so there is no axis ${axis}`,
      name,
    );
  }
  return { input: name, axis: axis < 0 ? axis + rank : axis };
}

function framesOf(graph: Graph, input: string, axis: number, total: number, wanted: number | undefined) {
  const candidates = wanted === undefined ? Array.from({ length: total }, (_, i) => i + 1) : [wanted];
  for (const frames of candidates) {
    if (frames > total) continue;
    const analysis = analyse(graph, input, axis, frames);
    if (analysis) return { frames, analysis };
  }
  throw new UserError(
    "E_USAGE",
    `--stream: ${wanted === undefined ? `no number up to ${total}` : `${wanted}`} of new frames is a multiple of the model's strides along axis ${axis} and fits its window of ${total}`,
    input,
  );
}
