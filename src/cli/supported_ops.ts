import { OPSETS } from "../onnx/read.js";
import { operators } from "../ops/index.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption } from "./options.js";
import { table } from "./output.js";

export const supportedOps: AddCommand = (program) => {
  program
    .command("supported-ops")
    .description("list the ONNX operators that can be compiled")
    .addOption(jsonOption())
    .action(
      action((_args, _options, output) => {
        const list = [...operators.values()].map(({ name, notes }) => ({ operator: name, notes: notes ?? "" }));
        const text = `ai.onnx, opset ${OPSETS.min} to ${OPSETS.max}\n\n${table(
          ["operator", "notes"],
          list.map(({ operator, notes }) => [operator, notes]),
        )}`;
        output.result({ domain: "ai.onnx", opset: OPSETS, operators: list }, text);
        return undefined;
      }),
    );
};
