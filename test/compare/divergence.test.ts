/** The first layer that differs, by comparing all of them and by bisection. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import type { Device } from "../../src/device/device.js";
import { hostProgram } from "../../src/host/run.js";
import type { Project } from "../../src/project/open.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-divergence-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The host as a device that computes every layer from `broken` on wrongly, in the rows from `from` on. */
function brokenDevice({ program, plan }: Project, broken: number, from: number) {
  const host = hostProgram(program);
  const probes: number[][] = [];
  let inputsSeen = 0;
  let last = "";
  const bytesOf = (data: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const device: Device = {
    info: { layers: plan.steps.length, cycleHz: 0 } as Device["info"],
    baud: null,
    log: async () => "",
    async run(inputs, { pauses = [] } = {}) {
      const text = String(inputs[0]);
      if (text !== last) inputsSeen++;
      last = text;
      probes.push([...pauses]);
      program.inputs.forEach((id, i) => {
        bytesOf(host.buffer(id)).set(inputs[i]);
      });
      const layers: { layer: number; cycles: number; bytes: Uint8Array }[] = [];
      host.run((_step, index, outputs) => {
        const layer = plan.steps.indexOf(index);
        const bytes = bytesOf(outputs[0]);
        if (layer >= broken && inputsSeen > from) bytes[3] ^= 1 << layer; // Another bit each, or faults would cancel.
        if (pauses.includes(layer)) layers.push({ layer, cycles: 0, bytes: bytes.slice() });
      });
      const outputs = program.outputs.map((id) => bytesOf(host.buffer(id)).slice());
      return { status: 0, stackBytes: 0, cycles: 0, layers, outputs };
    },
    close: async () => {},
  };
  return { device, probes };
}

const compiled = compileDigits({ cascades: false });

test.each([0, 1, 3, 5])("layer %i is found both ways", async (broken) => {
  const project = await writeProject(join(folder, `digits${broken}`), compiled, "host");
  const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
  const all = await validateDevice(project, brokenDevice(project, broken, 2).device, rows, {
    limit: 5,
    perLayer: true,
  });
  const { device, probes } = brokenDevice(project, broken, 2);
  const searched = await validateDevice(project, device, rows, { limit: 5, bisect: true });
  expect(searched.firstDivergence).toMatchObject({ row: 2, layer: broken, index: 3 });
  expect(all.firstDivergence).toEqual(searched.firstDivergence);
  // Five rows, and no more probes than the layers have doublings.
  const layers = project.plan.steps.length;
  expect(probes.filter((pauses) => pauses.length > 0).length).toBeLessThanOrEqual(Math.ceil(Math.log2(layers)) + 1);
});

test("nothing is searched where nothing differs", async () => {
  const project = await writeProject(join(folder, "digits"), compiled, "host");
  const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
  const { device, probes } = brokenDevice(project, 99, 0);
  const result = await validateDevice(project, device, rows, { limit: 3, bisect: true });
  expect(result.firstDivergence).toBeNull();
  expect(probes).toEqual([[], [], []]);
});
