import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { hasShared, SHARED } from "../shared.js";

const target = { core: "cortex-m4", isa: ["thumb2", "dsp", "fpv4-sp"], flashWaitStates: 0 };

/** Bytes of the arena that --optimize ram reaches with the variants of Cortex-M4; targets of RAM in all are 200 to 400 above. */
const MOST: readonly [string, number][] = [
  ["mlperf_kws", 8224],
  // Where scratch of a layer far from the peak kept the offsets 1,920 bytes above it.
  ["mlperf_vww", 27_776],
  ["mlperf_ic", 18_976],
  ["mlperf_ad", 768],
];

describe.skipIf(!hasShared)("--optimize ram with the kernels of Cortex-M4 (needs ../shared)", () => {
  it.each(MOST)("%s", { timeout: 60_000 }, (model, most) => {
    const rows = hasShared ? loadData(`${SHARED}/models/${model}/data.npz`) : undefined!;
    const { plan } = compile(`${SHARED}/models/${model}/model.onnx`, {
      ...{ target, optimize: "ram" },
      calibration: (inputs) => inputRows(rows, "calibration", inputs),
    });
    expect(plan.arenaBytes).toBeLessThanOrEqual(most);
  });
});
