/** Before all tests: dist is what src says, because the simulators that run in Node are started from there. */
import { buildDist } from "./cli/run.js";

export const setup = buildDist;
