/**
 * What the compiler knows about one ONNX operator: one record in one file of this folder, listed in index.ts.
 *
 * Operators come in two kinds. Canonical ones (Conv, Gemm, Clip, Reshape ...) have `infer` and lowerings; their
 * settings are attributes, never inputs. The others are rewritten into canonical ones by `normalise`, once, right after
 * reading. A canonical operator may have `normalise` too, for the forms of other opsets.
 */
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, ElementType, Node, Shape, Tensor, TypedArray } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";

export interface TensorType {
  readonly type: ElementType;
  readonly shape: Shape;
}

/**
 * How an operator's int8 scales are chosen when a float model is quantised.
 * - "free": the output takes the range that calibration saw.
 * - "shared": inputs and output are one group with one scale (data movement).
 * - a range: the output is bounded by the function itself.
 */
export type QuantizeRule = "free" | "shared" | { readonly scale: number; readonly zeroPoint: number };

export interface Operator {
  readonly name: string;
  /** Absent for ai.onnx. */
  readonly domain?: string;
  /** One line for `supported-ops` and the docs: what is covered, what is not. */
  readonly notes?: string;
  /** Fewest and most inputs in ONNX; the fewest must be given. Default: exactly one. */
  readonly inputs?: readonly [min: number, max: number];
  /** Output types of the canonical form. Throws E_SHAPE for contradictions. */
  infer?(node: Node, inputs: readonly (Tensor | undefined)[]): TensorType[];
  /** Values of the outputs when every input is a constant without quantisation. Default: lowerPlain on the host. */
  fold?(node: Node, inputs: readonly Tensor[], outputs: readonly TensorType[]): TypedArray[];
  /** Rewrites the node into canonical ones: adds nodes that define, or aliases, every used output. */
  normalise?(node: Node, build: GraphBuilder): void;
  /** Which outputs beyond the first are understood; others are refused when used. Default 1. */
  readonly outputs?: number;
  readonly quantize?: QuantizeRule;
  /** Values of a node that share one scale: a state that goes in and comes out. */
  ties?(node: Node): readonly string[];
  /** Constant inputs keep their real values in an int8 model: the int8 form makes tables of its own of them. */
  readonly realConstants?: true;
  /**
   * Attributes of the same node when its full-rank inputs and output are permuted: the node saw Transpose(x, perm)
   * and now sees x. Absent, or giving undefined: Transpose cannot move through the node.
   */
  permute?(node: Node, perm: readonly number[]): Attributes | undefined;
  /** One input, one output, each element by itself: Reshape moves through it. */
  readonly elementwiseUnary?: boolean;
  /** Several inputs with broadcasting, each element by itself. */
  readonly pointwise?: boolean;
  /** The fused clamp (fused_min, fused_max) is understood. */
  readonly fusesClamp?: boolean;
  /** int8 steps; gives false when this node has no int8 form, and the plain form is used. */
  lowerInt8?(node: Node, lowering: Lowering): boolean;
  /** Steps on values in their own element types. */
  lowerPlain?(node: Node, lowering: Lowering): void;
}
