/** The float oracle: onnxruntime-node on models built in the test. */
import ort from "onnxruntime-node";
import type { Attributes, ElementType, Graph, Shape, Tensor, TypedArray } from "../src/graph/ir.js";
import { elementCount, fromNumbers } from "../src/graph/ir.js";
import { writeModel } from "../src/onnx/write.js";

/** A computed input of any element type, with the values that it is fed. */
export interface Feed extends Omit<Tensor, "name"> {
  readonly feed: true;
}

export interface OneNode {
  readonly operator: string;
  /** Default ai.onnx. */
  readonly domain?: string;
  readonly opset?: number;
  readonly attributes?: Attributes;
  /** Shapes of computed inputs, and constants, in the order of the node's inputs; undefined: omitted. */
  readonly inputs: readonly (Shape | Feed | Omit<Tensor, "name"> | undefined)[];
  readonly output: Shape;
  /** All outputs, where there are several or the one is not float32; undefined: omitted. */
  readonly outputs?: readonly (Omit<Tensor, "name" | "data"> | undefined)[];
}

export const isFeed = (input: OneNode["inputs"][number]): input is Feed => input !== undefined && "feed" in input;

const isConstant = (input: OneNode["inputs"][number]): input is Omit<Tensor, "name"> =>
  input !== undefined && !Array.isArray(input) && !isFeed(input);

/** An ONNX model of one node: inputs x0, x1 ..., constants c0, c1 ..., output y. */
export function oneNodeModel(node: OneNode): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const names = node.inputs.map((input, i) => {
    if (input === undefined) return "";
    const name = isConstant(input) ? `c${i}` : `x${i}`;
    if (isConstant(input)) tensors.set(name, { name, ...input });
    else if (isFeed(input)) tensors.set(name, { name, type: input.type, shape: input.shape });
    else tensors.set(name, { name, type: "float32", shape: input as Shape });
    return name;
  });
  const outputs = (node.outputs ?? [{ type: "float32" as const, shape: node.output }]).map((output, i) => {
    if (output === undefined) return "";
    const name = i === 0 ? "y" : `y${i}`;
    tensors.set(name, { name, ...output });
    return name;
  });
  const graph: Graph = {
    name: "one",
    opset: node.opset ?? 13,
    inputs: names.filter((name) => name.startsWith("x")),
    outputs: outputs.filter((name) => name !== ""),
    nodes: [
      {
        name: "node",
        operator: node.operator,
        domain: node.domain ?? "",
        inputs: names,
        outputs,
        attributes: node.attributes ?? {},
      },
    ],
    tensors,
  };
  return writeModel(graph, { producer: "test" });
}

/**
 * "disabled" for QDQ models: fused integer kernels saturate on CPUs without VNNI instructions, so that results would
 * depend on the machine; unfused, they are computed in float32 between quantisations.
 */
type Optimization = "disabled" | "all";

function load(model: Uint8Array, graphOptimizationLevel: Optimization) {
  return ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1, graphOptimizationLevel });
}

/** A session that gives the first output for float32 inputs in model order. */
export async function session(model: Uint8Array, optimization: Optimization = "all") {
  const loaded = await load(model, optimization);
  return async (inputs: readonly Float32Array[], shapes: readonly Shape[]): Promise<Float32Array> => {
    const feeds = Object.fromEntries(
      loaded.inputNames.map((name, i) => [name, new ort.Tensor("float32", inputs[i], [...shapes[i]])]),
    );
    const result = await loaded.run(feeds);
    return result[loaded.outputNames[0]].data as Float32Array;
  };
}

/**
 * A session that gives every output, by position, for inputs of any element type in model order.
 * @param optimization disabled: operators between QDQ pairs are computed as they stand, in float32
 */
export async function typedSession(model: Uint8Array, optimization: Optimization = "all") {
  const loaded = await load(model, optimization);
  return async (inputs: readonly Omit<Tensor, "name">[]): Promise<TypedArray[]> => {
    const feeds = Object.fromEntries(
      loaded.inputNames.map((name, i) => {
        const { type, data, shape } = inputs[i];
        return [name, new ort.Tensor(type as "float32", data as Float32Array, [...shape])];
      }),
    );
    const result = await loaded.run(feeds);
    return loaded.outputNames.map((name) => result[name].data as TypedArray);
  };
}

/** Values between -1 and 1 with a few extremes, from a seed. */
export function randomValues(count: number, seed: number, scale = 1): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (((state >>> 8) / 2 ** 23 - 1) * scale) as number;
  });
}

export const constant = (shape: Shape, seed: number, scale = 1): Omit<Tensor, "name"> => ({
  type: "float32",
  shape,
  data: randomValues(elementCount(shape), seed, scale) as TypedArray,
});

/** A computed input that is fed these values. */
export const feed = (tensor: Omit<Tensor, "name">): Feed => ({ ...tensor, feed: true });

/** A constant or fed tensor of plain numbers. */
export const tensor = (type: ElementType, shape: Shape, values: ArrayLike<number>): Omit<Tensor, "name"> => ({
  type,
  shape,
  data: fromNumbers(type, values),
});

export const integers = (...values: number[]): Omit<Tensor, "name"> => ({
  type: "int64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

export const floats = (...values: number[]): Omit<Tensor, "name"> => ({
  type: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});
