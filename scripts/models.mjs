// @ts-check
// The models that commands measure: the digits example, and those beside the repository (ONNX2MCU_SHARED, default ../shared).
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared = join(root, process.env.ONNX2MCU_SHARED ?? "../shared", "models");

/**
 * Files of a model, or undefined when they are not there.
 * @param {string} name
 */
export function modelFiles(name) {
  const isExample = name === "digits";
  const folder = isExample ? join(root, "examples", "digits") : join(shared, name);
  const [model, data] = (isExample ? ["digits.onnx", "digits.npz"] : ["model.onnx", "data.npz"]).map((file) =>
    join(folder, file),
  );
  return existsSync(model) ? { model, data } : undefined;
}
