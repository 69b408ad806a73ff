/** Small models for tests, as records of the protobuf layer. */
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "../../src/onnx/proto.js";
import { encodeModel } from "../../src/onnx/proto.js";

export const FLOAT = 1;

export function value(name: string, dims: readonly (number | string)[] = [1, 4], elemType = FLOAT): ValueInfoProto {
  const dim = dims.map((d) => (typeof d === "string" ? { dimParam: d } : { dimValue: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function node(opType: string, input: string[], output: string[], rest: Partial<NodeProto> = {}): NodeProto {
  return { opType, input, output, name: output[0], ...rest };
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return { name, dataType: FLOAT, dims: [...dims], rawData: new Uint8Array(Float32Array.from(values).buffer) };
}

/** y = x + w, unless `graph` says otherwise. */
export function modelBytes(graph: Partial<GraphProto> = {}, model: Partial<ModelProto> = {}): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "g",
      node: [node("Add", ["x", "w"], ["y"])],
      input: [value("x")],
      output: [value("y")],
      initializer: [floats("w", [4], [1, 2, 3, 4])],
      ...graph,
    },
    ...model,
  });
}
