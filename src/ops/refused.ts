/** ai.onnx operators, and whole domains, that are not compiled on purpose: the reason and the way out. */
import type { Node } from "../graph/ir.js";

const RANDOM =
  "random numbers differ from run to run; feed them as an input, or leave the node out of the exported model";
const SEQUENCE =
  "sequences and optional values change their size while the model runs, firmware has no heap; use tensors of fixed shape";
const STRING = "there are no strings on the device; map them to integers before the model";

const OPERATORS: Readonly<Record<string, string>> = {
  Bernoulli: RANDOM,
  Multinomial: RANDOM,
  RandomNormal: RANDOM,
  RandomNormalLike: RANDOM,
  RandomUniform: RANDOM,
  RandomUniformLike: RANDOM,
  ConcatFromSequence: SEQUENCE,
  Optional: SEQUENCE,
  SequenceAt: SEQUENCE,
  SequenceConstruct: SEQUENCE,
  SequenceEmpty: SEQUENCE,
  SequenceErase: SEQUENCE,
  SequenceInsert: SEQUENCE,
  SequenceLength: SEQUENCE,
  SequenceMap: SEQUENCE,
  SplitToSequence: SEQUENCE,
  RegexFullMatch: STRING,
  StringConcat: STRING,
  StringNormalizer: STRING,
  StringSplit: STRING,
  ImageDecoder: "image files are not decoded on the device; feed the pixels",
};

const DOMAINS: Readonly<Record<string, string>> = {
  "ai.onnx.ml": "trees, support vector machines and text features are not compiled; export a neural network",
  "ai.onnx.preview.training": "models are trained before they are compiled; export the model for inference",
  "ai.onnx.training": "models are trained before they are compiled; export the model for inference",
};

export const refusedOperators: ReadonlyMap<string, string> = new Map(Object.entries(OPERATORS));

/** Why the node's operator is not compiled, or undefined when nothing is known about it. */
export function refusal({ operator, domain }: Node): string | undefined {
  if (domain === "" || domain === "ai.onnx") return refusedOperators.get(operator);
  return Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : undefined;
}
