/** What audio front ends multiply with, computed at generation time: window functions and mel weights. */
import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import { checkElementCount, type GraphBuilder } from "../graph/builder.js";
import { fromNumbers, type Node, toNumbers } from "../graph/ir.js";
import { elementTypeOf } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { requireConstant } from "./reshape.js";
import { refuseShape } from "./rewrite.js";

function constantNumber(node: Node, build: GraphBuilder, index: number, what: string): number {
  const tensor = requireConstant(node, build.resolve(node.inputs[index]), what);
  const values = toNumbers(tensor.data!);
  if (values.length !== 1 || !Number.isFinite(values[0])) refuseShape(node, `${what} is not one number`);
  return values[0];
}

function constantCount(node: Node, build: GraphBuilder, index: number, what: string): number {
  const value = constantNumber(node, build, index, what);
  if (!Number.isInteger(value) || value < 0) refuseShape(node, `${what} ${value} is no size`);
  return value;
}

function addResult(node: Node, build: GraphBuilder, shape: readonly number[], values: ArrayLike<number>): void {
  const number = intAttribute(node, "output_datatype", 1);
  const type = elementTypeOf(number);
  if (!type || type === "bool") {
    throw new UserError(
      "E_TYPE",
      `${node.operator} node "${node.name}": output_datatype ${number} (TensorProto.DataType) is not supported`,
      node.name,
    );
  }
  build.addConstant(node.outputs[0], type, shape, fromNumbers(type, values));
}

/** a0 - a1 cos(t) + a2 cos(2 t) over one turn t of `size` (periodic) or `size` - 1 steps. */
function window(name: string, [a0, a1, a2]: readonly [number, number, number]): Operator {
  return {
    name,
    notes: "constant size: a table",
    normalise(node, build) {
      const size = constantCount(node, build, 0, "the size");
      checkElementCount([size], node.outputs[0]);
      const steps = intAttribute(node, "periodic", 1) === 0 ? size - 1 : size;
      const values = Float64Array.from({ length: size }, (_, i) => {
        const t = steps === 0 ? 0 : (2 * Math.PI * i) / steps;
        return a0 - a1 * Math.cos(t) + a2 * Math.cos(2 * t);
      });
      addResult(node, build, [size], values);
    },
  };
}

/** ONNX HannWindow-17, HammingWindow-17, BlackmanWindow-17. */
export const HannWindow = window("HannWindow", [0.5, 0.5, 0]);
export const HammingWindow = window("HammingWindow", [25 / 46, 21 / 46, 0]);
export const BlackmanWindow = window("BlackmanWindow", [0.42, 0.5, 0.08]);

/**
 * ONNX MelWeightMatrix-17: triangles over the bins of a one-sided spectrum, equally wide on the mel scale
 * 2595 log10(1 + f / 700). Corners are whole bins, as the specification's reference has them.
 */
export const MelWeightMatrix: Operator = {
  name: "MelWeightMatrix",
  inputs: [5, 5],
  notes: "constant inputs: a table",
  normalise(node, build) {
    const bands = constantCount(node, build, 0, "num_mel_bins");
    const length = constantCount(node, build, 1, "dft_length");
    const rate = constantCount(node, build, 2, "sample_rate");
    const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
    const low = mel(constantNumber(node, build, 3, "lower_edge_hertz"));
    const high = mel(constantNumber(node, build, 4, "upper_edge_hertz"));
    const rows = Math.floor(length / 2) + 1;
    checkElementCount([rows, bands], node.outputs[0]);
    const corner = (i: number) => {
      const hertz = 700 * (10 ** ((low + (i * (high - low)) / (bands + 2)) / 2595) - 1);
      return Math.floor(((length + 1) * hertz) / rate);
    };
    const weights = new Float64Array(rows * bands);
    for (let band = 0; band < bands; band++) {
      const [left, centre, right] = [corner(band), corner(band + 1), corner(band + 2)];
      if (!(left >= 0 && centre < rows && right <= rows)) {
        refuseShape(node, `band ${band} of ${bands} reaches beyond the ${rows} bins of the spectrum`);
      }
      const set = (row: number, value: number) => {
        weights[row * bands + band] = value;
      };
      for (let row = left; row < centre; row++) set(row, (row - left) / (centre - left));
      set(centre, 1);
      for (let row = centre + 1; row < right; row++) set(row, (right - row) / (right - centre));
    }
    addResult(node, build, [rows, bands], weights);
  },
};
