/** A whole validation over a line that damages one byte in 500, on simulated boards with large and small frames. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { loadBoard } from "../../src/device/boards.js";
import { deviceOver } from "../../src/device/device.js";
import type { Transport } from "../../src/device/link/transport.js";
import { buildProject } from "../../src/device/pio.js";
import { openSimulator } from "../../src/device/simulator.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { random } from "../random.js";
import { hasToolsOf } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-damaged-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Changes, loses, doubles or adds one byte in 500, either way; tells how many. */
function damaged(inner: Transport): { transport: Transport; damages: () => number } {
  const number = random(11);
  let damages = 0;
  const next = (below: number) => Math.floor(number() * below);
  const carry = (all: Uint8Array) =>
    Uint8Array.from(
      [...all].flatMap((byte) => {
        if (next(500) > 0) return [byte];
        damages++;
        return [[byte ^ (1 << next(8))], [], [byte, byte], [byte, next(256)]][next(4)];
      }),
    );
  return {
    transport: {
      ...inner,
      write: (all) => inner.write(carry(all)),
      onBytes: (listener) => inner.onBytes((all) => listener(carry(all))),
    },
    damages: () => damages,
  };
}

for (const name of ["qemu-cortex-m4", "atmega328p"]) {
  const board = loadBoard(name);
  test.skipIf(!hasToolsOf(board))(`${name}: every row and every layer comes right`, async () => {
    const project = await writeProject(join(folder, name), compileDigits({ name: "digits" }), name);
    await buildProject(project.folder, board);
    const { transport, damages } = damaged(await openSimulator(project));
    const device = await deviceOver(transport, project, name);
    try {
      const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
      const result = await validateDevice(project, device, rows, { limit: 8, perLayer: true });
      expect(result).toMatchObject({ rows: 8, firstDivergence: null });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    } finally {
      await device.close();
    }
    expect(damages()).toBeGreaterThan(20);
  });
}
