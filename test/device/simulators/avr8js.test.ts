/** avr8js against simavr, another simulator of the same chips, with the same firmware over the same link. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compile.js";
import { loadData } from "../../../src/data/load.js";
import { inputRows } from "../../../src/data/rows.js";
import { loadBoard, targetOf } from "../../../src/device/boards.js";
import { childTransport } from "../../../src/device/child_transport.js";
import { deviceOver, openDevice } from "../../../src/device/device.js";
import { buildProject } from "../../../src/device/pio.js";
import { profileProject } from "../../../src/device/profile/profile.js";
import { avr8js } from "../../../src/device/simulators/avr8js.js";
import type { Tensor } from "../../../src/graph/ir.js";
import { storedValues } from "../../../src/host/values.js";
import { packagePath } from "../../../src/io/package_path.js";
import { DIGITS_DATA, DIGITS_MODEL, writeProject } from "../../digits.js";
import { hasShared, SHARED } from "../../shared.js";
import { hasToolsOf } from "../../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-simavr-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasSimavr = existsSync("/usr/include/simavr/sim_avr.h");
const tool = (name: string, ...args: string[]) => execFileSync(name, args, { encoding: "utf8" });

const BOARDS = ["atmega328p", "atmega2560"].map(loadBoard);
/** Models that fit an Arduino Uno: folder with the model and its data. */
const MODELS = [
  { model: "digits", of: DIGITS_MODEL, data: DIGITS_DATA },
  ...(hasShared ? ["tinymaix_mnist_dw"] : []).map((model) => ({
    ...{ model, of: `${SHARED}/models/${model}/model.onnx`, data: `${SHARED}/models/${model}/data.npz` },
  })),
];
describe.skipIf(!hasSimavr || !BOARDS.every(hasToolsOf)).each(BOARDS)("$name (needs libsimavr-dev)", (board) => {
  test.each(MODELS)("$model: outputs, stack, instructions and cycles of every layer as in simavr", async (one) => {
    const data = loadData(one.data);
    const calibration = (of: readonly Tensor[]) => inputRows(data, "calibration", of);
    const compiled = compile(one.of, { name: one.model, calibration, target: targetOf(board) });
    const project = await writeProject(join(folder, `${board.name}-${one.model}`), compiled, board.name);
    const { elf } = await buildProject(project.folder, board);
    const image = join(folder, `${board.name}.bin`);
    tool("avr-objcopy", "-O", "binary", elf, image);
    const mark = Number.parseInt(/^([0-9a-f]+) . onnx2mcu_mark$/m.exec(tool("avr-nm", elf))?.[1] ?? "", 16);
    const driver = join(folder, `simavr-${board.name}`);
    tool("cc", "-O2", "-o", driver, packagePath("test", "device", "simulators", "simavr.c"), "-lsimavr");

    const { program } = project;
    const rows = inputRows(data, "inputs", [...project.manifest.inputs]);
    const inputs = rows.row(3).map((real, i) => {
      const { buffer, byteOffset, byteLength } = storedValues(program.tensors[program.inputs[i]], real);
      return new Uint8Array(buffer, byteOffset, byteLength);
    });

    const counts = join(folder, `${board.name}.counts`);
    const other = await deviceOver(
      childTransport(driver, [board.name, `${board.clockHz}`, image, `${mark}`, counts]),
      project,
      "simavr",
    );
    const theirs = await other.run(inputs);
    await other.close();
    const ours = await openDevice(project, "simulator");
    expect(await ours.run(inputs)).toEqual(theirs);
    await ours.close();

    const costs = await avr8js.costs(readFileSync(counts, "utf8"), board, elf);
    const profile = await profileProject(project, inputs);
    expect(profile.layers.length).toBe(project.plan.steps.length);
    expect(costs.slice(0, profile.layers.length)).toEqual(profile.layers);
    expect(profile.stackBytes).toBe(theirs.stackBytes);
  });
});
