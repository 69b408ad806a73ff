import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { clampF32, expF32, sigmoidF32, tanhF32 } from "../../src/numerics/float_math.js";
import { RUNTIME_C, WARNINGS } from "../kernels/harness.js";

const run = promisify(execFile);

const FUNCTIONS = [
  { name: "nn_exp_f32", twin: expF32, real: Math.exp, low: -87.33654, high: 88.72283, ulps: 1 },
  {
    name: "nn_sigmoid_f32",
    twin: sigmoidF32,
    real: (x: number) => 1 / (1 + Math.exp(-x)),
    low: -87,
    high: 87,
    ulps: 3,
  },
  { name: "nn_tanh_f32", twin: tanhF32, real: Math.tanh, low: -12, high: 12, ulps: 2 },
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

/** A third any bit pattern, a third within [low, high], a third near zero, and the values where branches meet. */
function samples(low: number, high: number): Float32Array {
  const third = 400_000;
  const wild = new Float32Array(randomBits(third, 1).buffer);
  const inside = Float32Array.from(randomBits(third, 2), (u) => low + (high - low) * (u / 2 ** 32));
  const small = Float32Array.from(randomBits(third, 3), (u) => (u / 2 ** 31 - 1) * 1.5);
  const edges = [0, 0.625, 87.33654, 88.72283, 2 ** -126, 2 ** -149, 2 ** -24, 3.4028234e38, Infinity, NaN, 0.34657359];
  const around = new Float32Array(edges.flatMap((x) => [x, -x, ...nextTo(x), ...nextTo(-x)]));
  return new Float32Array([...wild, ...inside, ...small, ...around]);
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

describe.each(FUNCTIONS)("$name", ({ name, twin, real, low, high, ulps }) => {
  const x = samples(low, high);

  test(`is within ${ulps} ulp of the real function`, () => {
    let worst = 0;
    for (const value of x) {
      if (!(value >= low && value <= high)) continue;
      worst = Math.max(worst, ulpError(twin(value), real(value)));
    }
    expect(worst).toBeLessThanOrEqual(ulps);
    expect(worst).toBeGreaterThan(0.4);
  });

  test("equals its C twin in every bit", async () => {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    try {
      const at = (file: string) => join(folder, file);
      await writeFile(at("main.c"), program(name));
      await writeFile(at("x"), new Uint8Array(x.buffer));
      await run("cc", [
        ...WARNINGS,
        "-O2",
        "-fsanitize=undefined",
        "-fno-sanitize-recover=all",
        ...["-I", join(RUNTIME_C, "include")],
        at("main.c"),
        "-o",
        at("main"),
      ]);
      await run(at("main"), [at("x"), at("y")]);
      const bytes = await readFile(at("y"));
      const c = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      expect(c.length).toBe(x.length);
      const difference = x.findIndex((value, i) => !Object.is(twin(value), c[i]));
      expect(difference < 0 ? "none" : `${x[difference]}: ${twin(x[difference])}, C ${c[difference]}`).toBe("none");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function program(name: string): string {
  return `#include <stdio.h>
#include "nn_math.h"

int main(int argc, char **argv) {
    FILE *in = fopen(argv[argc - 2], "rb");
    FILE *out = fopen(argv[argc - 1], "wb");
    float x;
    while (in && out && fread(&x, sizeof x, 1, in) == 1) {
        const float y = ${name}(x);
        fwrite(&y, sizeof y, 1, out);
    }
    return !(in && out && fclose(in) == 0 && fclose(out) == 0);
}
`;
}

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
