/**
 * Values that stay float32 in an int8 model: those between the steps of an operator that is rewritten into several
 * (sums of exponentials, variances), which 8 bits would spoil. Their nodes carry the attribute `exact: 1`; the quantiser
 * gives their results no scale, so they and their readers are computed in float32.
 */
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/ir.js";

export const isExact = (node: Node): boolean => node.attributes.exact === 1;

/** The builder for what stands for `origin`: every node that it adds is exact, but for those that give its outputs. */
export function exactly(origin: Node, build: GraphBuilder): GraphBuilder {
  const addNode: GraphBuilder["addNode"] = (node) => {
    const last = node.outputs.some((name) => name !== "" && origin.outputs.includes(name));
    build.addNode(last ? node : { ...node, attributes: { ...node.attributes, exact: 1 } });
  };
  return {
    ...build,
    addNode,
    add(node, operator, inputs, attributes = {}, output = undefined, quantization = undefined) {
      const last = output !== undefined && origin.outputs.includes(output);
      return build.add(node, operator, inputs, last ? attributes : { ...attributes, exact: 1 }, output, quantization);
    },
  };
}
