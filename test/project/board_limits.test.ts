import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { differingBytes, validateDevice } from "../../src/compare/validate.js";
import { prepare } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { type Board, loadBoard, targetOf } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { benchProject } from "../../src/device/profile/bench.js";
import { writeTree } from "../../src/io/files.js";
import { tensorBytes } from "../../src/plan/dataflow.js";
import { compileForBoard } from "../../src/project/board_limits.js";
import { openProject } from "../../src/project/open.js";
import { platformioProject } from "../../src/project/platformio.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { hasToolsOf } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-memories-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = loadData(DIGITS_DATA);
const prepared = prepare(DIGITS_MODEL, { calibration: (inputs) => inputRows(data, "calibration", inputs) });
const compileFor = (board: Board, options = {}) =>
  compileForBoard(prepared, { target: targetOf(board), ...options }, board);

/** A board with so many bytes of RAM per region, and of flash. */
function withBytes(name: string, ram: readonly number[], flash?: number): Board {
  const board = loadBoard(name);
  const [first, ...others] = board.memory.flash;
  return {
    ...board,
    memory: {
      flash: [{ ...first, bytes: flash ?? first.bytes }, ...others],
      ram: ram.map((bytes, i) => ({ ...board.memory.ram[i], bytes })),
    },
  };
}

test("what fits is chosen as it was asked for", () => {
  const board = loadBoard("qemu-cortex-m4");
  const { compiled, limits } = compileFor(board, { optimize: "speed" });
  expect(limits).toEqual({});
  expect(compiled.plan.parts).toBeUndefined();
});

test("what does not fit is chosen within the RAM and flash of the board", () => {
  const fast = compileFor(loadBoard("qemu-cortex-m4"), { optimize: "speed" }).compiled;
  const board = withBytes("qemu-cortex-m4", [2400], 18_400);
  const { compiled, limits } = compileFor(board, { optimize: "speed" });
  expect(limits).toEqual({ maxRam: 1200, maxFlash: 18_400 - 8192 });
  expect(fast.plan.arenaBytes).toBeGreaterThan(1200);
  expect(compiled.plan.arenaBytes).toBeLessThanOrEqual(1200);
});

test("inputs and outputs of the application take their share of the RAM", () => {
  const board = withBytes("qemu-cortex-m4", [2400]);
  const { compiled, limits } = compileFor(board, { optimize: "speed", ioBuffers: "caller" });
  const buffers = [...compiled.program.inputs, ...compiled.program.outputs].map((id) =>
    tensorBytes(compiled.program.tensors[id]),
  );
  expect(limits).toEqual({ maxRam: 1200 - buffers.reduce((a, b) => a + b) });
  expect(compiled.plan.arenaBytes).toBeLessThanOrEqual(limits.maxRam!);
});

test("where only one of two limits can be kept, that one is", () => {
  const { compiled, limits } = compileFor(withBytes("qemu-cortex-m4", [2400], 9000), { optimize: "speed" });
  expect(limits).toEqual({ maxRam: 1200 });
  expect(compiled.plan.arenaBytes).toBeLessThanOrEqual(1200);
});

test("what fits no choice is left as it was asked for", () => {
  const { compiled, limits } = compileFor(withBytes("qemu-cortex-m4", [256]), { optimize: "speed" });
  expect(limits).toEqual({});
  expect(compiled.plan.arenaBytes).toBeGreaterThan(256);
});

describe("an arena in two memories", () => {
  const board = loadBoard("qemu-cortex-m55");
  /** As if it had no more; half of the first one is for link and stack. */
  const small = withBytes("qemu-cortex-m55", [2600, 1024]);

  test.skipIf(!hasToolsOf(board))(
    "gives the bytes of the host on a simulated Cortex-M55",
    { timeout: 120_000 },
    async () => {
      const { compiled } = compileFor(small, { optimize: "speed" });
      expect(compiled.plan.parts?.map(({ name }) => name)).toEqual(["dtcm", "sram"]);
      await writeTree(folder, platformioProject(compiled, board, { file: "digits.onnx", sha256: "" }));
      await buildProject(folder, board);
      const project = openProject(folder);
      expect(project.manifest.arena.parts).toEqual(compiled.plan.parts);
      const device = await openDevice(project, "simulator");
      const rows = inputRows(data, "inputs", [...project.manifest.inputs]);
      const result = await validateDevice(project, device, rows, { limit: 10, perLayer: true });
      await device.close();
      expect(result.rows).toBe(10);
      expect(differingBytes(result)).toBe(0);
      expect(device.info.arenaBytes).toBe(compiled.plan.arenaBytes);
      const { ram, support } = await benchProject(project);
      expect(ram.arena).toBe(compiled.plan.arenaBytes);
      expect(support.ram).toBeGreaterThan(0);
    },
  );
});
