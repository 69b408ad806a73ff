/** Every simulated board end to end: generated, built, run against the host in every byte, counted. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { listBoards } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import { forbiddenSymbols } from "../../src/device/elf_audit.js";
import { buildProject } from "../../src/device/pio.js";
import { benchProject } from "../../src/device/profile/bench.js";
import { simulatorKind } from "../../src/device/simulator.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { hasToolsOf } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-boards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compiled = compileDigits({ name: "digits" });
const ROWS = 4;

for (const board of listBoards().filter(({ simulator }) => simulator !== null)) {
  test.skipIf(!hasToolsOf(board))(`${board.name}: digits equals the host, counts are the same twice`, async () => {
    const project = await writeProject(join(folder, board.name), compiled, board.name);
    const { elf } = await buildProject(project.folder, board);
    const symbols = execFileSync(`${board.build?.prefix}nm`, [elf], { encoding: "utf8" });
    expect(forbiddenSymbols(symbols)).toEqual([]);

    const device = await openDevice(project, "simulator");
    try {
      const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
      const result = await validateDevice(project, device, rows, { limit: ROWS, perLayer: true });
      expect(result).toMatchObject({ rows: ROWS, firstDivergence: null });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    } finally {
      await device.close();
    }

    const first = await benchProject(project);
    expect(await benchProject(project)).toEqual(first);
    // A load for each of two factors and a product, or four products at once at the very best.
    expect(first.instructions).toBeGreaterThan(first.macs / 4);
    expect(first.layers.reduce((sum, { instructions }) => sum + instructions, 0)).toBeLessThanOrEqual(
      first.instructions,
    );
    // A Cortex-M7 issues two instructions at once at best.
    const least = first.instructions / (board.core === "cortex-m7" ? 2 : 1);
    if (simulatorKind(board).cycles(board)) expect(first.cycles).toBeGreaterThan(least);
    else expect(first.cycles).toBeNull();
    expect(first.ram.stack).toBeGreaterThan(64);
    expect(first.ram.stack).toBeLessThan(512);
    expect(first.flash.weights).toBeGreaterThan(
      compiled.program.constants.reduce((n, c) => n + c.data.byteLength, 0) - 1,
    );
    // Tables of an address space of their own take no RAM.
    expect(first.ram.static).toBeLessThan(64);
  });
}
