// Measures the compiler itself: CPU time and memory over synthetic graphs of 10 to 3,000 nodes and models of 1 MB, each in
// a process of its own. Writes docs/benchmark_compiler.md. `npm run benchmark:compiler`; needs `npm run build` first.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalGraph } from "../dist/compile.js";
import { loadBoard, targetOf } from "../dist/device/boards.js";
import { eliminateChannels } from "../dist/eliminate/eliminate.js";
import { libraryFiles } from "../dist/emit/library.js";
import { modelView } from "../dist/emit/view.js";
import { lower } from "../dist/lower/lower.js";
import { readModel } from "../dist/onnx/read.js";
import { writeModel } from "../dist/onnx/write.js";
import { planMemory } from "../dist/plan/plan.js";
import { selectKernels } from "../dist/select/select.js";

const CHANNELS = 8;
const SIZE = 8;

/** The same weights on every machine: a linear congruential generator. */
function generator() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/**
 * A QDQ model of about `nodes` operators with weights and sums.
 * chain: convolutions; residual: two convolutions and an Add; branches: four convolutions side by side, summed;
 * dense: three Gemm layers, with `nodes` bytes of weights in all.
 */
function synthetic(kind, nodes) {
  const random = generator();
  const tensors = new Map();
  const graph = { name: "synthetic", opset: 19, inputs: ["x"], outputs: [], nodes: [], tensors };
  const constant = (name, type, shape, data) => {
    tensors.set(name, { name, type, shape, data });
    return name;
  };
  const value = (name, shape) => {
    tensors.set(name, { name, type: "float32", shape });
    return name;
  };
  const node = (operator, inputs, output, attributes = {}) =>
    graph.nodes.push({ name: output, operator, domain: "", inputs, outputs: [output], attributes });
  constant("scale", "float32", [], Float32Array.of(0.05));
  constant("weight_scale", "float32", [], Float32Array.of(0.002));
  constant("zero", "int8", [], Int8Array.of(0));
  const stored = (x, shape) => {
    tensors.set(`${x}_q`, { name: `${x}_q`, type: "int8", shape });
    node("QuantizeLinear", [x, "scale", "zero"], `${x}_q`);
    node("DequantizeLinear", [`${x}_q`, "scale", "zero"], value(`${x}_dq`, shape));
    return `${x}_dq`;
  };
  const weights = (name, shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    constant(
      `${name}_w`,
      "int8",
      shape,
      Int8Array.from({ length: count }, () => Math.round(random() * 200)),
    );
    node("DequantizeLinear", [`${name}_w`, "weight_scale", "zero"], value(`${name}_wdq`, shape));
    return `${name}_wdq`;
  };
  let count = 0;
  const image = [1, CHANNELS, SIZE, SIZE];
  const conv = (x) => {
    const name = `conv${count++}`;
    node("Conv", [x, weights(name, [CHANNELS, CHANNELS, 3, 3])], value(name, image), { pads: [1, 1, 1, 1] });
    return stored(name, image);
  };
  const sum = (a, b) => {
    const name = `add${count++}`;
    node("Add", [a, b], value(name, image));
    return stored(name, image);
  };
  let x;
  if (kind === "dense") {
    const width = Math.round(Math.sqrt(nodes / 3));
    x = stored(value("x", [1, width]), [1, width]);
    for (let i = 0; i < 3; i++) {
      node("Gemm", [x, weights(`fc${i}`, [width, width])], value(`fc${i}`, [1, width]), { transB: 1 });
      x = stored(`fc${i}`, [1, width]);
    }
  } else {
    x = stored(value("x", image), image);
    while (count < nodes) {
      if (kind === "chain") x = conv(x);
      else if (kind === "residual") x = sum(conv(conv(x)), x);
      else {
        const parts = [conv(x), conv(x), conv(x), conv(x)];
        x = sum(sum(parts[0], parts[1]), sum(parts[2], parts[3]));
      }
    }
  }
  graph.outputs.push(x);
  return writeModel(graph, { opset: 19, producer: "onnx2mcu", producerVersion: "1" });
}

/** CPU milliseconds of the stages, after a small model has warmed the process up. */
function measure(kind, nodes) {
  const bytes = synthetic(kind, nodes);
  compileOnce(synthetic("residual", 10));
  const stages = compileOnce(bytes);
  return { ...stages, bytes: bytes.length, memory: process.resourceUsage().maxRSS * 1024 };
}

const target = targetOf(loadBoard("qemu-cortex-m4"));

function compileOnce(bytes) {
  const stages = {};
  const timed = (name, run) => {
    const start = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(start);
    stages[name] = (user + system) / 1e3;
    return result;
  };
  const model = timed("read", () => readModel(bytes));
  const graph = timed("passes", () => canonicalGraph(model));
  const lowered = timed("lower", () => lower(graph, { precision: "int8", io: "int8" }));
  const { program } = timed("eliminate", () => eliminateChannels(lowered));
  timed("plan", () => planMemory(program, { ioBuffers: "arena" }));
  const chosen = timed("select", () => selectKernels(program, target));
  timed("emit", () => libraryFiles(modelView(chosen.program, chosen.plan, "net")));
  return { stages, steps: program.steps.length };
}

if (process.argv[2] === "one") {
  console.log(JSON.stringify(measure(process.argv[3], Number(process.argv[4]))));
} else {
  const script = fileURLToPath(import.meta.url);
  const lines = [
    "# The compiler, measured",
    "",
    "CPU milliseconds per stage and the largest resident memory of the process over synthetic QDQ models, each in a process",
    "of its own. chain: 3x3 convolutions; residual: two and an Add; branches: four side by side, summed; dense: three Gemm",
    "layers of 1,000,000 weights. plan: memory for plain kernels; select: kernels and memory for Cortex-M4, --optimize balanced.",
    "Written by `npm run benchmark:compiler`.",
    "",
    "| graph | nodes | model, KB | read | passes | lower | eliminate | plan | select | emit | in all, ms | per node | memory, MB |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
  ];
  const cases = [
    ...["chain", "residual", "branches"].flatMap((kind) =>
      [10, 30, 100, 300, 1000, 3000].map((nodes) => [kind, nodes]),
    ),
    ["dense", 1e6],
  ];
  for (const [kind, nodes] of cases) {
    const out = execFileSync(process.execPath, [script, "one", kind, String(nodes)], { maxBuffer: 2 ** 26 });
    const { stages, steps, bytes, memory } = JSON.parse(out);
    const ms = (n) => n.toFixed(n < 10 ? 1 : 0);
    const all = Object.values(stages).reduce((a, b) => a + b, 0);
    lines.push(
      `| ${kind} | ${steps} | ${(bytes / 1e3).toFixed(0)} | ${Object.values(stages).map(ms).join(" | ")} | ${ms(all)} | ${(all / steps).toFixed(2)} | ${(memory / 1e6).toFixed(0)} |`,
    );
    console.error(lines.at(-1));
  }
  writeFileSync(join(dirname(script), "..", "docs", "benchmark_compiler.md"), `${lines.join("\n")}\n`);
}
