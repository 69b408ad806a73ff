/** The models that are damaged: small ones of every kind that is at hand. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packagePath } from "../../src/io/package_path.js";
import { oneNodeModel } from "../onnxruntime.js";
import { cases as floatCases } from "../ops/float_cases.js";
import type { NodeCase } from "../ops/node_case.js";
import { SHARED, sharedFiles } from "../shared.js";

export interface Original {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const CASES = fileURLToPath(new URL("../ops/cases/", import.meta.url));
/** Larger models take long to compile undamaged. */
const SMALL_BYTES = 110_000;

/** The example, and one model per case of an operator. */
export async function ownModels(): Promise<Original[]> {
  const digits = packagePath("examples", "digits", "digits.onnx");
  const files: { cases: readonly NodeCase[] }[] = await Promise.all(
    readdirSync(CASES).map((file) => import(pathToFileURL(join(CASES, file)).href)),
  );
  const cases = [...floatCases, ...files.flatMap((file) => file.cases)].map((node, i) => {
    const { name } = node as NodeCase;
    return { name: `case:${node.operator} ${name ?? i}`, bytes: oneNodeModel(node) };
  });
  return [{ name: "digits", bytes: readFileSync(digits) }, ...cases.filter(({ bytes }) => bytes.length < SMALL_BYTES)];
}

/** Models of ../shared/models, small ones first. */
export function sharedModels(): Original[] {
  return sharedFiles((file) => file.endsWith(".onnx") && statSync(file).size < SMALL_BYTES).map((file) => ({
    name: `${basename(dirname(file))}/${basename(file)}`,
    bytes: readFileSync(file),
  }));
}

/** Models of the ONNX node tests in ../shared; none where they, or the program tar, are absent. */
export function nodeTestModels(): Original[] {
  const archive = join(SHARED, "onnx-node-tests", "visible.tar.gz");
  if (!existsSync(archive)) return [];
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-node-tests-"));
  try {
    execFileSync("tar", ["-xzf", archive, "-C", folder], { stdio: "ignore" });
    const files = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith("model.onnx"));
    return files
      .sort()
      .map((file) => ({ name: `onnx:${basename(dirname(file))}`, bytes: readFileSync(join(folder, file)) }))
      .filter(({ bytes }) => bytes.length < SMALL_BYTES);
  } catch {
    return [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
