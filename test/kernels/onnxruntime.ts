/** One ONNX operator in onnxruntime, as an oracle. */
import ort from "onnxruntime-node";
import { type AttributeValue, elementCount, type Tensor } from "../../src/graph/ir.js";
import { writeModel } from "../../src/onnx/write.js";

export interface OracleInput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The first output of `operator` on float32 inputs. */
export async function runOnnx(
  operator: string,
  inputs: readonly OracleInput[],
  attributes: Readonly<Record<string, AttributeValue>>,
): Promise<OracleInput> {
  const names = inputs.map((_, k) => `x${k}`);
  const tensors = inputs.map(({ shape }, k): [string, Tensor] => [
    names[k],
    { name: names[k], type: "float32", shape },
  ]);
  const node = { name: "node", operator, domain: "", inputs: names, outputs: ["y"], attributes };
  const graph = { name: "oracle", opset: 19, inputs: names, outputs: ["y"], nodes: [node], tensors: new Map(tensors) };
  const session = await ort.InferenceSession.create(writeModel(graph, { producer: "test" }), { logSeverityLevel: 3 });
  const feeds = inputs.map(({ shape, data }, k) => [names[k], new ort.Tensor("float32", data, shape)] as const);
  const { y } = await session.run(Object.fromEntries(feeds));
  await session.release();
  if (elementCount(y.dims) !== y.data.length) throw new Error(`onnxruntime gives ${y.dims} for ${operator}`);
  return { shape: y.dims, data: y.data as Float32Array };
}
