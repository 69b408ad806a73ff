import { canonicalGraph, isQuantised, read } from "../compile.js";
import type { Shape } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { lower } from "../lower/lower.js";
import type { StatePair } from "../onnx/bind_states.js";
import { findOperator } from "../ops/index.js";
import { refusal } from "../ops/refused.js";
import { type AddCommand, action } from "./command.js";
import { constantOption, jsonOption, layoutOption, shapeOption, statefulOption, stateOption } from "./options.js";
import { compact, table } from "./output.js";
import { traceTo } from "./trace.js";

interface Options {
  json?: boolean;
  shape?: ReadonlyMap<string, Shape>;
  state?: readonly StatePair[];
  stateful?: boolean;
  constant?: ReadonlyMap<string, readonly number[]>;
  inputLayout?: "nhwc" | "nchw";
  trace?: boolean;
}

export const analyze: AddCommand = (program) => {
  program
    .command("analyze")
    .description("say what a model contains and whether it can be compiled")
    .argument("<model.onnx>")
    .addOption(shapeOption())
    .addOption(constantOption())
    .addOption(stateOption())
    .addOption(statefulOption())
    .addOption(layoutOption())
    .option("--trace", "print the graph after every pass, on stderr")
    .addOption(jsonOption())
    .addHelpText("after", "\nExamples:\n  $ onnx2mcu analyze model.onnx\n  $ onnx2mcu analyze model.onnx --json")
    .action(
      action<Options>(([path], options, output) => {
        const model = read(path);
        const { graph } = model;
        const operators: Record<string, number> = {};
        for (const node of graph.nodes) operators[node.operator] = (operators[node.operator] ?? 0) + 1;
        const params = [...graph.tensors.values()]
          .filter((tensor) => tensor.data && tensor.type === "float32")
          .reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
        const unsupported = graph.nodes
          .filter((node) => !findOperator(node))
          .map((node) => ({
            node: node.name,
            operator: node.operator,
            reason: refusal(node) ?? "the operator is not supported",
          }));
        const canonical =
          unsupported.length === 0
            ? canonicalGraph(model, {
                shapes: options.shape,
                constants: options.constant,
                states: options.state,
                stateful: options.stateful,
                inputLayout: options.inputLayout,
                ...(options.trace && { trace: traceTo(output.note) }),
              })
            : undefined;
        const float = canonical && lower(canonical, { precision: "float32", io: "float32" });
        const describe = (info: (typeof model.outputs)[number], name: string) => ({
          name,
          shape: canonical?.tensors.get(name)?.shape ?? info?.dims ?? null,
          type: info?.type ?? "float32",
        });
        const document = {
          model: {
            name: graph.name,
            opset: graph.opset,
            inputs: graph.inputs.map((name, i) => describe(model.inputs[i], name)),
            outputs: graph.outputs.map((name, i) => describe(model.outputs[i], name)),
          },
          params,
          macs: float ? float.steps.reduce((sum, step) => sum + step.macs, 0) : null,
          operators,
          unsupported,
          quantised: canonical ? isQuantised(canonical) : null,
        };
        const port = (p: { name: string; shape: unknown; type: string }) => `  ${p.name}: ${p.type} [${p.shape}]`;
        const text = [
          `${path}: opset ${graph.opset}, ${compact(params)} parameters, ${document.macs === null ? "unknown" : compact(document.macs)} multiply-accumulates`,
          "inputs",
          ...document.model.inputs.map(port),
          "outputs",
          ...document.model.outputs.map(port),
          "",
          table(
            ["operator", "nodes"],
            Object.entries(operators).sort((a, b) => b[1] - a[1]),
          ),
          "",
          unsupported.length === 0
            ? "Every operator is supported."
            : `Not supported:\n${unsupported.map((u) => `  ${u.operator} (node "${u.node}"): ${u.reason}`).join("\n")}`,
        ];
        output.result(document, text.join("\n"));
        return undefined;
      }),
    );
};
