/** What the weights of a layer are multiplied with: its inputs as vectors, at some positions of some rows. */
import type { Node, Shape } from "../../graph/ir.js";
import { windowOf } from "../../ops/geometry.js";

/** A layer as products of matrices: in each group, outputs = weights x inputs. */
export interface LayerForm {
  readonly groups: number;
  /** Outputs of a group. */
  readonly outputs: number;
  /** Elements of an input vector; the weights of output o of group g begin at (g * outputs + o) * inputs. */
  readonly inputs: number;
  /** Positions of a row where the layer computes. */
  readonly positions: number;
  /** Writes the input vector of a group at a position: zeros in the padding. */
  gather(row: Float32Array, position: number, group: number, into: Float64Array): void;
}

/** The form of a Conv (channels last, two axes) or Gemm; undefined for other nodes. */
export function layerForm(node: Node, input: Shape, weights: Shape, output: Shape): LayerForm | undefined {
  if (node.operator === "Gemm") return gemmForm(input, weights);
  if (node.operator !== "Conv" || node.attributes.channels_last !== 1 || input.length !== 4) return undefined;
  return convForm(node, input, weights, output);
}

function gemmForm([rows, inputs]: Shape, [outputs]: Shape): LayerForm {
  return {
    ...{ groups: 1, outputs, inputs, positions: rows },
    gather(row, position, _group, into) {
      for (let k = 0; k < inputs; k++) into[k] = row[position * inputs + k];
    },
  };
}

function convForm(node: Node, [batch, inH, inW, channels]: Shape, weights: Shape, [, outH, outW]: Shape): LayerForm {
  const [outputs, groupIn, kernelH, kernelW] = weights;
  const groups = node.attributes.group as number;
  const { strides, dilations, pads } = windowOf(node, 2, weights.slice(2));
  const [top, left] = pads;
  return {
    ...{ groups, outputs: outputs / groups, inputs: groupIn * kernelH * kernelW, positions: batch * outH * outW },
    gather(row, position, group, into) {
      const image = Math.floor(position / (outH * outW));
      const y0 = (Math.floor(position / outW) % outH) * strides[0] - top;
      const x0 = (position % outW) * strides[1] - left;
      let k = 0;
      for (let i = 0; i < groupIn; i++) {
        for (let ky = 0; ky < kernelH; ky++) {
          for (let kx = 0; kx < kernelW; kx++) {
            const y = y0 + ky * dilations[0];
            const x = x0 + kx * dilations[1];
            const inside = y >= 0 && y < inH && x >= 0 && x < inW;
            into[k++] = inside ? row[((image * inH + y) * inW + x) * channels + group * groupIn + i] : 0;
          }
        }
      }
    },
  };
}
