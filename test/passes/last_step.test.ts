/** The last step of a sequence of hidden states: taken from the state, and what must not be. */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import type { NodeProto } from "../../src/onnx/proto.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { randomValues, typedSession } from "../onnxruntime.js";

const [T, B, I, H] = [5, 2, 3, 4];

interface Form {
  readonly direction?: string;
  readonly index?: number;
  readonly lengths?: readonly number[];
  /** Nodes from the sequence "y" to "out". */
  readonly tail: readonly NodeProto[];
  readonly shape: readonly number[];
}

const int64s = (name: string, dims: readonly number[], values: readonly number[]) => ({
  ...{ name, dataType: 7, dims: [...dims] },
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
const attribute = (name: string, i: number) => ({ name, type: 2, i });

function model({ direction = "forward", index = T - 1, lengths, tail, shape }: Form): Uint8Array {
  const directions = direction === "bidirectional" ? 2 : 1;
  const weights = (name: string, columns: number, seed: number) =>
    floats(name, [directions, H, columns], [...randomValues(directions * H * columns, seed)]);
  return modelBytes({
    node: [
      node("RNN", ["x", "w", "r", "", lengths ? "lengths" : ""], ["y"], {
        attribute: [
          attribute("hidden_size", H),
          { name: "direction", type: 3, s: new TextEncoder().encode(direction) },
        ],
      }),
      ...tail,
    ],
    input: [value("x", [T, B, I])],
    output: [value("out", shape)],
    initializer: [
      ...[weights("w", I, 1), weights("r", H, 2), int64s("last", [], [index]), int64s("one", [1], [1])],
      ...[int64s("from", [1], [index]), int64s("to", [1], [index + 1]), int64s("zero", [1], [0])],
      {
        ...{ name: "lengths", dataType: 6, dims: [B] },
        rawData: new Uint8Array(Int32Array.from(lengths ?? [T, T]).buffer),
      },
    ],
  });
}

const squeeze = node("Squeeze", ["y", "one"], ["s"]);
const gather = (from: string, axis: number) =>
  node("Gather", [from, "last"], ["out"], { attribute: [attribute("axis", axis)] });
const turn = (perm: number[]) =>
  node("Transpose", ["s"], ["t"], { attribute: [{ name: "perm", type: 7, ints: perm }] });

const gathered: Form = { tail: [squeeze, gather("s", 0)], shape: [B, H] };

const taken: readonly [string, Form][] = [
  ["Gather", gathered],
  ["Gather straight from the sequence", { tail: [gather("y", 0)], shape: [1, B, H] }],
  ["Gather of a batch-first sequence", { tail: [squeeze, turn([1, 0, 2]), gather("t", 1)], shape: [B, H] }],
  ["Slice", { tail: [node("Slice", ["y", "from", "to", "zero"], ["out"])], shape: [1, 1, B, H] }],
  ["the first step of a layer that runs in reverse", { ...gathered, direction: "reverse", index: 0 }],
];

const left: readonly [string, Form][] = [
  ["another step", { ...gathered, index: 2 }],
  ["the last step of a layer that runs in reverse", { ...gathered, direction: "reverse" }],
  ["both directions", { tail: [gather("y", 0)], shape: [2, B, H], direction: "bidirectional" }],
  ["shorter sequences", { ...gathered, lengths: [T, 2] }],
  ["a turned state", { tail: [squeeze, turn([0, 2, 1]), gather("t", 0)], shape: [H, B] }],
];

async function expectRight(form: Form): Promise<string[]> {
  const bytes = model(form);
  const { program } = compile(bytes, { precision: "float32" });
  const x = randomValues(T * B * I, 7);
  const [theirs] = await (await typedSession(bytes))([{ type: "float32", shape: [T, B, I], data: x }]);
  const [ours] = runRow(hostProgram(program), program, [x]);
  expect(program.tensors[program.outputs[0]].shape).toEqual(form.shape);
  (theirs as Float32Array).forEach((v, i) => {
    expect(ours[i]).toBeCloseTo(v, 5);
  });
  const [layer] = program.steps;
  return [String(layer.params.y_step), ...program.steps.map(({ kernel }) => kernel)];
}

describe("last-step", () => {
  test.each(taken)("%s becomes the state", async (_, form) => {
    const [step, ...kernels] = await expectRight(form);
    expect(step).toBe("0");
    expect(kernels).not.toContain("nn_gather");
    expect(kernels).not.toContain("nn_slice");
  });

  test.each(left)("%s is taken from the sequence", async (_, form) => {
    const [step] = await expectRight(form);
    expect(Number(step)).toBeGreaterThan(0);
  });
});
