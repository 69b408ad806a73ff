/** docs/operators.md: every operator with the tests that it passes, written from a conformance run. */
import { OPSETS } from "../onnx/read.js";
import { operators } from "../ops/index.js";
import type { ConformanceResult } from "./run.js";

/** Share of the tests in scope that pass, 0..1. */
export function passedShare({ passed, failed, unsupported }: ConformanceResult): number {
  const inScope = passed.length + failed.length + unsupported.filter(({ outOfScope }) => !outOfScope).length;
  return passed.length / Math.max(1, inScope);
}

/** Markdown; the same result gives the same text. */
export function operatorsDocument(result: ConformanceResult): string {
  const { passed, failed, unsupported } = result;
  const out = unsupported.filter(({ outOfScope }) => outOfScope);
  const refused = unsupported.filter(({ outOfScope }) => !outOfScope);
  const percent = (100 * passedShare(result)).toFixed(1);
  const passes = new Set(passed);
  const counts = new Map<string, { passed: number; others: number }>();
  for (const [test, names] of Object.entries(result.operators)) {
    for (const name of names) {
      const count = counts.get(name) ?? { passed: 0, others: 0 };
      if (passes.has(test)) count.passed++;
      else count.others++;
      counts.set(name, count);
    }
  }
  const rows = [...operators.values()].map(({ name, notes = "", lowerInt8, normalise, lowerPlain }) => {
    const { passed: yes = 0, others = 0 } = counts.get(name) ?? {};
    const form = lowerInt8 ? "own" : lowerPlain ? "float32" : normalise ? "rewritten" : "";
    return `| ${name} | ${yes}${others > 0 ? ` of ${yes + others}` : ""} | ${form} | ${notes} |`;
  });
  const list = (verdicts: readonly { test: string; why: string }[]) =>
    verdicts.map(({ test, why }) => `- \`${test}\`: ${why.replaceAll("|", "\\|")}`);
  return [
    "# Operators",
    "",
    `ai.onnx, operator set versions ${OPSETS.min} to ${OPSETS.max}. Written by \`npm run conformance -- --tests <folder> --docs\` from a run of`,
    "ONNX's own backend tests: each model is compiled to C, compiled by gcc with all warnings as errors and the",
    "undefined-behaviour sanitiser, run, and compared with the expected outputs (rtol 1e-3, atol 1e-7) and, byte for byte,",
    "with the host reference.",
    "",
    "| tests | |",
    "|---|---|",
    `| passed | ${passed.length} |`,
    `| failed | ${failed.length} |`,
    `| refused | ${refused.length} |`,
    `| out of scope: sequences, optionals, strings, random numbers, training, image codecs | ${out.length} |`,
    `| passed of those in scope | ${percent} % |`,
    "",
    `Inputs that decide shapes were bound as constants (\`--constant\`) in ${Object.keys(result.bound).length} tests.`,
    "",
    "int8: *own* has an int8 kernel or table; *rewritten* becomes other operators; *float32* runs in float32 within an int8 model,",
    "with the conversions put in and reported. Integer values stay what they are in every model.",
    "",
    "| operator | tests passed | int8 | notes |",
    "|---|---|---|---|",
    ...rows,
    "",
    "## Refused",
    "",
    ...(refused.length > 0 ? list(refused) : ["None."]),
    "",
    ...(failed.length > 0 ? ["## Failed", "", ...list(failed), ""] : []),
  ].join("\n");
}
