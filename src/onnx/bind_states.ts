import { UserError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { quoted } from "../quoted.js";

export interface StatePair {
  readonly input: string;
  readonly output: string;
}

/**
 * The graph with pairs of an input and an output as states: the input takes, at every call, what the output was at the
 * call before, and is 0 at the first.
 * @throws UserError E_USAGE for a name that is no input or output, and one that is in two pairs.
 */
export function bindStates(graph: Graph, states: readonly StatePair[]): Graph {
  if (states.length === 0) return graph;
  const check = (kind: "input" | "output", known: readonly string[]) => {
    const names = states.map((state) => state[kind]);
    names.forEach((name, i) => {
      if (!known.includes(name)) {
        const list = known.map(quoted).join(", ");
        throw new UserError("E_USAGE", `--state: the model has no ${kind} ${quoted(name)}; its ${kind}s: ${list}`);
      }
      if (names.indexOf(name) !== i) {
        throw new UserError("E_USAGE", `--state: ${kind} ${quoted(name)} is in two pairs`, name);
      }
    });
  };
  check("input", graph.inputs);
  check("output", graph.outputs);
  return { ...graph, states };
}
