import { intAttribute } from "../graph/attributes.js";
import { checkElementCount } from "../graph/builder.js";
import { elementCount } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { refuseShape, rewriter } from "./rewrite.js";

/** Position of pixel `i` of `size` in [-1, 1]: pixel centres, or the first and last pixel on the borders. */
function coordinate(i: number, size: number, alignCorners: boolean): number {
  if (!alignCorners) return (2 * i + 1) / size - 1;
  return size === 1 ? 0 : (2 * i) / (size - 1) - 1;
}

/** ONNX AffineGrid-20: positions (x, y, 1) or (x, y, z, 1), which are constant, times the transposed theta. */
export const AffineGrid: Operator = {
  name: "AffineGrid",
  inputs: [2, 2],
  notes: "constant size",
  normalise(node, build) {
    const write = rewriter(node, build);
    const theta = build.resolve(node.inputs[0]);
    const size = constantInts(node, build, 1, "the size")!;
    const spatial = size.slice(2);
    const rank = spatial.length;
    if (![2, 3].includes(rank) || size.some((s) => !Number.isInteger(s) || s < 1)) {
      refuseShape(node, `size [${size}] is not N, C and two or three sizes`);
    }
    if (theta.type !== "float32" || `${theta.shape}` !== `${[size[0], rank, rank + 1]}`) {
      refuseShape(node, `theta of ${theta.type} values of shape [${theta.shape}] does not fit size [${size}]`);
    }
    const count = elementCount(spatial);
    checkElementCount([count, rank + 1], node.outputs[0]);
    const alignCorners = intAttribute(node, "align_corners", 0) === 1;
    const base = new Float32Array(count * (rank + 1));
    for (let at = 0; at < count; at++) {
      let rest = at;
      for (let axis = rank - 1; axis >= 0; axis--) {
        base[at * (rank + 1) + rank - 1 - axis] = coordinate(rest % spatial[axis], spatial[axis], alignCorners);
        rest = Math.floor(rest / spatial[axis]);
      }
      base[at * (rank + 1) + rank] = 1;
    }
    const positions = write.constant("float32", [count, rank + 1], base);
    const turned = write.transpose(theta.name, [0, 2, 1]);
    const grid = build.add(node, "MatMul", [positions, turned]);
    write.reshape(grid, [size[0], ...spatial, rank], node.outputs[0]);
  },
};
