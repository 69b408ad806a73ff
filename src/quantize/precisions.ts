/**
 * Mixed precision: what each layer computes with, where that is not int8.
 *
 * - int4: weights in [-7, 7], one scale per output channel; two of them fit in a byte of flash. Activations stay int8.
 * - int16: what the layer computes is stored in int16, and what the model is given too where only such layers read it.
 *   Weights stay int8 ("16x8"): twice the RAM of the values, the same flash.
 * - float32: the layer computes in float32. Values between such layers only are not rounded at all.
 */
import { z } from "zod";
import { UserError } from "../errors.js";
import type { Graph, Node } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import { readTable, tableText } from "./table_file.js";

export const PRECISIONS = ["int8", "int4", "int16", "float32"] as const;
export type LayerPrecision = (typeof PRECISIONS)[number];

/** By node name; a node that is not there computes in int8. */
export type Precisions = ReadonlyMap<string, LayerPrecision>;

const TABLE = z.strictObject({
  schemaVersion: z.literal(1),
  precisions: z.record(z.string(), z.enum(PRECISIONS)),
});

/** Operators whose weights may be int4: the firmware has kernels that unpack them. */
const PACKABLE: ReadonlySet<string> = new Set(["Conv", "Gemm"]);

/** Whether int4 saves flash in this layer; depthwise layers have few weights, and kernels of their own. */
export function takesInt4(graph: Graph, { operator, inputs, attributes }: Node): boolean {
  const weights = graph.tensors.get(inputs[1] ?? "");
  if (!PACKABLE.has(operator) || !weights?.data || weights.type !== "float32") return false;
  return operator === "Gemm" || (weights.shape.length === 4 && attributes.group === 1);
}

/** Text of a table: layers by name, in the order of the model. */
export const precisionsText = (precisions: Precisions): string => tableText("precisions", precisions);

/** @throws UserError E_DATA_NOT_FOUND, E_DATA_FORMAT */
export function readPrecisions(path: string): Map<string, LayerPrecision> {
  const table = readTable(path, TABLE, "precisions", "quantize --save-precisions writes one");
  return new Map(Object.entries(table.precisions));
}

/** @throws UserError E_USAGE for a name that is no layer of the model, and for int4 where there are no kernels for it */
export function checkPrecisions(graph: Graph, precisions: Precisions): void {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  for (const [name, precision] of precisions) {
    const node = nodes.get(name);
    if (!node) {
      throw new UserError(
        "E_USAGE",
        `--precisions: ${quoted(name)} is no layer of the model as it is compiled; quantize --layers lists them`,
      );
    }
    if (precision === "int4" && !takesInt4(graph, node)) {
      throw new UserError(
        "E_USAGE",
        `--precisions: ${node.operator} ${quoted(name)} cannot have int4 weights; Conv without groups and Gemm can`,
        name,
      );
    }
  }
}
