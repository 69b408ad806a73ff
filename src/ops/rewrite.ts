/** Tools for the operators that are rewritten into several others. */
import { UserError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import { type Attributes, type ElementType, fromNumbers, type Node, type Shape } from "../graph/ir.js";
import { operatorOf } from "./index.js";

/** Throws E_SHAPE for a node that contradicts itself or its inputs. */
export function refuseShape(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": ${reason}; re-export the model`, node.name);
}

export interface Rewriter {
  /** Adds an ONNX node in the form that an exporter writes, whose settings may be inputs; gives its first output. */
  onnx(operator: string, inputs: readonly string[], attributes?: Attributes, output?: string): string;
  reshape(x: string, shape: Shape, output?: string): string;
  transpose(x: string, perm: readonly number[], output?: string): string;
  /** A tensor from `start` to before `end` along one axis. */
  slice(x: string, axis: number, start: number, end: number): string;
  shape(x: string): Shape;
  constant(type: ElementType, shape: Shape, values: ArrayLike<number>): string;
  scalar(value: number): string;
}

/** Builds what stands for `node`. Values without elements or without a change of shape cost nothing. */
export function rewriter(node: Node, build: GraphBuilder): Rewriter {
  const shape = (x: string) => build.resolve(x).shape;
  const stem = node.outputs.find((name) => name !== "") ?? node.name;
  const constant = (type: ElementType, dims: Shape, values: ArrayLike<number>) =>
    build.addConstant(build.uniqueName(`${stem}_constant`), type, dims, fromNumbers(type, values));
  const onnx: Rewriter["onnx"] = (operator, inputs, attributes = {}, output = undefined) => {
    const result = output ?? build.uniqueName(`${stem}_${operator}`);
    const made: Node = { name: node.name, operator, domain: "", inputs, outputs: [result], attributes };
    const record = operatorOf(made);
    if (record.normalise) record.normalise(made, build);
    else build.addNode(made);
    return result;
  };
  return {
    onnx,
    shape,
    constant,
    scalar: (value) => constant("float32", [], [value]),
    reshape(x, dims, output) {
      if (output === undefined && `${shape(x)}` === `${dims}`) return x;
      return build.add(node, "Reshape", [x], { shape: dims }, output);
    },
    transpose: (x, perm, output) => build.add(node, "Transpose", [x], { perm }, output),
    slice(x, axis, start, end) {
      const size = shape(x)[axis];
      if (start === 0 && end === size) return x;
      const [first, last, along] = [[start], [end], [axis]].map((values) => constant("int64", [1], values));
      return onnx("Slice", [x, first, last, along]);
    },
  };
}
