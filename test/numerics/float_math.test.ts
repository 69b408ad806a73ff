import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fmodF32, roundF32, sqrtF32 } from "../../src/numerics/float_exact.js";
import * as log from "../../src/numerics/float_log.js";
import { clampF32, expF32, sigmoidF32, tanhF32 } from "../../src/numerics/float_math.js";
import * as trig from "../../src/numerics/float_trig.js";
import { roundHalfEven } from "../../src/numerics/requantize.js";
import { erf } from "../../src/numerics/unary_functions.js";
import { RUNTIME_C, WARNINGS } from "../kernels/harness.js";

const run = promisify(execFile);

interface Case {
  readonly name: string;
  readonly twin: (x: number) => number;
  readonly real: (x: number) => number;
  /** Where the accuracy is measured, and how good it is: in ulp, plus an absolute part that is nearly always 0. */
  readonly low: number;
  readonly high: number;
  readonly ulps: number;
  readonly absolute?: number;
}

const row = (
  name: string,
  twin: Case["twin"],
  real: Case["real"],
  [low, high]: readonly [number, number],
  ulps: number,
  absolute = 0,
): Case => ({ name, twin, real, low, high, ulps, absolute });

const LARGE = [-3.4e38, 3.4e38] as const;

const FUNCTIONS: readonly Case[] = [
  row("nn_expf", expF32, Math.exp, [-87.33654, 88.72283], 1),
  row("nn_sigmoidf", sigmoidF32, (x) => 1 / (1 + Math.exp(-x)), [-87, 87], 3),
  row("nn_tanhf", tanhF32, Math.tanh, [-12, 12], 2),
  row("nn_floorf", Math.floor, Math.floor, LARGE, 0),
  row("nn_ceilf", Math.ceil, Math.ceil, LARGE, 0),
  row("nn_roundf", roundF32, roundHalfEven, LARGE, 0),
  row("nn_sqrtf", sqrtF32, Math.sqrt, [0, 3.4e38], 0.5),
  row("nn_logf", log.logF32, Math.log, [0, 3.4e38], 2),
  row("nn_log1pf", log.log1pF32, Math.log1p, [-1, 3.4e38], 3),
  row("nn_expm1f", log.expm1F32, Math.expm1, [-100, 88.7], 2),
  row("nn_sinhf", log.sinhF32, Math.sinh, [-89.4, 89.4], 4),
  row("nn_coshf", log.coshF32, Math.cosh, [-89.4, 89.4], 4),
  row("nn_asinhf", log.asinhF32, Math.asinh, LARGE, 4),
  row("nn_acoshf", log.acoshF32, Math.acosh, [1, 3.4e38], 4),
  row("nn_atanhf", log.atanhF32, Math.atanh, [-1, 1], 5),
  row("nn_softplusf", log.softplusF32, (x) => Math.log1p(Math.exp(x)), [-80, 80], 4),
  row("nn_mishf", log.mishF32, (x) => x * Math.tanh(Math.log1p(Math.exp(x))), [-80, 80], 6),
  row("nn_erff", log.erfF32, erf, [-6, 6], 3),
  row("nn_geluf", log.geluF32, (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), [-8, 8], 4, 5e-7),
  row("nn_gelu_tanhf", log.geluTanhF32, geluTanh, [-8, 8], 4, 1e-6),
  row("nn_sinf", trig.sinF32, Math.sin, LARGE, 3),
  row("nn_cosf", trig.cosF32, Math.cos, LARGE, 3),
  row("nn_tanf", trig.tanF32, Math.tan, LARGE, 4),
  row("nn_asinf", trig.asinF32, Math.asin, [-1, 1], 3),
  row("nn_acosf", trig.acosF32, Math.acos, [-1, 1], 3),
  row("nn_atanf", trig.atanF32, Math.atan, LARGE, 3),
];

function geluTanh(x: number): number {
  return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

const PAIRS = [
  { name: "nn_powf", twin: log.powF32, real: (x: number, y: number) => x ** y, ulps: 2 },
  { name: "nn_fmodf", twin: fmodF32, real: (x: number, y: number) => x % y, ulps: 0 },
];

/** Deterministic bit patterns: every exponent, both signs. */
function randomBits(count: number, seed: number): Uint32Array {
  const bits = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bits[i] = state ^ (state >>> 15);
  }
  return bits;
}

const COUNT = 100_000;
const EDGES = [
  ...[0, 0.625, 87.33654, 88.72283, 2 ** -126, 2 ** -149, 2 ** -24, 3.4028234e38, Infinity, NaN, 0.34657359],
  ...[1, 0.5, 1.5, 2.5, 2 ** 23, 2 ** 24, 17.5, 88, 89.4, 4096, 20, 0.921875, 4, 1024, 2.41421366, 0.414213568],
  ...[Math.SQRT2, Math.SQRT1_2, ...[1, 2, 3, 4, 100, 2000].map((k) => (k * Math.PI) / 2)],
];

/** Any bit pattern, then values within [low, high], near zero and in [-64, 64], and those where branches meet. */
function samples(low: number, high: number): Float32Array {
  const wild = new Float32Array(randomBits(COUNT, 1).buffer);
  const inside = Float32Array.from(randomBits(COUNT, 2), (u) => low + (high - low) * (u / 2 ** 32));
  const small = Float32Array.from(randomBits(COUNT, 3), (u) => (u / 2 ** 31 - 1) * 1.5);
  const usual = Float32Array.from(randomBits(COUNT, 4), (u) => (u / 2 ** 31 - 1) * 64);
  const around = new Float32Array(EDGES.flatMap((x) => [x, -x, ...nextTo(x), ...nextTo(-x)]));
  return new Float32Array([...wild, ...inside, ...small, ...usual, ...around]);
}

function nextTo(x: number): number[] {
  const value = Float32Array.of(x);
  const bits = new Int32Array(value.buffer);
  const at = bits[0];
  return [-2, -1, 1, 2].map((step) => {
    bits[0] = at + step;
    return value[0];
  });
}

/** Values in float32 steps at `real`; results below FLT_MIN count in steps of FLT_MIN's binade. */
function ulpError(got: number, real: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(real))));
  return Math.abs(got - real) / 2 ** (exponent - 23);
}

let folder: string;
let binary: string;

/** One C program for all functions: its first argument is the name of one. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "float-math-"));
  binary = join(folder, "main");
  await writeFile(`${binary}.c`, program());
  const sanitize = ["-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all"];
  await run("cc", [...WARNINGS, ...sanitize, "-I", join(RUNTIME_C, "include"), `${binary}.c`, "-o", binary]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the C function gives for values, or for pairs of them. */
async function runC(name: string, x: Float32Array): Promise<Float32Array> {
  const at = (file: string) => join(folder, `${name}.${file}`);
  await writeFile(at("x"), new Uint8Array(x.buffer));
  await run(binary, [name, at("x"), at("y")]);
  const bytes = await readFile(at("y"));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function program(): string {
  const unary = FUNCTIONS.map(({ name }) => `    if (strcmp(argv[1], "${name}") == 0) one = ${name};\n`).join("");
  const pairs = PAIRS.map(({ name }) => `    if (strcmp(argv[1], "${name}") == 0) two = ${name};\n`).join("");
  return `#include <stdio.h>
#include <string.h>
#include "nn_math_log.h"
#include "nn_math_trig.h"

int main(int argc, char **argv) {
    float (*one)(float) = NULL;
    float (*two)(float, float) = NULL;
    FILE *in = fopen(argv[argc - 2], "rb");
    FILE *out = fopen(argv[argc - 1], "wb");
${unary}${pairs}
    float x[2];
    const size_t count = two ? 2 : 1;
    while (in && out && fread(x, sizeof x[0], count, in) == count) {
        const float y = two ? two(x[0], x[1]) : one(x[0]);
        fwrite(&y, sizeof y, 1, out);
    }
    return !(in && out && fclose(in) == 0 && fclose(out) == 0);
}
`;
}

describe.each(FUNCTIONS)("$name", ({ name, twin, real, low, high, ulps, absolute = 0 }) => {
  const x = samples(low, high);

  test(`is within ${ulps} ulp of the real function`, () => {
    let worst = 0;
    let at = 0;
    for (const value of x) {
      if (!(value >= low && value <= high)) continue;
      const [got, expected] = [twin(value), real(value)];
      if (got === Math.fround(expected) || Math.abs(got - expected) <= absolute) continue;
      const error = ulpError(got, expected);
      if (error > worst || Number.isNaN(error)) [worst, at] = [error, value];
    }
    expect(worst, `at ${at}: ${twin(at)}`).toBeLessThanOrEqual(ulps);
  });

  test("equals its C twin in every bit", async () => {
    const c = await runC(name, x);
    expect(c.length).toBe(x.length);
    const difference = x.findIndex((value, i) => !Object.is(twin(value), c[i]));
    expect(difference < 0 ? "none" : `${x[difference]}: ${twin(x[difference])}, C ${c[difference]}`).toBe("none");
  });
});

describe.each(PAIRS)("$name", ({ name, twin, real, ulps }) => {
  const special = EDGES.flatMap((x) => [x, -x, ...nextTo(x), ...nextTo(-x)]).filter((_, i) => i % 3 < 2);
  special.push(2, 3, -2, -3, 5, 0.25, 7, -0.5);
  const crossed = special.flatMap((x) => special.flatMap((y) => [x, y]));
  const wild = new Float32Array(randomBits(2 * COUNT, 5).buffer);
  const usual = Float32Array.from(randomBits(2 * COUNT, 6), (u, i) => (i % 2 ? (u / 2 ** 31 - 1) * 20 : u / 2 ** 27));
  const near = Float32Array.from(randomBits(2 * COUNT, 7), (u, i) => (i % 2 ? u / 2 ** 22 : 0.9 + u / 2 ** 34));
  const x = new Float32Array([...crossed, ...wild, ...usual, ...near]);

  test(`is within ${ulps} ulp of the real function, special cases as in C`, () => {
    let worst = 0;
    let at = 0;
    for (let i = 0; i < x.length; i += 2) {
      const got = twin(x[i], x[i + 1]);
      // JavaScript has NaN for 1 to the power of NaN or infinity, and for -1; C has 1.
      const expected =
        name === "nn_powf" && Math.abs(x[i]) === 1 && !Number.isInteger(x[i + 1]) ? got : real(x[i], x[i + 1]);
      if (Object.is(got, Math.fround(expected)) || (got === 0 && Math.abs(expected) < 2 ** -126)) continue;
      const error = ulpError(got, expected);
      if (error > worst || !Number.isFinite(error)) [worst, at] = [Number.isFinite(error) ? error : Infinity, i];
    }
    expect(worst, `at ${x[at]}, ${x[at + 1]}: ${twin(x[at], x[at + 1])}`).toBeLessThanOrEqual(ulps);
  });

  test("equals its C twin in every bit", async () => {
    const c = await runC(name, x);
    expect(c.length).toBe(x.length / 2);
    const difference = c.findIndex((value, i) => !Object.is(twin(x[2 * i], x[2 * i + 1]), value));
    const [a, b] = x.subarray(2 * difference, 2 * difference + 2);
    expect(difference < 0 ? "none" : `${a}, ${b}: ${twin(a, b)}, C ${c[difference]}`).toBe("none");
  });
});

test("powers that are whole numbers below 2^24 are exact", () => {
  for (let x = 2; x < 4096; x++) {
    for (let y = 1; x ** y < 2 ** 24; y++) expect(log.powF32(x, y)).toBe(x ** y);
  }
});

test("exp overflows to Infinity, underflows to 0 and keeps NaN", () => {
  expect([89, Infinity, -88, -Infinity, NaN, 0].map(expF32)).toEqual([Infinity, Infinity, 0, 0, NaN, 1]);
});

test("sigmoid and tanh saturate and keep NaN", () => {
  expect([100, -100, Infinity, -Infinity, NaN, 0].map(sigmoidF32)).toEqual([1, 0, 1, 0, NaN, 0.5]);
  expect([20, -20, Infinity, -Infinity, NaN].map(tanhF32)).toEqual([1, -1, 1, -1, NaN]);
});

test("tanh keeps full relative precision near 0", () => {
  for (const x of [1e-3, 1e-10, 1e-30, 2 ** -126])
    expect(tanhF32(Math.fround(x)) / Math.tanh(Math.fround(x))).toBeCloseTo(1, 6);
});

test("clamp keeps NaN and takes infinite bounds", () => {
  expect(clampF32(NaN, -1, 1)).toBeNaN();
  expect([-2, 0.5, 2].map((x) => clampF32(x, -1, 1))).toEqual([-1, 0.5, 1]);
  expect([-2, Infinity].map((x) => clampF32(x, -Infinity, Infinity))).toEqual([-2, Infinity]);
  expect([-2, 0, 2].map((x) => clampF32(x, 1, -1))).toEqual([-1, -1, -1]);
});
