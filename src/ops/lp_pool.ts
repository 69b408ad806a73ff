/** Pooling by the p-norm: the p-th root of a sum of p-th powers, the sum being a convolution with ones. */
import { floatAttribute } from "../graph/attributes.js";
import { elementCount, type Node } from "../graph/ir.js";
import { exactly } from "./exact.js";
import {
  checkRank,
  coverWindows,
  explicitPads,
  imageShape,
  outputSizes,
  windowAttributes,
  windowOf,
} from "./geometry.js";
import type { Operator } from "./operator.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

/** The exponent, a real number in LpPool-1 and GlobalLpPool-1. */
function exponentOf(node: Node): number {
  const p = floatAttribute(node, "p", 2);
  if (!(p > 0 && Number.isFinite(p))) refuseShape(node, `p is ${p}, not a positive number`);
  return p;
}

/** |x|^p, element by element. */
function powers(x: string, p: number, write: Rewriter): string {
  if (p === 2) return write.onnx("Mul", [x, x]);
  const absolute = write.onnx("Abs", [x]);
  return p === 1 ? absolute : write.onnx("Pow", [absolute, write.scalar(p)]);
}

function root(x: string, p: number, write: Rewriter, output: string): void {
  if (p === 1) write.reshape(x, write.shape(x), output);
  else if (p === 2) write.onnx("Sqrt", [x], {}, output);
  else write.onnx("Pow", [x, write.scalar(1 / p)], {}, output);
}

/** ONNX LpPool-1, -2, -11, -18, -22. */
export const LpPool: Operator = {
  name: "LpPool",
  notes: "1-D to 3-D, any p, dilated, ceil_mode, every padding; float32 in int8 models",
  normalise(node, build) {
    const write = rewriter(node, exactly(node, build));
    const [x] = node.inputs;
    const { batch, channels, spatial } = imageShape(node, write.shape(x));
    checkRank(node, spatial.length);
    const p = exponentOf(node);
    const window = explicitPads(node, windowOf(node, spatial.length), spatial);
    const sizes = outputSizes(node, window, spatial);
    // Every channel is an image of its own, so one window of ones does for all.
    const images = write.reshape(powers(x, p, write), [batch * channels, 1, ...spatial]);
    const shape = [1, 1, ...window.kernel];
    const ones = write.constant("float32", shape, new Array<number>(elementCount(shape)).fill(1));
    const sums = write.onnx("Conv", [images, ones], windowAttributes(coverWindows(node, window, spatial)));
    root(write.reshape(sums, [batch, channels, ...sizes]), p, write, node.outputs[0]);
  },
};

/** ONNX GlobalLpPool-1, -2, -22. */
export const GlobalLpPool: Operator = {
  name: "GlobalLpPool",
  notes: "any p; float32 in int8 models",
  normalise(node, build) {
    const write = rewriter(node, exactly(node, build));
    const { name: x, shape } = build.resolve(node.inputs[0]);
    const { spatial } = imageShape(node, shape);
    const p = exponentOf(node);
    const axes = spatial.map((_, i) => i + 2);
    root(write.onnx("ReduceSum", [powers(x, p, write)], { axes }), p, write, node.outputs[0]);
  },
};
