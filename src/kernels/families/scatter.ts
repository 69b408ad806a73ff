/** nn_scatter_<operation>_<type>: updates combined with the elements that indices address. */
import { forEachIndexed, INDEXED_FIELDS, type IndexedParams } from "../indexed.js";
import { defineKernel, int32Fields, type Kernel } from "../kernel.js";
import { BINARY_OPERATIONS, type BinaryName, hasBinary, scalarOf } from "./binary.js";
import { ELEMENTS, type Element, parseName } from "./elements.js";
import { type Family, family } from "./family.js";

const OPERATIONS = ["add", "mul", "min", "max", "and", "or"] as const satisfies readonly BinaryName[];

export type ScatterName = (typeof OPERATIONS)[number];

type ScatterParams = IndexedParams & { total: number; block: number };

export const scatterKernelName = (operation: ScatterName, e: Element): string => `nn_scatter_${operation}_${e.suffix}`;

/** bools are combined by `and` and `or`, numbers by the others. */
const has = (operation: ScatterName, e: Element) =>
  (e.kind === "bool") === (operation === "and" || operation === "or") && hasBinary(operation, e);

function make(name: string): Kernel {
  const { operation: key, element: e } = parseName(name, "scatter_")!;
  const operation = BINARY_OPERATIONS[key as ScatterName];
  const apply = scalarOf(operation, e);
  return defineKernel<ScatterParams>({
    name,
    inputs: 3,
    outputs: 1,
    params: [...int32Fields("total block"), ...INDEXED_FIELDS],
    constants: [],
    inPlace: [[0, 0]],
    scratch: () => 0,
    template: {
      name: "scatter",
      view: { name, upper: name.toUpperCase(), type: e.c, meaning: operation.meaning, body: operation.c(e) },
    },
    run(p, { inputs, outputs }) {
      const [data, updates, output] = [inputs[0], inputs[2], outputs[0]] as Float32Array[];
      output.set(data);
      forEachIndexed(p, inputs[1], (at, block) => {
        for (let k = 0; k < p.block; k++) {
          const to = block * p.block + k;
          output[to] = apply(output[to], updates[at * p.block + k]);
        }
      });
    },
  });
}

export const scatterFamily: Family = family(
  "scatter",
  OPERATIONS.flatMap((operation) =>
    ELEMENTS.filter((e) => has(operation, e)).map((e) => scatterKernelName(operation, e)),
  ),
  make,
);
