/** One node compiled from ONNX and compared with onnxruntime: what a file in cases/ lists. */
import type { TypedArray } from "../../src/graph/ir.js";
import type { OneNode } from "../onnxruntime.js";

export interface NodeCase extends OneNode {
  readonly name: string;
  /** What the outputs are, for an operator or a form that onnxruntime does not have: from an independent computation. */
  readonly expected?: readonly TypedArray[];
  /** Largest difference, relative to the largest expected value of the output; default 1e-5. */
  readonly tolerance?: number;
  /** Scale of the random float32 inputs that are given as shapes. */
  readonly range?: number;
  /**
   * Compiled to int8 too, and compared with the float32 outputs: within `int8` steps of the output's scale. Absent: the
   * node is compiled to int8 and only its bytes are compared with the float form where it has integer outputs.
   */
  readonly int8?: number;
}
