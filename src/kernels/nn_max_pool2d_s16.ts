import { defineKernel } from "./kernel.js";
import narrow, { type MaxPool2dS8Params } from "./nn_max_pool2d_s8.js";
import { windowLead, windowRows } from "./rows.js";

/** Twin of runtime-c/src/nn_max_pool2d_s16.c. */
export default defineKernel<MaxPool2dS8Params>({
  name: "nn_max_pool2d_s16",
  inputs: 1,
  outputs: 1,
  params: narrow.params,
  constants: [],
  inPlace: [],
  scratch: () => 0,
  rows: windowRows,
  lead: (p) => windowLead(p, 2 * p.channels, 2 * p.channels, 2),
  run: narrow.run,
});
