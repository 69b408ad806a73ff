import { OPSETS } from "../onnx/read.js";
import { operators } from "../ops/index.js";
import { refusedOperators } from "../ops/refused.js";
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
        const list = [...operators].map(([operator, { notes }]) => ({ operator, notes: notes ?? "" }));
        const refused = [...refusedOperators].map(([operator, reason]) => ({ operator, reason }));
        const text = `ai.onnx, opset ${OPSETS.min} to ${OPSETS.max}\n\n${table(
          ["operator", "notes"],
          list.map(({ operator, notes }) => [operator, notes]),
        )}\n\n${table(
          ["not compiled", "why"],
          refused.map(({ operator, reason }) => [operator, reason]),
        )}`;
        output.result({ domain: "ai.onnx", opset: OPSETS, operators: list, refused }, text);
        return undefined;
      }),
    );
};
