import { floatAttribute, intAttribute } from "../graph/attributes.js";
import { checkElementCount, type GraphBuilder } from "../graph/builder.js";
import { elementCount, type Node } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

/** What qk_matmul_output shows (attribute qk_matmul_output_mode). */
const STAGE = { product: 0, masked: 1, capped: 2, softmax: 3 } as const;

interface Heads {
  readonly batch: number;
  readonly query: number;
  readonly keyValue: number;
}

function headsOf(node: Node, build: GraphBuilder): Heads {
  const [q, k, v] = node.inputs.slice(0, 3).map((name) => build.resolve(name).shape);
  const rank = q.length;
  if (![3, 4].includes(rank) || k.length !== rank || v.length !== rank) {
    refuseShape(node, `Q, K and V of shapes [${q}], [${k}] and [${v}] must all have rank 3 or all have rank 4`);
  }
  const heads = {
    batch: q[0],
    query: rank === 4 ? q[1] : intAttribute(node, "q_num_heads", 0),
    keyValue: rank === 4 ? k[1] : intAttribute(node, "kv_num_heads", 0),
  };
  const { query, keyValue } = heads;
  const whole = rank === 4 || [q, k, v].every((x, i) => x[2] % (i === 0 ? query : keyValue) === 0);
  if (query <= 0 || keyValue <= 0 || query % keyValue !== 0 || !whole) {
    refuseShape(node, `${query} heads of Q and ${keyValue} of K and V do not fit [${q}], [${k}] and [${v}]`);
  }
  if (k[0] !== q[0] || v[0] !== q[0] || (rank === 4 && v[1] !== keyValue)) {
    refuseShape(node, `batch or heads of Q, K and V of shapes [${q}], [${k}] and [${v}] differ`);
  }
  return heads;
}

/** [batch, heads, sequence, size] of a tensor of rank 3 or 4. */
function perHead(x: string, heads: number, write: Rewriter): string {
  const shape = write.shape(x);
  if (shape.length === 4) return x;
  const [batch, sequence, hidden] = shape;
  return write.transpose(write.reshape(x, [batch, sequence, heads, hidden / heads]), [0, 2, 1, 3]);
}

/** The cache that an earlier step left, with the new keys or values behind it. */
function withPast(node: Node, build: GraphBuilder, index: number, now: string, write: Rewriter, output?: string) {
  const past = build.optional(node, index);
  if (!past) {
    if (output) build.alias(output, now);
    return now;
  }
  const [a, b] = [past.shape, write.shape(now)];
  if (a.length !== 4 || a.some((size, axis) => axis !== 2 && size !== b[axis])) {
    refuseShape(node, `the past "${past.name}" of shape [${a}] does not fit [${b}]`);
  }
  return build.add(node, "Concat", [past.name, now], { axis: 2 }, output);
}

/** The mask at its full length: what a shorter one leaves out takes no part. */
function fullMask(node: Node, build: GraphBuilder, total: number, write: Rewriter): string | undefined {
  const mask = build.optional(node, 3);
  if (!mask) return undefined;
  const last = mask.shape.length - 1;
  const missing = total - mask.shape[last];
  if (last < 0 || last > 3 || missing < 0 || !["bool", "float32"].includes(mask.type)) {
    refuseShape(node, `attn_mask of ${mask.type} values of shape [${mask.shape}] does not fit ${total} keys`);
  }
  if (missing === 0) return mask.name;
  const shape = mask.shape.map((size, axis) => (axis === last ? missing : size));
  const value = mask.type === "bool" ? 0 : Number.NEGATIVE_INFINITY;
  checkElementCount(shape, node.outputs[0]);
  const rest = write.constant(mask.type, shape, new Array<number>(elementCount(shape)).fill(value));
  return build.add(node, "Concat", [mask.name, rest], { axis: last });
}

/** 1 where key j may be seen from query i: j <= i. */
function causal(queries: number, keys: number, write: Rewriter): string {
  checkElementCount([queries, keys], "the causal mask");
  const values = Array.from({ length: queries * keys }, (_, at) => Number(at % keys <= Math.floor(at / keys)));
  return write.constant("bool", [queries, keys], values);
}

/**
 * ONNX Attention-23 and -24: scaled products of queries and keys, mask, softcap, Softmax, products with the values. Heads
 * that share keys and values (head h of Q takes head h mod kv_num_heads) broadcast over them, nothing is repeated.
 * softmax_precision: Softmax is float32 whatever it says.
 */
export const Attention: Operator = {
  name: "Attention",
  inputs: [3, 7],
  outputs: 4,
  notes: "rewritten into MatMul, Softmax and elementwise operators",

  normalise(node, build) {
    const write = rewriter(node, build);
    const { batch, query, keyValue } = headsOf(node, build);
    const [y, presentKey, presentValue, scores] = node.outputs.map((name) => name || undefined);
    const nonpad = build.optional(node, 6);
    if (nonpad && (build.optional(node, 4) || build.optional(node, 5))) {
      refuseShape(node, "nonpad_kv_seqlen and past keys or values exclude each other");
    }
    const q = perHead(node.inputs[0], query, write);
    const key = withPast(node, build, 4, perHead(node.inputs[1], keyValue, write), write, presentKey);
    const value = withPast(node, build, 5, perHead(node.inputs[2], keyValue, write), write, presentValue);
    const [, , queries, size] = write.shape(q);
    const [, , keys, keySize] = write.shape(key);
    const [, , values, valueSize] = write.shape(value);
    if (size !== keySize || keys !== values) {
      refuseShape(node, `Q, K and V per head of shapes [${[q, key, value].map(write.shape).join("], [")}] do not fit`);
    }

    const groups = query / keyValue;
    const grouped = (x: string, rows: number, cols: number) =>
      groups === 1 ? x : write.reshape(x, [batch, groups, keyValue, rows, cols]);
    const shared = (x: string, rows: number, cols: number) =>
      groups === 1 ? x : write.reshape(x, [batch, 1, keyValue, rows, cols]);
    const scale = floatAttribute(node, "scale", 1 / Math.sqrt(size));
    const scaled = build.add(node, "Mul", [q, write.scalar(scale)]);
    const turned = write.transpose(key, [0, 1, 3, 2]);
    const raw = build.add(node, "MatMul", [grouped(scaled, queries, size), shared(turned, size, keys)]);
    const product = write.reshape(raw, [batch, query, queries, keys]);

    const masked = maskScores(node, build, product, nonpad?.name, write);
    const cap = floatAttribute(node, "softcap", 0);
    let capped = masked;
    if (cap > 0) {
      const small = build.add(node, "Mul", [masked, write.scalar(1 / cap)]);
      capped = build.add(node, "Mul", [build.add(node, "Tanh", [small]), write.scalar(cap)]);
    }
    const weights = build.add(node, "Softmax", [capped], { axis: 3 });
    if (scores) {
      const mode = intAttribute(node, "qk_matmul_output_mode", STAGE.product);
      const stages = [product, masked, capped, weights];
      if (!(mode in stages)) refuseShape(node, `qk_matmul_output_mode ${mode} is none of 0 to 3`);
      build.alias(scores, stages[mode]);
    }

    const rank = write.shape(node.inputs[0]).length;
    const done = groups === 1 && rank === 4 ? y : undefined;
    const mixed = build.add(
      node,
      "MatMul",
      [grouped(weights, queries, keys), shared(value, keys, valueSize)],
      {},
      done,
    );
    if (done || !y) return;
    const whole =
      groups === 1 ? mixed : write.reshape(mixed, [batch, query, queries, valueSize], rank === 4 ? y : undefined);
    if (rank === 4) return;
    write.reshape(write.transpose(whole, [0, 2, 1, 3]), [batch, queries, query * valueSize], y);
  },
};

/** The scores with everything that takes no part at -infinity, and a float mask added. */
function maskScores(
  node: Node,
  build: GraphBuilder,
  product: string,
  nonpad: string | undefined,
  write: Rewriter,
): string {
  const [batch, , queries, keys] = write.shape(product);
  const given = fullMask(node, build, keys, write);
  const allowed: string[] = [];
  let scores = product;
  if (given && build.resolve(given).type === "bool") allowed.push(given);
  else if (given) scores = build.add(node, "Add", [scores, given]);
  if (intAttribute(node, "is_causal", 0) === 1) allowed.push(causal(queries, keys, write));
  if (nonpad) {
    const count = build.resolve(nonpad);
    if (count.type !== "int64" || elementCount(count.shape) !== batch) {
      refuseShape(node, `nonpad_kv_seqlen of shape [${count.shape}] is not one int64 per sample`);
    }
    const positions = write.constant(
      "int64",
      [keys],
      Array.from({ length: keys }, (_, i) => i),
    );
    allowed.push(build.add(node, "Less", [positions, write.reshape(nonpad, [batch, 1, 1, 1])]));
  }
  if (allowed.length > 0) {
    const every = allowed.reduce((a, b) => build.add(node, "And", [a, b]));
    const { data, shape } = build.resolve(every);
    if (data) {
      const bias = Array.from(data as ArrayLike<number | bigint>, (seen) =>
        Number(seen) === 1 ? 0 : Number.NEGATIVE_INFINITY,
      );
      scores = build.add(node, "Add", [scores, write.constant("float32", shape, bias)]);
    } else {
      scores = write.onnx("Where", [every, scores, write.scalar(Number.NEGATIVE_INFINITY)]);
    }
  }
  if (`${write.shape(scores)}` !== `${write.shape(product)}`) {
    refuseShape(node, `attn_mask does not broadcast to the scores [${write.shape(product)}]`);
  }
  return scores;
}
