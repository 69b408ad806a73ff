import { UserError } from "../errors.js";
import type { Graph, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, fromNumbers } from "../graph/ir.js";
import { quoted } from "../quoted.js";

/** In the element type of the input, or plain numbers. */
export type ConstantValues = TypedArray | readonly number[];

/**
 * The graph with some of its inputs as constants: an input that decides shapes (axes, sizes, counts) has to be known
 * when the firmware is generated, and is no input of the firmware then.
 * @param constants values by input name, in the element type and of the shape of the input
 * @throws UserError E_USAGE for a name that is no input, or values that do not fit it.
 */
export function bindConstants(graph: Graph, constants: ReadonlyMap<string, ConstantValues>): Graph {
  if (constants.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  for (const [name, data] of constants) {
    const input = graph.inputs.includes(name) ? tensors.get(name) : undefined;
    if (!input) {
      const known = graph.inputs.map(quoted).join(", ");
      throw new UserError(
        "E_USAGE",
        `--constant: the model has no input ${quoted(name)}; its inputs: ${known || "none"}`,
      );
    }
    if (data.length !== elementCount(input.shape)) {
      throw new UserError(
        "E_USAGE",
        `--constant ${name}: ${data.length} values for shape [${input.shape}]; give ${elementCount(input.shape)}`,
        name,
      );
    }
    const values = Array.isArray(data) ? fromNumbers(input.type, data as number[]) : (data as TypedArray);
    tensors.set(name, { ...input, data: values } satisfies Tensor);
  }
  return { ...graph, inputs: graph.inputs.filter((name) => !constants.has(name)), tensors };
}
