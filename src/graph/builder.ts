/**
 * Builds a graph node by node with shapes inferred on the way: the tool of the passes that replace nodes by others.
 * The state lives inside one pass; what leaves it is a plain Graph.
 */

import { invariant, UserError } from "../errors.js";
import { foldNode } from "../host/fold.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { operatorOf } from "../ops/index.js";
import type { Operator, TensorType } from "../ops/operator.js";
import { permOf } from "../ops/Transpose.js";
import { transposeConstant } from "../ops/transpose_data.js";
import { quoted } from "../quoted.js";
import type { Attributes, Graph, Node, Quantization, Tensor, TypedArray } from "./ir.js";
import { elementCount, newArray } from "./ir.js";
import { unusedName } from "./names.js";

/** No microcontroller holds a tensor of more elements; checked before anything is allocated. */
export const MAX_ELEMENTS = 2 ** 26;
/** Elements of one constant that is computed here, beyond what the model holds itself: a few bytes can ask for any number. */
export const MAX_CONSTANT_ELEMENTS = 2 ** 22;
/** Of all of them: this, and so many for each element of the model's own constants. */
const CONSTANT_BUDGET = { elements: 2 ** 23, perElement: 8 } as const;
/** Multiply-accumulates and elements written while constants are computed; a large model's own take far less. */
const MAX_FOLDING_WORK = 2 ** 28;

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
  /**
   * Adds a node whose inferred last output, int32 [], says how many indices of output i count along axes[i]; undefined:
   * all do. Where the node is folded, its outputs are constants of just that length.
   */
  addCounted(node: Node, axes: readonly (number | undefined)[]): void;
  /** The value that says how many indices of `name` count along an axis, or undefined where all do. */
  counted(name: string): { readonly count: string; readonly axis: number } | undefined;
  addConstant(name: string, type: Tensor["type"], shape: readonly number[], data: TypedArray, q?: Quantization): string;
  /** From now on `name` stands for the same value as `target`. */
  alias(name: string, target: string): void;
  /** Replaces the quantisation of a value. */
  annotate(name: string, quantization: Quantization): void;
  uniqueName(stem: string): string;
  /** The finished graph with the given interface. */
  finish(outputs: readonly string[]): Graph;
}

/**
 * For what is about to be allocated. Throws E_SHAPE for sizes that are none, E_SHAPE_TOO_LARGE.
 * @param most elements; default: of a constant
 */
export function checkElementCount(shape: readonly number[], name: string, most = MAX_CONSTANT_ELEMENTS): void {
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new UserError("E_SHAPE", `value ${quoted(name)} cannot have shape [${shape}]; re-export the model`, name);
  }
  if (elementCount(shape) <= most && shape.every((size) => size < 2 ** 31)) return;
  const what = most === MAX_ELEMENTS ? "value" : "computed constant";
  throw new UserError(
    "E_SHAPE_TOO_LARGE",
    `${what} ${quoted(name)} of shape [${shape}] has more than ${most} elements, too many for a microcontroller`,
    name,
  );
}

/** The outputs of a node whose inputs are all constants, or undefined when it has to run. */
function foldConstants(
  node: Node,
  operator: Operator,
  inputs: readonly (Tensor | undefined)[],
  types: readonly TensorType[],
  work: (amount: number) => void,
): Omit<Tensor, "name">[] | undefined {
  const given = inputs.filter((tensor) => tensor !== undefined);
  if (given.some((tensor) => !tensor.data)) return undefined;
  const [first] = given;
  if (!first) return undefined;
  if (first.quantization && node.operator === "Transpose") return [transposeConstant(first, permOf(node), first.name)];
  if (first.quantization?.scale.length === 1 && node.operator === "Reshape") return [{ ...first, ...types[0] }];
  const plain = inputs.map((tensor) =>
    tensor?.quantization ? { ...tensor, data: dequantizeConstant(tensor), quantization: undefined } : tensor,
  );
  // A constant as large as one that the model holds (its transpose, its values as reals) is never too large.
  const most = given.reduce((sum, tensor) => sum + elementCount(tensor.shape), MAX_CONSTANT_ELEMENTS);
  for (const { shape } of types) checkElementCount(shape, node.outputs[0], most);
  const values = operator.fold
    ? operator.fold(
        node,
        plain.filter((tensor) => tensor !== undefined),
        types,
      )
    : foldNode(node, plain, types, work);
  return values.map((data, i) => ({ ...types[i], data }));
}

/** @param base graph whose inputs and constants the new graph starts with; its names stay taken. */
export function graphBuilder(base: Graph): GraphBuilder {
  const tensors = new Map<string, Tensor>();
  const aliases = new Map<string, string>();
  const taken = new Set<string>(base.tensors.keys());
  for (const node of base.nodes) for (const output of node.outputs) taken.add(output);
  const counts = new Map<string, { readonly count: string; readonly axis: number }>();
  const nodes: Node[] = [];
  const nodeNames = new Set<string>();
  for (const [name, tensor] of base.tensors) {
    if (tensor.data !== undefined || base.inputs.includes(name)) tensors.set(name, tensor);
  }

  const own = [...base.tensors.values()].reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  let room = CONSTANT_BUDGET.elements + CONSTANT_BUDGET.perElement * own;
  let workLeft = MAX_FOLDING_WORK + CONSTANT_BUDGET.perElement * own;
  const tooMuch = (name: string, what: string) =>
    new UserError(
      "E_SHAPE_TOO_LARGE",
      `the constants computed up to ${quoted(name)} take too ${what}; let the exporter fold constants`,
      name,
    );
  function spend(elements: number, name: string): void {
    room -= elements;
    if (room < 0) throw tooMuch(name, "much memory");
  }
  function work(amount: number, name: string): void {
    workLeft -= amount;
    if (workLeft < 0) throw tooMuch(name, "long");
  }

  function uniqueFrom(used: Set<string>, stem: string): string {
    const name = unusedName(stem, (taken) => used.has(taken));
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
    const outputs = types.map((_, i) => node.outputs[i] || uniqueName(`${node.name}_output_${i}`));
    const folded = foldConstants(node, operator, inputs, types, (amount) => work(amount, node.name));
    if (folded) {
      folded.forEach((tensor, i) => {
        spend(elementCount(tensor.shape), outputs[i]);
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
      checkElementCount(type.shape, outputs[i], MAX_ELEMENTS);
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
    addCounted(node, axes) {
      const outputs = axes.map((_, i) => node.outputs[i] || uniqueName(`${node.name}_output_${i}`));
      const types = operatorOf(node).infer!(
        node,
        node.inputs.map((name) => (name === "" ? undefined : resolve(name))),
      );
      if (types.every(({ shape }, i) => i === outputs.length || elementCount(shape) === 0)) {
        // Nothing to compute, and no length but 0.
        types.slice(0, outputs.length).forEach(({ type, shape }, i) => {
          tensors.set(outputs[i], { name: outputs[i], type, shape, data: newArray(type, 0) });
          taken.add(outputs[i]);
          aliases.delete(outputs[i]);
        });
        return;
      }
      const count = uniqueName(`${node.name}_count`);
      addNode({ ...node, outputs: [...outputs, count] });
      const known = tensors.get(count)!.data;
      axes.forEach((axis, i) => {
        if (axis === undefined) return;
        if (!known) {
          counts.set(outputs[i], { count, axis });
          return;
        }
        const tensor = tensors.get(outputs[i])!;
        const shape = tensor.shape.with(axis, Number(known[0]));
        tensors.set(outputs[i], { ...tensor, shape, data: tensor.data!.slice(0, elementCount(shape)) as TypedArray });
      });
    },
    counted: (name) => counts.get(resolve(name).name),
    addConstant(name, type, shape, data, quantization) {
      invariant(data.length === elementCount(shape), `constant ${name} does not match its shape`);
      spend(data.length, name);
      taken.add(name);
      tensors.set(name, { name, type, shape, data, ...(quantization && { quantization }) });
      return name;
    },
    alias: (name, target) => aliases.set(name, resolve(target).name),
    annotate(name, quantization) {
      const tensor = resolve(name);
      tensors.set(tensor.name, { ...tensor, quantization });
    },
    uniqueName,
    finish(outputs) {
      return {
        name: base.name,
        opset: base.opset,
        inputs: base.inputs,
        outputs: outputs.map((name) => resolve(name).name),
        ...(base.states && { states: base.states }),
        nodes,
        tensors,
      };
    },
  };
}
