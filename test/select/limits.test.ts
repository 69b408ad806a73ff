import { describe, expect, it } from "vitest";
import { canonicalGraph } from "../../src/compile.js";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { UserError } from "../../src/errors.js";
import type { Program } from "../../src/graph/program.js";
import { lower } from "../../src/lower/lower.js";
import { readModel } from "../../src/onnx/read.js";
import { writeModel } from "../../src/onnx/write.js";
import { type SelectOptions, selectKernels } from "../../src/select/select.js";

type Written = Parameters<typeof writeModel>[0];
type Tensor = Written["tensors"] extends ReadonlyMap<string, infer T> ? T : never;

/** int8 program of an image of 5 x size x size: convolutions, a pooling, a mean over all pixels, and a dense layer. */
function meanModel(size: number, channels: number, pool: number): Program {
  const tensors = new Map<string, Tensor>();
  const nodes: Written["nodes"][number][] = [];
  let count = 0;
  const constant = (type: string, shape: number[], data: unknown) => {
    const name = `c${count++}`;
    tensors.set(name, { name, type, shape, data } as unknown as Tensor);
    return name;
  };
  const node = (operator: string, inputs: string[], shape: number[], attributes = {}, type = "float32") => {
    const name = `v${count++}`;
    tensors.set(name, { name, type, shape } as unknown as Tensor);
    nodes.push({ name, operator, domain: "", inputs, outputs: [name], attributes });
    return name;
  };
  const scale = constant("float32", [], Float32Array.of(0.05));
  const zero = constant("int8", [], Int8Array.of(0));
  const stored = (x: string, shape: number[]) =>
    node("DequantizeLinear", [node("QuantizeLinear", [x, scale, zero], shape, {}, "int8"), scale, zero], shape);
  const weights = (shape: number[]) => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const data = Int8Array.from({ length: elements }, (_, i) => ((i * 37) % 255) - 127);
    return node("DequantizeLinear", [constant("int8", shape, data), scale, zero], shape);
  };
  tensors.set("x", { name: "x", type: "float32", shape: [1, 5, size, size] } as unknown as Tensor);
  const image = [1, channels, size, size];
  let x = stored("x", [1, 5, size, size]);
  x = stored(node("Conv", [x, weights([channels, 5, 1, 1])], image), image);
  const kernel = { group: channels, kernel_shape: [1, 3], pads: [0, 2, 0, 0] };
  x = stored(node("Conv", [x, weights([channels, 1, 1, 3])], image, kernel), image);
  const pooled = [1, channels, size - pool + 1, size - pool + 1];
  x = stored(node("AveragePool", [x], pooled, { kernel_shape: [pool, pool] }), pooled);
  const axes = constant("int64", [2], BigInt64Array.of(2n, 3n));
  x = stored(node("ReduceMean", [x, axes], [1, channels], { keepdims: 0 }), [1, channels]);
  x = stored(node("Gemm", [x, weights([9, channels])], [1, 9], { transB: 1 }), [1, 9]);
  const graph: Written = { name: "mean", opset: 19, inputs: ["x"], outputs: [x], nodes, tensors };
  const read = readModel(writeModel(graph, { opsets: new Map([["", 19]]), producer: "test", producerVersion: "1" }));
  return lower(canonicalGraph(read), { precision: "int8", io: "int8" });
}

const target = targetOf(loadBoard("qemu-cortex-m4"));

/** The arena under a limit, or the figure that its refusal names. */
function arenaUnder(program: Program, options: SelectOptions): { readonly bytes: number; readonly kept: boolean } {
  try {
    return { bytes: selectKernels(program, target, options).plan.arenaBytes, kept: true };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { bytes: Number(/needs (\d+) bytes of RAM/.exec(error.message)?.[1]), kept: false };
  }
}

describe("the smallest arena that a refusal names", () => {
  const cases = [6, 9, 12].flatMap((size) =>
    [8, 24].flatMap((channels) => [2, 3].map((pool) => ({ size, channels, pool }))),
  );
  it.each(cases)("is kept, and one byte less is not: $size x $size, $channels channels, pool $pool", (shape) => {
    const program = meanModel(shape.size, shape.channels, shape.pool);
    for (const optimize of ["speed", "ram", "balanced"] as const) {
      for (const ioBuffers of ["arena", "caller"] as const) {
        const under = (maxRam: number) => arenaUnder(program, { optimize, ioBuffers, maxRam });
        const { bytes, kept } = under(1);
        expect(kept).toBe(false);
        expect(under(bytes)).toEqual({ bytes, kept: true });
        expect(under(bytes - 1), `${optimize}, ${ioBuffers}`).toEqual({ bytes, kept: false });
      }
    }
  });
});
