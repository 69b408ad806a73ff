/** The folder of models and data that stands beside the repository; tests that need it skip where it is absent. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const SHARED = resolve(
  fileURLToPath(new URL("..", import.meta.url)),
  process.env.ONNX2MCU_SHARED ?? "../shared",
);
export const hasShared = existsSync(join(SHARED, "models"));

/** Paths of the files below models/<model>/ that `select` picks by name. */
export function sharedFiles(select: (file: string) => boolean): string[] {
  if (!hasShared) return [];
  const models = join(SHARED, "models");
  return readdirSync(models, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => readdirSync(join(models, entry.name)).map((file) => join(models, entry.name, file)))
    .filter((path) => select(path));
}
