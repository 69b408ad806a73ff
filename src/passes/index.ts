/**
 * The passes between reading and quantising, in order. Each is a named function Graph -> Graph in a file of its own;
 * the graph is verified after each, and --trace prints it.
 *
 *   normalise ─▶ fold ─▶ fuse ─▶ channels-last ─▶ transposes cancel ─▶ shared subexpressions
 */

import { UserError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { verifyGraph } from "../graph/verify.js";
import { quoted } from "../quoted.js";
import { absorbQuantization } from "./absorb_quantization.js";
import { affineBeforeReshape } from "./affine_before_reshape.js";
import { alignQuantization } from "./align_quantization.js";
import { channelsLast } from "./channels_last.js";
import { commonSubexpressions } from "./common_subexpressions.js";
import { eliminateTransposes, transposesToReshapes } from "./eliminate_transposes.js";
import { foldAffine } from "./fold_affine.js";
import { foldPad } from "./fold_pad.js";
import { fuseClamp } from "./fuse_clamp.js";
import { fuseNormalization } from "./fuse_normalization.js";
import { type InputLayout, setInputLayout } from "./input_layout.js";
import { keepStates } from "./keep_states.js";
import { lastStep } from "./last_step.js";
import { normalise } from "./normalise.js";
import { removeNoOps } from "./remove_no_ops.js";

export type Pass = readonly [name: string, run: (graph: Graph) => Graph];
export type Trace = (pass: string, graph: Graph) => void;

export interface CanonicalOptions {
  readonly inputLayout?: InputLayout;
  /** Recurrent layers that begin with zero keep their state from call to call. */
  readonly stateful?: boolean;
  readonly trace?: Trace;
}

function passes({ inputLayout, stateful }: CanonicalOptions): Pass[] {
  return [
    ["normalise", normalise],
    ["absorb-quantization", absorbQuantization],
    ["remove-no-ops", removeNoOps],
    ...(stateful ? ([["keep-states", keepStates]] satisfies Pass[]) : []),
    ["last-step", lastStep],
    ["align-quantization", alignQuantization],
    ["fuse-normalization", fuseNormalization],
    ["affine-before-reshape", affineBeforeReshape],
    ["fold-affine", untilStable(foldAffine)],
    ["fold-pad", foldPad],
    ["channels-last", channelsLast],
    ["eliminate-transposes", eliminateTransposes],
    ...(inputLayout
      ? ([
          ["input-layout", (graph) => setInputLayout(graph, inputLayout)],
          ["eliminate-transposes", eliminateTransposes],
        ] satisfies Pass[])
      : []),
    ["transposes-to-reshapes", transposesToReshapes],
    ["fuse-clamp", untilStable(fuseClamp)],
    ["common-subexpressions", commonSubexpressions],
  ];
}

/** Repeats a pass that makes room for itself, until the number of nodes no longer falls. */
function untilStable(run: (graph: Graph) => Graph): (graph: Graph) => Graph {
  return (graph) => {
    let before = graph;
    let after = run(before);
    while (after.nodes.length < before.nodes.length) {
      before = after;
      after = run(before);
    }
    return after;
  };
}

/** From the graph as read to the canonical one: channels last, folded, fused. */
export function canonicalise(graph: Graph, options: CanonicalOptions = {}): Graph {
  let current = graph;
  for (const [name, run] of passes(options)) {
    current = run(current);
    verifyGraph(current);
    options.trace?.(name, current);
  }
  checkConstants(current);
  return current;
}

/** Operators that multiply and add: an infinite constant makes every result infinite or NaN. */
const WEIGHTED: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/**
 * Folding may overflow, or take the root of a negative variance. Infinity is fine as a bound or a mask. Throws
 * E_WEIGHTS_NOT_FINITE.
 */
function checkConstants(graph: Graph): void {
  const weights = new Set(graph.nodes.flatMap((node) => (WEIGHTED.has(node.operator) ? node.inputs : [])));
  for (const { name, data } of graph.tensors.values()) {
    if (!(data instanceof Float32Array)) continue;
    if (data.every((v) => (weights.has(name) ? Number.isFinite(v) : !Number.isNaN(v)))) continue;
    throw new UserError(
      "E_WEIGHTS_NOT_FINITE",
      `constant ${quoted(name)} is NaN or infinite after folding; check the weights and statistics it comes from`,
      name,
    );
  }
}
