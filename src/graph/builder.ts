/**
 * Builds a graph node by node with shapes inferred on the way: the tool of the passes that replace nodes by others.
 * The state lives inside one pass; what leaves it is a plain Graph.
 */
import { invariant, UserError } from "../errors.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { operatorOf } from "../ops/index.js";
import type { Operator, TensorType } from "../ops/operator.js";
import { permOf } from "../ops/Transpose.js";
import { transposeConstant } from "../ops/transpose_data.js";
import type { Attributes, ElementType, Graph, Node, Quantization, Tensor, TypedArray } from "./ir.js";
import { elementCount } from "./ir.js";

/** No microcontroller holds a tensor of more elements; checked before anything is allocated. */
export const MAX_ELEMENTS = 2 ** 26;

export interface GraphBuilder {
  readonly opset: number;
  /** The value that now stands for `name` (see alias). */
  resolve(name: string): Tensor;
  /** resolve, or undefined for an omitted optional input. */
  optional(node: Node, index: number): Tensor | undefined;
  /** Adds a node and its inferred outputs under the names it has. */
  addNode(node: Node): void;
  /** Adds a node made while normalising `origin`; gives the name of its one output. */
  add(
    origin: Node,
    operator: string,
    inputs: readonly string[],
    attributes?: Attributes,
    output?: string,
    quantization?: Quantization,
  ): string;
  addConstant(name: string, type: Tensor["type"], shape: readonly number[], data: TypedArray, q?: Quantization): string;
  /** From now on `name` stands for the same value as `target`. */
  alias(name: string, target: string): void;
  /** Replaces the quantisation of a value. */
  annotate(name: string, quantization: Quantization): void;
  /** Changes the element type of a value, with its quantisation. */
  retype(name: string, type: ElementType, quantization: Quantization): void;
  uniqueName(stem: string): string;
  /** The finished graph with the given interface. */
  finish(outputs: readonly string[]): Graph;
}

export function checkElementCount(shape: readonly number[], name: string): void {
  if (elementCount(shape) > MAX_ELEMENTS) {
    throw new UserError(
      "E_SHAPE_TOO_LARGE",
      `value "${name}" of shape [${shape}] has more than ${MAX_ELEMENTS} elements, too many for a microcontroller`,
      name,
    );
  }
}

/** The outputs of a node whose inputs are all constants, or undefined when it has to run. */
function foldConstants(
  node: Node,
  operator: Operator,
  inputs: readonly (Tensor | undefined)[],
  types: readonly TensorType[],
): Omit<Tensor, "name">[] | undefined {
  const given = inputs.filter((tensor) => tensor !== undefined);
  if (!operator.fold || given.length === 0 || given.some((tensor) => !tensor.data)) return undefined;
  const [first] = given;
  if (first.quantization && node.operator === "Transpose") return [transposeConstant(first, permOf(node), first.name)];
  if (first.quantization?.scale.length === 1 && node.operator === "Reshape") return [{ ...first, ...types[0] }];
  const plain = given.map((tensor) =>
    tensor.quantization ? { ...tensor, data: dequantizeConstant(tensor), quantization: undefined } : tensor,
  );
  for (const { shape } of types) checkElementCount(shape, node.outputs[0]);
  return operator.fold(node, plain, types).map((data, i) => ({ ...types[i], data }));
}

/** @param base graph whose inputs and constants the new graph starts with; its names stay taken. */
export function graphBuilder(base: Graph): GraphBuilder {
  const tensors = new Map<string, Tensor>();
  const aliases = new Map<string, string>();
  const taken = new Set<string>(base.tensors.keys());
  for (const node of base.nodes) for (const output of node.outputs) taken.add(output);
  const nodes: Node[] = [];
  const nodeNames = new Set<string>();
  for (const [name, tensor] of base.tensors) {
    if (tensor.data !== undefined || base.inputs.includes(name)) tensors.set(name, tensor);
  }

  function uniqueFrom(used: Set<string>, stem: string): string {
    let name = stem;
    for (let i = 1; used.has(name); i++) name = `${stem}_${i}`;
    used.add(name);
    return name;
  }
  const uniqueName = (stem: string) => uniqueFrom(taken, stem);

  function resolve(name: string): Tensor {
    const tensor = tensors.get(aliases.get(name) ?? name);
    invariant(tensor, `value ${name} is not defined yet`);
    return tensor;
  }

  function addNode(node: Node): void {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : resolve(name)));
    const operator = operatorOf(node);
    invariant(operator.infer, `${node.operator} was not normalised`);
    const types = operator.infer(node, inputs);
    const outputs = node.outputs.slice(0, types.length);
    const folded = foldConstants(node, operator, inputs, types);
    if (folded) {
      folded.forEach((tensor, i) => {
        tensors.set(outputs[i], { ...tensor, name: outputs[i] });
        taken.add(outputs[i]);
        aliases.delete(outputs[i]);
      });
      return;
    }
    nodes.push({
      ...node,
      name: uniqueFrom(nodeNames, node.name),
      inputs: inputs.map((tensor) => tensor?.name ?? ""),
      outputs,
    });
    types.forEach((type, i) => {
      checkElementCount(type.shape, outputs[i]);
      tensors.set(outputs[i], { name: outputs[i], ...type });
      taken.add(outputs[i]);
      aliases.delete(outputs[i]);
    });
  }

  return {
    opset: base.opset,
    resolve,
    optional: (node, index) => (node.inputs[index] ? resolve(node.inputs[index]) : undefined),
    addNode,
    add(origin, operator, inputs, attributes = {}, output, quantization) {
      const name = output ?? uniqueName(`${origin.outputs[0]}_${operator}`);
      addNode({ name: origin.name, operator, domain: "", inputs, outputs: [name], attributes });
      if (quantization) tensors.set(name, { ...tensors.get(name)!, quantization });
      return name;
    },
    addConstant(name, type, shape, data, quantization) {
      invariant(data.length === elementCount(shape), `constant ${name} does not match its shape`);
      taken.add(name);
      tensors.set(name, { name, type, shape, data, ...(quantization && { quantization }) });
      return name;
    },
    alias: (name, target) => aliases.set(name, resolve(target).name),
    annotate(name, quantization) {
      const tensor = resolve(name);
      tensors.set(tensor.name, { ...tensor, quantization });
    },
    retype(name, type, quantization) {
      const tensor = resolve(name);
      tensors.set(tensor.name, { ...tensor, type, quantization });
    },
    uniqueName,
    finish(outputs) {
      return {
        name: base.name,
        opset: base.opset,
        inputs: base.inputs,
        outputs: outputs.map((name) => resolve(name).name),
        nodes,
        tensors,
      };
    },
  };
}
