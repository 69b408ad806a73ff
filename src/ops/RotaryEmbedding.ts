import { intAttribute } from "../graph/attributes.js";
import type { Shape } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { refuseShape, rewriter } from "./rewrite.js";

/**
 * ONNX RotaryEmbedding-23: pairs of features turned by the angle of their position. Of `rotary_embedding_dim` features
 * (all by default) of each head, pair i is features i and i + half, or interleaved 2 * i and 2 * i + 1.
 */
export const RotaryEmbedding: Operator = {
  name: "RotaryEmbedding",
  inputs: [3, 4],
  notes: "rewritten into Slice, Mul, Add and Concat",
  normalise(node, build) {
    const write = rewriter(node, build);
    const { name, shape, quantization } = build.resolve(node.inputs[0]);
    const positions = build.optional(node, 3);
    const given = intAttribute(node, "num_heads", 0);
    const heads = shape.length === 4 ? shape[1] : given;
    const [batch, sequence] = shape.length === 4 ? [shape[0], shape[2]] : shape;
    const size = shape.length === 4 ? shape[3] : shape[2] / heads;
    if ((shape.length !== 3 && shape.length !== 4) || !(heads > 0) || !Number.isInteger(size)) {
      refuseShape(node, `X of shape [${shape}] is not split into ${given} heads`);
    }
    const turned = intAttribute(node, "rotary_embedding_dim", 0) || size;
    const half = turned / 2;
    if (turned < 0 || turned > size || !Number.isInteger(half)) {
      refuseShape(node, `${turned} features of a head of ${size} cannot be turned in pairs`);
    }
    const interleaved = intAttribute(node, "interleaved", 0) !== 0;
    // Heads stay where they are: [batch, heads, sequence, size] or [batch, sequence, heads, size].
    const dims: Shape = shape.length === 4 ? shape : [batch, sequence, heads, size];
    const along: Shape = shape.length === 4 ? [batch, 1, sequence, half] : [batch, sequence, 1, half];
    const [cos, sin] = [1, 2].map((index) => {
      const cache = build.resolve(node.inputs[index]);
      const rows = positions ? write.onnx("Gather", [cache.name, positions.name], { axis: 0 }) : cache.name;
      const own = write.shape(rows);
      if (own.length !== 3 || own[0] !== batch || own[1] !== sequence || own[2] < half) {
        refuseShape(node, `the cache "${cache.name}" gives [${own}], not [${[batch, sequence, half]}]`);
      }
      // Caches made for whole heads are longer than what is turned.
      return write.reshape(write.slice(rows, 2, 0, half), along);
    });
    const x = build.add(node, "Reshape", [name], { shape: dims }, undefined, quantization);
    const pairs = write.slice(x, 3, 0, turned);
    const split = interleaved ? [half, 2] : [2, half];
    const axis = interleaved ? 4 : 3;
    const apart = write.reshape(pairs, [...dims.slice(0, 3), ...split]);
    const part = (i: number) => write.reshape(write.slice(apart, axis, i, i + 1), [...dims.slice(0, 3), half]);
    const [a, b] = [part(0), part(1)];
    const mul = (u: string, v: string) => write.onnx("Mul", [u, v]);
    const ends = [write.onnx("Sub", [mul(cos, a), mul(sin, b)]), write.onnx("Add", [mul(sin, a), mul(cos, b)])];
    const [low, high] = ends.map((end) => write.reshape(end, [...dims.slice(0, 3), ...split.with(axis - 3, 1)]));
    const joined = write.onnx("Concat", [low, high], { axis });
    const done = write.reshape(joined, [...dims.slice(0, 3), turned]);
    const whole = turned === size ? done : write.onnx("Concat", [done, write.slice(x, 3, turned, size)], { axis: 3 });
    write.reshape(whole, shape, node.outputs[0]);
  },
};
