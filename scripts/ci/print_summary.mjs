// Closing lines of a CI run: print_summary.mjs <exit status of the tests>. The last line it prints is the result alone.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { summarise } from "./summary.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const report = resolve(root, ".cache", "vitest.json");
const shared = resolve(root, process.env.ONNX2MCU_SHARED ?? "../shared");
const status = Number(process.argv[2]);

const ran = existsSync(report);
const { lines, ok } = summarise(ran ? JSON.parse(readFileSync(report, "utf8")) : { testResults: [] }, {
  shared,
  sharedExists: existsSync(shared),
});
if (!ran) console.log("The tests did not run: setting up or the static checks failed, see above.");
console.log(lines.join("\n"));
process.exitCode = status || (ran && ok ? 0 : 1);
