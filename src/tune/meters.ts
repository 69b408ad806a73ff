/** Where kernels are measured: what builds a project, runs it once, and says what each of its layers took. */
import { openDevice } from "../device/device.js";
import { flashProject } from "../device/flash.js";
import { buildProject } from "../device/pio.js";
import { benchInputs, profileOf } from "../device/profile/bench_inputs.js";
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";

export interface MeasuredLayer {
  readonly cycles: number;
  /** Absent where nothing counts them. */
  readonly instructions?: number;
}

/** Layers of a project in the order of execution. Throws E_TOOL_..., E_PORT, E_LINK, E_SIGNATURE, E_USAGE. */
export type Meter = (project: Project) => Promise<readonly MeasuredLayer[]>;

/** Counts in the simulator of the project's board. */
export const simulatorMeter: Meter = async (project) => {
  await buildProject(project.folder, project.board);
  const { layers } = await profileOf(project);
  return layers.map(({ cycles, instructions }) => ({ cycles: cycles ?? instructions, instructions }));
};

/** Interrupts of the framework only ever add: the least of a few runs is the layer itself, with warm caches. */
const RUNS = 5;

/** Uploads to a board and reads its counter. @param port at which it is */
export function boardMeter(port: string, onStage: (stage: string) => void = () => {}): Meter {
  // USB of the chip itself may come back under another name.
  let at = port;
  return async (project) => {
    ({ port: at } = await flashProject(project, { port: at, onStage }));
    const device = await openDevice(project, { port: at, negotiate: false });
    try {
      const { cycleHz } = device.info;
      if (cycleHz === 0) {
        throw new UserError(
          "E_USAGE",
          `the firmware on ${project.board.name} has no counter of cycles to measure with; tune a project for a simulated board of the core ${project.board.core}, and give its costs to generate --costs`,
        );
      }
      onStage("measuring");
      const inputs = benchInputs(project);
      const pauses = project.plan.steps.map((_, layer) => layer);
      const ticks = pauses.map(() => Number.POSITIVE_INFINITY);
      for (let run = 0; run < RUNS; run++) {
        const { layers } = await device.run(inputs, { pauses });
        for (const { layer, cycles } of layers) ticks[layer] = Math.min(ticks[layer], cycles);
      }
      return ticks.map((count) => ({ cycles: Math.round((count * project.board.clockHz) / cycleHz) }));
    } finally {
      await device.close();
    }
  };
}
