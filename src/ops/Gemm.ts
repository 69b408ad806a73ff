import { UserError } from "../errors.js";
import { floatAttribute, intAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { dequantizeConstant, type Lowering } from "../lower/lowering.js";
import { lowerWeighted, requantizeAttribute } from "./channels.js";
import { clampFloat } from "./clamp.js";
import type { Operator } from "./operator.js";
import { rewriter } from "./rewrite.js";
import { transposeConstant } from "./transpose_data.js";

function geometry(node: Node, lowering: Lowering) {
  const weights = lowering.tensor(node.inputs[1]);
  const [features, inFeatures] = weights.shape;
  const rows = lowering.tensor(node.inputs[0]).shape[0];
  return {
    weights,
    bias: node.inputs[2] ? lowering.tensor(node.inputs[2]) : undefined,
    macs: rows * inFeatures * features,
    params: { rows, in_features: inFeatures, out_features: features },
    layout: {
      channels: features,
      perChannel: inFeatures,
      index: (channel: number, i: number) => channel * inFeatures + i,
    },
  };
}

/** Multiplies a constant by a factor: in its scales where it is stored quantised. */
function scaled(build: GraphBuilder, tensor: Tensor, factor: number): Tensor {
  if (factor === 1) return tensor;
  const name = build.uniqueName(`${tensor.name}_scaled`);
  const q = tensor.quantization;
  const result: Tensor =
    q && factor > 0
      ? { ...tensor, name, quantization: { ...q, scale: q.scale.map((s) => Math.fround(s * factor)) } }
      : {
          name,
          type: "float32",
          shape: tensor.shape,
          data: dequantizeConstant(tensor).map((v) => Math.fround(v * factor)),
        };
  build.addConstant(name, result.type, result.shape, result.data!, result.quantization);
  return result;
}

/** x * factor. Throws E_OPERATOR_UNSUPPORTED for integers and a factor that is none. */
function times(node: Node, build: GraphBuilder, x: string, factor: number, output?: string): string {
  if (factor === 1 && output === undefined) return x;
  const { type } = build.resolve(x);
  if (type !== "float32" && !Number.isInteger(factor)) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `Gemm node "${node.name}" multiplies ${type} values by ${factor}; cast them to float32 before it`,
      node.name,
    );
  }
  return build.add(node, "Mul", [x, rewriter(node, build).constant(type, [], [factor])], {}, output);
}

/**
 * ONNX Gemm-1 to -13. Canonical form: x (rows, K), constant weights (M, K), optional constant bias (M);
 * Y = x * weights^T + bias.
 */
export const Gemm: Operator = {
  name: "Gemm",
  inputs: [2, 3],
  notes: "constant or computed B and C, reals and integers; alpha, beta, transA and transB",
  quantize: "free",
  fusesClamp: true,

  infer(node, [x, weights, bias]) {
    const fits =
      x!.shape.length === 2 &&
      weights!.shape.length === 2 &&
      x!.shape[1] === weights!.shape[1] &&
      (!bias || elementCount(bias.shape) === weights!.shape[0]);
    if (!fits) {
      throw new UserError(
        "E_SHAPE",
        `Gemm node "${node.name}": input [${x!.shape}], weights [${weights!.shape}] and bias [${bias?.shape ?? "none"}] do not fit`,
        node.name,
      );
    }
    return [{ type: x!.type, shape: [x!.shape[0], weights!.shape[0]] }];
  },

  normalise(node, build) {
    const transA = intAttribute(node, "transA", 0) !== 0;
    const transB = intAttribute(node, "transB", 0) !== 0;
    const alpha = floatAttribute(node, "alpha", 1);
    const beta = floatAttribute(node, "beta", 1);
    let a = node.inputs[0];
    const b = build.resolve(node.inputs[1]);
    const c = build.optional(node, 2);
    if (build.resolve(a).shape.length !== 2 || b.shape.length !== 2) {
      throw new UserError("E_SHAPE", `Gemm node "${node.name}": A and B must be matrices`, node.name);
    }
    if (c && c.type !== b.type) {
      throw new UserError("E_TYPE", `Gemm node "${node.name}": B holds ${b.type} values, C ${c.type}`, node.name);
    }
    if (transA) a = build.add(node, "Transpose", [a], { perm: [1, 0] }, undefined, build.resolve(a).quantization);
    if (!b.data || b.type !== "float32") {
      const right = transB
        ? build.add(node, "Transpose", [b.name], { perm: [1, 0] }, undefined, b.quantization)
        : b.name;
      const plain = alpha === 1 && !c;
      const product = build.add(node, "MatMul", [a, right], {}, plain ? node.outputs[0] : undefined);
      if (plain) return;
      const sum = times(node, build, product, alpha, c ? undefined : node.outputs[0]);
      if (c) build.add(node, "Add", [sum, times(node, build, c.name, beta)], {}, node.outputs[0]);
      return;
    }
    const weights = scaled(build, b, alpha);
    const inputs = [a, rowsAreOutputs(build, weights, transB)];
    const m = build.resolve(inputs[1]).shape[0];
    const isBias = c?.data && beta === 1 && elementCount(c.shape) === m && (c.shape.at(-1) === m || m === 1);
    if (c && !isBias) {
      const product = build.add(node, "Gemm", inputs);
      const addend = c.data ? scaled(build, c, beta).name : times(node, build, c.name, beta);
      build.add(node, "Add", [product, addend], {}, node.outputs[0]);
      return;
    }
    build.add(node, "Gemm", c ? [...inputs, c.name] : inputs, requantizeAttribute(node), node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const layer = geometry(node, lowering);
    return lowerWeighted(node, lowering, { ...layer, operation: "fully_connected", pack: (weights) => weights });
  },

  lowerPlain(node, lowering) {
    const { weights, bias, params, macs } = geometry(node, lowering);
    lowering.step(
      node,
      "nn_fully_connected_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...params, ...clampFloat(node) },
      {
        weights: lowering.floatConstant(weights.name),
        bias: bias ? lowering.floatConstant(bias.name) : new Float32Array(params.out_features),
      },
      macs,
    );
  },
};

/** Name of the constant weights as (M, K). */
export function rowsAreOutputs(build: GraphBuilder, weights: Tensor, already: boolean): string {
  if (already) return weights.name;
  const t = transposeConstant(weights, [1, 0], build.uniqueName(`${weights.name}_t`));
  return build.addConstant(t.name, t.type, t.shape, t.data!, t.quantization);
}
