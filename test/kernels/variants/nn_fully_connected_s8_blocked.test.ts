import { describe } from "vitest";
import armv6m from "../../../src/kernels/variants/nn_fully_connected_s8_armv6m.js";
import rv32im from "../../../src/kernels/variants/nn_fully_connected_s8_rv32im.js";
import thumb2 from "../../../src/kernels/variants/nn_fully_connected_s8_thumb2.js";
import { sample } from "../arbitraries.js";
import { products } from "../fully_connected_s8_cases.js";
import { MACHINES } from "../simulator.js";
import { testAgreement } from "./blocked_variant.js";

describe.each([
  { variant: rv32im, machine: MACHINES.rv32imc },
  { variant: armv6m, machine: MACHINES["cortex-m0plus"] },
  { variant: thumb2, machine: MACHINES["cortex-m3"] },
])("$variant.name", ({ variant, machine }) => {
  // What is refused multiplies by 2^20.
  testAgreement("equals the plain kernel", variant, machine, sample(products, 120), 80);
});
