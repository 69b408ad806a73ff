/**
 * Mixed precision by need: how much each layer matters, and the cheapest precisions that keep a budget.
 *
 * 1. Two quantised models are made, all int8 and as much int4 as there is; a mixed one takes the rounded weights of each
 *    layer from either, which costs no time. (The one that is chosen is rounded anew, with all its corrections.)
 * 2. Sensitivity: each layer alone in int4, in int16 and in float32, as the noise that it adds to the output.
 * 3. Search: layers in the order of noise per saving; the most of them, by bisection, that keep the budget, and then
 *    every further one that does. Where int8 alone is over the budget, layers become int16, and then float32, in the order
 *    of what that gains per cost, as many as it takes, and then without each change that can be spared.
 */
import { elementCount, type Graph, type Node, type Tensor } from "../graph/ir.js";
import { floatOutputs, int8Outputs } from "./first_output.js";
import { type LayerPrecision, type Precisions, takesInt4 } from "./precisions.js";
import { type Judged, outputsOf, QUALITIES, type Quality } from "./quality.js";
import { type Quantised, type Ranged, roundQuantised } from "./quantise.js";
import { quantizeGraph } from "./quantize.js";

/** What a search saves. */
export const COSTS = ["flash", "cycles", "ram"] as const;
export type CostKind = (typeof COSTS)[number];

/** What one layer does to the first output when it alone is not int8. */
export interface Sensitivity {
  readonly node: string;
  readonly operator: string;
  readonly weightBytes: number;
  /** dB of the output with int8 weights everywhere but here; null where the layer cannot have them. */
  readonly int4: number | null;
  /** dB of the output with what this layer computes in int16. */
  readonly int16: number;
  /** dB of the output with this layer in float32. */
  readonly float32: number;
}

/** A mixed model that was judged. */
export interface Trial {
  readonly precisions: Precisions;
  /** See costOf. */
  readonly cost: number;
  readonly weightBytes: number;
  /** By the quality that the search goes by. */
  readonly value: number;
}

export interface Found {
  readonly quantised: Quantised;
  readonly chosen: Trial;
  /** Value that losses are counted from. */
  readonly reference: number;
  /** Whether the chosen model keeps the budget. */
  readonly keeps: boolean;
  readonly sensitivities: readonly Sensitivity[];
  /** Everything that was judged, the cheapest first. */
  readonly trials: readonly Trial[];
}

/** Values by a key of the precisions: what makes a search resumable. */
export type Known = Map<string, number>;

export interface SearchOptions {
  readonly quality: Quality;
  readonly judged: Judged;
  /** Most that the value may be below the reference, in the unit of the quality. */
  readonly maxDrop: number;
  readonly cost: CostKind;
  /** Values that are known already; every further one is added. */
  readonly known?: Known;
  readonly onTrial?: () => void;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

const key = (precisions: Precisions) => JSON.stringify([...precisions].toSorted());

/** Layers with weights, in order. */
function layersOf(graph: Graph): Node[] {
  return graph.nodes.filter(({ inputs }) => {
    const weights = graph.tensors.get(inputs[1] ?? "");
    return weights?.data !== undefined && weights.type === "float32" && weights.shape.length > 1;
  });
}

const weightsOf = (graph: Graph, { inputs }: Node): Tensor => graph.tensors.get(inputs[1])!;

const BITS: Readonly<Record<LayerPrecision, number>> = { int4: 4, int8: 8, int16: 8, float32: 32 };

const weightBytesOf = (graph: Graph, node: Node, precision: LayerPrecision) =>
  (elementCount(weightsOf(graph, node).shape) * BITS[precision]) / 8;

/** Cycles per product by those in int8, about: in float32 5 and more with a floating-point unit. */
const CYCLES: Readonly<Record<LayerPrecision, number>> = { int4: 1.2, int8: 1, int16: 2, float32: 8 };

/** Cost of a layer: bytes of its weights, relative cycles of its products, or bytes of its input and output. */
function costOf(graph: Graph, node: Node, precision: LayerPrecision, kind: CostKind): number {
  const elements = (name: string) => elementCount(graph.tensors.get(name)!.shape);
  if (kind === "flash") return weightBytesOf(graph, node, precision);
  if (kind === "ram") {
    const [input, output] = [elements(node.inputs[0]), elements(node.outputs[0])];
    return precision === "float32" ? 4 * (input + output) : input + output * (precision === "int16" ? 2 : 1);
  }
  const weights = weightsOf(graph, node).shape;
  return (CYCLES[precision] * elements(node.outputs[0]) * elementCount(weights)) / weights[0];
}

const sum = (graph: Graph, precisions: Precisions, of: (node: Node, precision: LayerPrecision) => number) =>
  layersOf(graph).reduce((total, node) => total + of(node, precisions.get(node.name) ?? "int8"), 0);

/** The quantised model with the given precisions, its weights and biases taken from rounded ones. */
function mixed(ranged: Ranged, banks: Readonly<Partial<Record<LayerPrecision, Graph>>>, precisions: Precisions): Graph {
  const { float, ranges, options } = ranged;
  const graph = quantizeGraph(float, ranges, { ...options.scheme, precisions });
  const tensors = new Map(graph.tensors);
  for (const node of graph.nodes) {
    const precision = precisions.get(node.name) ?? "int8";
    const bank = banks[precision === "int16" ? "int8" : precision];
    const rounded = bank?.nodes.find(({ name }) => name === node.name);
    if (!bank || !rounded) continue;
    const from = bank.tensors.get(rounded.inputs[0])?.quantization?.scale[0];
    const to = graph.tensors.get(node.inputs[0])?.quantization?.scale[0];
    node.inputs.forEach((name, i) => {
      const own = tensors.get(name);
      const better = i > 0 ? bank.tensors.get(rounded.inputs[i] ?? "") : undefined;
      if (!own?.data || !better?.data || !own.quantization) return;
      tensors.set(name, { ...(from && to && from !== to ? rescaledBias(better, to / from) : better), name });
    });
  }
  return { ...graph, tensors };
}

/** The bias of a layer whose input has another scale, by that ratio; every other constant as it is. */
function rescaledBias(constant: Tensor, ratio: number): Tensor {
  const { data, quantization } = constant;
  if (quantization?.type !== "int32") return constant;
  const limit = 2 ** 31 - 1;
  return {
    ...constant,
    data: Int32Array.from(data as Int32Array, (b) => Math.max(-limit, Math.min(limit, Math.round(b / ratio)))),
    quantization: { ...quantization, scale: quantization.scale.map((scale) => Math.fround(scale * ratio)) },
  };
}

const noise = (db: number) => 10 ** (-db / 10);

interface Bench {
  readonly ranged: Ranged;
  readonly layers: readonly Node[];
  readonly banks: Readonly<Partial<Record<LayerPrecision, Graph>>>;
  readonly base: Quantised;
  /** Rounded with all corrections. */
  rounded(precisions: Precisions): Quantised;
}

function benchOf(ranged: Ranged): Bench {
  const layers = layersOf(ranged.float);
  const packable = layers.filter((node) => takesInt4(ranged.float, node));
  const known = new Map<string, Quantised>();
  const rounded = (precisions: Precisions): Quantised => {
    const name = key(precisions);
    const found = known.get(name) ?? roundQuantised(ranged, precisions);
    known.set(name, found);
    return { ...found, precisions };
  };
  const base = rounded(new Map());
  const narrow = rounded(new Map(packable.map(({ name }) => [name, "int4"])));
  return { ranged, layers, banks: { int8: base.graph, int4: narrow.graph }, base, rounded };
}

/** Each layer alone in int4, in int16 and in float32, on the rows that corrections look at. */
function sensitivitiesOf(bench: Bench, onProgress?: (done: number, total: number) => void) {
  const { ranged, layers, banks, base } = bench;
  const { inputs } = ranged.samples();
  const float = floatOutputs(ranged.float, inputs);
  const snrOf = (graph: Graph) => QUALITIES.snr.measure(int8Outputs(graph, inputs), float);
  const all = layers.map((node, index): Sensitivity => {
    const alone = (precision: LayerPrecision) => snrOf(mixed(ranged, banks, new Map([[node.name, precision]])));
    const { name, operator } = node;
    const found = {
      ...{ node: name, operator, weightBytes: weightBytesOf(ranged.float, node, "int8") },
      int4: takesInt4(ranged.float, node) ? alone("int4") : null,
      int16: alone("int16"),
      float32: alone("float32"),
    };
    onProgress?.(index + 1, layers.length);
    return found;
  });
  return { all, base: snrOf(base.graph) };
}

/** A layer and what it becomes. */
type Change = readonly [name: string, precision: LayerPrecision];

/** Share of the noise that a layer must take away in int16 to be tried in it. */
const WORTH_INT16 = 0.01;

/** What the noise of a layer is worth: layers that cost the most noise for what they save come last. */
function ordered(
  bench: Bench,
  { all, base }: ReturnType<typeof sensitivitiesOf>,
  precision: "int4" | "int16" | "float32",
  kind: CostKind,
): Change[] {
  const { ranged, layers } = bench;
  return all
    .flatMap((found, index) => {
      const db = found[precision];
      if (db === null) return [];
      const change =
        costOf(ranged.float, layers[index], precision, kind) - costOf(ranged.float, layers[index], "int8", kind);
      const added = noise(db) - noise(base);
      // Saving: noise per byte saved, the least first. Spending: noise taken away per cost, the most first.
      if (precision === "int4") return change < 0 ? [{ name: found.node, score: Math.max(added, 0) / -change }] : [];
      if (precision === "int16" && -added < WORTH_INT16 * noise(base)) return [];
      return [{ name: found.node, score: added / Math.max(change, 1) }];
    })
    .toSorted((a, b) => a.score - b.score)
    .map(({ name }) => [name, precision]);
}

/** @param ranged from chooseQuantisation */
export function searchPrecisions(ranged: Ranged, options: SearchOptions): Found {
  const { quality, judged, maxDrop, cost, known = new Map(), onTrial, onProgress } = options;
  const bench = benchOf(ranged);
  const float = outputsOf(ranged.float, "float32", judged);
  const trials = new Map<string, Trial>();
  const trialOf = (precisions: Precisions, value: number): Trial => ({
    precisions,
    cost: sum(ranged.float, precisions, (node, p) => costOf(ranged.float, node, p, cost)),
    weightBytes: sum(ranged.float, precisions, (node, p) => weightBytesOf(ranged.float, node, p)),
    value,
  });
  const judgeGraph = (graph: Graph) => quality.measure(outputsOf(graph, "int8", judged), float, judged.labels);
  const judge = (precisions: Precisions): Trial => {
    const name = key(precisions);
    let value = known.get(name);
    if (value === undefined) {
      value = judgeGraph(mixed(ranged, bench.banks, precisions));
      known.set(name, value);
      onTrial?.();
    }
    const trial = trialOf(precisions, value);
    trials.set(name, trial);
    onProgress?.("trial", trials.size, 0);
    return trial;
  };
  const base = judge(new Map());
  const reference = quality.fromInt8 ? base.value : quality.measure(float, float, judged.labels);
  const keeps = ({ value }: Trial) => reference - value <= maxDrop + 1e-9;
  const sensitivities = sensitivitiesOf(bench, (done, total) => onProgress?.("layer", done, total));
  const saves = keeps(base);
  const kinds = saves ? (["int4"] as const) : (["int16", "float32"] as const);
  const changes = kinds.flatMap((precision) => ordered(bench, sensitivities, precision, cost));
  let { precisions } = saves ? mostThatKeep(changes, judge, keeps) : fewestThatKeep(changes, judge, keeps);
  // Rounded anew, with the layers before as they are now: a search on mixed weights may have been too hopeful.
  const rounded = () => {
    const quantised = bench.rounded(precisions);
    return { quantised, chosen: trialOf(precisions, judgeGraph(quantised.graph)) };
  };
  let { quantised, chosen } = rounded();
  while (!keeps(chosen) && saves && precisions.size > 0) {
    precisions = new Map([...precisions].slice(0, -1));
    ({ quantised, chosen } = rounded());
  }
  trials.set(key(chosen.precisions), chosen);
  return {
    ...{ quantised, chosen, reference, keeps: keeps(chosen), sensitivities: sensitivities.all },
    trials: [...trials.values()].toSorted((a, b) => a.cost - b.cost || b.value - a.value),
  };
}

type Judge = (precisions: Precisions) => Trial;

/** The last of 0..count - 1 that holds, where 0 and all before it do and none behind it does. */
function lastThatHolds(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The longest beginning of the list that keeps the budget, by bisection, and every later layer that does. */
function mostThatKeep(changes: readonly Change[], judge: Judge, keeps: (trial: Trial) => boolean): Trial {
  const first = (count: number) => judge(new Map(changes.slice(0, count)));
  const all = first(changes.length);
  if (keeps(all)) return all;
  const count = lastThatHolds(changes.length, (layers) => keeps(first(layers)));
  let best = first(count);
  for (const change of changes.slice(count + 1)) {
    const trial = judge(new Map([...best.precisions, change]));
    if (keeps(trial)) best = trial;
  }
  return best;
}

/**
 * The shortest beginning of the list that keeps the budget, a later change of a layer in the place of an earlier one, without
 * the layers that it can spare; the whole list where none does.
 */
function fewestThatKeep(changes: readonly Change[], judge: Judge, keeps: (trial: Trial) => boolean): Trial {
  const first = (count: number) => judge(new Map(changes.slice(0, count)));
  const count = 1 + lastThatHolds(changes.length, (layers) => !keeps(first(layers)));
  let best = first(count);
  if (!keeps(best)) return best;
  for (const [name] of best.precisions) {
    const trial = judge(new Map([...best.precisions].filter(([other]) => other !== name)));
    if (keeps(trial)) best = trial;
  }
  return best;
}

/** Trials that no other one beats in both: the cheapest first. */
export function paretoFront(trials: readonly Trial[]): Trial[] {
  const front: Trial[] = [];
  for (const trial of trials) if (trial.value > (front.at(-1)?.value ?? Number.NEGATIVE_INFINITY)) front.push(trial);
  return front;
}

/** How much each layer matters, without a search. */
export function layerSensitivities(
  ranged: Ranged,
  onProgress?: (done: number, total: number) => void,
): { readonly quantised: Quantised; readonly base: number; readonly layers: readonly Sensitivity[] } {
  const bench = benchOf(ranged);
  const { all, base } = sensitivitiesOf(bench, onProgress);
  return { quantised: bench.base, base, layers: all };
}
