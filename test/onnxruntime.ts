/** The float oracle: onnxruntime-node on models built in the test. */
import ort from "onnxruntime-node";
import type { Attributes, Graph, Shape, Tensor, TypedArray } from "../src/graph/ir.js";
import { elementCount } from "../src/graph/ir.js";
import { writeModel } from "../src/onnx/write.js";

export interface OneNode {
  readonly operator: string;
  readonly opset?: number;
  readonly attributes?: Attributes;
  /** Shapes of computed inputs, and constants, in the order of the node's inputs; undefined: omitted. */
  readonly inputs: readonly (Shape | Omit<Tensor, "name"> | undefined)[];
  readonly output: Shape;
}

const isConstant = (input: OneNode["inputs"][number]): input is Omit<Tensor, "name"> =>
  input !== undefined && !Array.isArray(input);

/** An ONNX model of one node: inputs x0, x1 ..., constants c0, c1 ..., output y. */
export function oneNodeModel(node: OneNode): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const names = node.inputs.map((input, i) => {
    if (input === undefined) return "";
    const name = isConstant(input) ? `c${i}` : `x${i}`;
    tensors.set(name, isConstant(input) ? { name, ...input } : { name, type: "float32", shape: input as Shape });
    return name;
  });
  tensors.set("y", { name: "y", type: "float32", shape: node.output });
  const graph: Graph = {
    name: "one",
    opset: node.opset ?? 13,
    inputs: names.filter((name) => name.startsWith("x")),
    outputs: ["y"],
    nodes: [
      {
        name: "node",
        operator: node.operator,
        domain: "",
        inputs: names,
        outputs: ["y"],
        attributes: node.attributes ?? {},
      },
    ],
    tensors,
  };
  return writeModel(graph, { producer: "test" });
}

/** A session that gives the first output for float32 inputs in model order. */
export async function session(model: Uint8Array) {
  const loaded = await ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  return async (inputs: readonly Float32Array[], shapes: readonly Shape[]): Promise<Float32Array> => {
    const feeds = Object.fromEntries(
      loaded.inputNames.map((name, i) => [name, new ort.Tensor("float32", inputs[i], [...shapes[i]])]),
    );
    const result = await loaded.run(feeds);
    return result[loaded.outputNames[0]].data as Float32Array;
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
