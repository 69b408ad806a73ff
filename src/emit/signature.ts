/** The signature of a firmware: what must be equal for host and device to compute the same. */
import { createHash } from "node:crypto";
import type { Program, Step } from "../graph/program.js";
import { NUMERICS_VERSION } from "../numerics/requantize.js";
import type { Plan } from "../plan/plan.js";

/** JSON with infinities kept apart. */
const exact = (value: unknown) => JSON.stringify(value, (_key, v) => (typeof v === "number" ? String(v) : v));

/** Without modelled cycles, which change nothing that the firmware does. */
const uncosted = ({ cycles: _, ...rest }: { readonly cycles?: number }): object => rest;

function unnamed({ node: _node, operator: _operator, ortAgreement: _agreement, ...step }: Step): object {
  const { cascade, implementation, ...rest } = step;
  const call = { ...rest, ...(implementation && { implementation: uncosted(implementation) }) };
  if (!cascade) return call;
  return {
    ...call,
    cascade: { ...uncosted(cascade), stages: cascade.stages.map(({ step: s, ...of }) => [of, unnamed(s)]) },
  };
}

/** 16 hexadecimal digits over steps, parameters, tables, shapes and memory layout; names of the model and reports do not count. */
export function signatureOf(program: Program, plan: Plan): string {
  const hash = createHash("sha256");
  hash.update(
    exact([
      NUMERICS_VERSION,
      program.tensors.map(({ name: _, ...rest }) => rest),
      plan.steps.map((index) => unnamed(program.steps[index])),
      program.inputs,
      program.outputs,
      ...(program.states ? [program.states] : []),
      plan.placements,
      plan.arenaBytes,
      ...(plan.parts ? [plan.parts] : []),
    ]),
  );
  for (const { type, data } of program.constants) {
    hash.update(type);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}
