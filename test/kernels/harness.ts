/**
 * Runs a kernel's C function on the host and compares it with the TypeScript `run`, byte for byte.
 *
 * All cases of a kernel go into one C program (compiling dominates), built with the warnings of the product and with
 * the address and undefined-behaviour sanitisers. Outputs start out poisoned, differently on both sides, so that an
 * element which is not written shows. Every [input, output] pair of `inPlace` is tried in place too, and the output over
 * the input as far as `lead` allows.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { kernelFile } from "../../src/emit/library.js";
import { newArray, type TypedArray } from "../../src/graph/ir.js";
import type { StorageType } from "../../src/graph/program.js";
import type { CFunction, Kernel, ParamField, Params } from "../../src/kernels/kernel.js";

const run = promisify(execFile);

export const RUNTIME_C = fileURLToPath(new URL("../../runtime-c", import.meta.url));

/** Warning flags under which every kernel compiles, with every compiler. */
export const WARNINGS = [
  "-std=c99",
  "-Wall",
  "-Wextra",
  "-Wpedantic",
  "-Wconversion",
  "-Wshadow",
  "-Werror",
  "-ffp-contract=off",
];

/** One call of a kernel. The element type of inputs and constants is that of their arrays. */
export interface KernelCase<P extends Params = Params> {
  readonly params: P;
  readonly inputs: readonly TypedArray[];
  readonly constants?: Readonly<Record<string, TypedArray>>;
  readonly outputs: readonly { readonly type: StorageType; readonly count: number }[];
}

/** A call of a C function to print. */
export interface CCall extends Omit<KernelCase, "constants"> {
  readonly cFunction: CFunction;
  readonly constants: Readonly<Record<string, TypedArray>>;
  readonly scratchBytes: number;
  /** One [input, output] pair that shares its bytes. */
  readonly shared?: readonly [number, number];
  /** The only output starts so many bytes before the first input, and may overlap it. */
  readonly lead?: number;
}

/** A call to make: a case, out of place or with one [input, output] pair sharing its bytes. */
interface Call {
  readonly kernel: Kernel;
  readonly of: KernelCase;
  readonly shared?: readonly [number, number];
  readonly lead?: number;
}

/** Runs every case in TypeScript and in C and expects equal bytes; returns what `run` gave, per case and output. */
export async function expectTwinsAgree(kernel: Kernel, cases: readonly KernelCase[]): Promise<TypedArray[][]> {
  return expectAllTwinsAgree(cases.map((of) => ({ kernel, of })));
}

/** The same for cases of several kernels, in one C program. */
export async function expectAllTwinsAgree(
  cases: readonly { readonly kernel: Kernel; readonly of: KernelCase }[],
): Promise<TypedArray[][]> {
  const calls = cases.flatMap(({ kernel, of }): Call[] => [
    { kernel, of },
    ...inPlacePairs(kernel, of).map((shared) => ({ kernel, of, shared })),
    ...(kernel.lead ? [{ kernel, of, lead: alignedLead(kernel.lead(of.params), of) }] : []),
  ]);
  const actual = await runCalls(calls);
  const results: TypedArray[][] = [];
  calls.forEach((call, index) => {
    const { kernel } = call;
    const outputs = runTypeScript(kernel, call.of, call.shared);
    if (!call.shared && call.lead === undefined) results.push(outputs);
    outputs.forEach((output, k) => {
      const [host, c] = [bytesOf(withOneNaN(output)), bytesOf(withOneNaN(sameType(output, actual[index][k])))];
      const at = host.findIndex((byte, i) => byte !== c[i]);
      if (at < 0 && host.length === c.length) return;
      const element = Math.floor(at / output.BYTES_PER_ELEMENT);
      expect.fail(
        `${kernel.name}, case ${cases.findIndex(({ of }) => of === call.of)}${howOf(call)}, output ${k}, ` +
          `element ${element}: run gives ${output[element]}, C bytes differ at ${at}; ${JSON.stringify(call.of.params)}`,
      );
    });
  });
  return results;
}

/** The planner places tensors at multiples of 16 bytes: here those of an element are kept. */
function alignedLead(lead: number, { inputs }: KernelCase): number {
  const size = inputs[0].BYTES_PER_ELEMENT;
  return Math.ceil(lead / size) * size;
}

function howOf({ shared, lead }: Pick<Call, "shared" | "lead">): string {
  return shared ? ` in place [${shared}]` : lead === undefined ? "" : ` with lead ${lead}`;
}

/** The host reference on one case, into poisoned outputs. */
export function runTypeScript(kernel: Kernel, of: KernelCase, shared?: readonly [number, number]): TypedArray[] {
  const outputs = of.outputs.map(({ type, count }, k) => {
    if (shared?.[1] === k) return of.inputs[shared[0]].slice();
    const output = newArray(type, count);
    bytesOf(output).fill(0x5a);
    return output;
  });
  const inputs = of.inputs.map((input, k) => (shared?.[0] === k ? outputs[shared[1]] : input));
  kernel.run(of.params, { inputs, outputs, constants: of.constants ?? {} });
  return outputs;
}

/** The bytes of the C function's outputs, per case and output. */
export function runC(kernel: Kernel, cases: readonly KernelCase[]): Promise<Uint8Array[][]> {
  return runCalls(cases.map((of) => ({ kernel, of })));
}

async function runCalls(calls: readonly Call[]): Promise<Uint8Array[][]> {
  const kernels = [...new Set(calls.map(({ kernel }) => kernel))];
  const folder = await mkdtemp(join(tmpdir(), `${kernels[0].name}-`));
  try {
    const [source, program] = [join(folder, "main.c"), join(folder, "main")];
    await writeFile(source, programText(calls.map(cCall)));
    for (const { name } of kernels) {
      await writeFile(join(folder, `${name}.c`), kernelFile(name, "c"));
      await writeFile(join(folder, `${name}.h`), kernelFile(name, "h"));
    }
    const kernelSources = kernels.map(({ name }) => join(folder, `${name}.c`));
    const sanitize = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    const include = ["-I", join(RUNTIME_C, "include")];
    await run("cc", [...WARNINGS, ...sanitize, ...include, ...kernelSources, source, "-lm", "-o", program]);
    const { stdout } = await run(program, { maxBuffer: 2 ** 28 });
    const lines = stdout.split("\n");
    return calls.map(({ of }) => of.outputs.map(() => Uint8Array.from(Buffer.from(lines.shift() ?? "", "hex"))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inPlacePairs(kernel: Kernel, of: KernelCase): (readonly [number, number])[] {
  return kernel.inPlace.filter(([input, output]) => {
    const { type, count } = of.outputs[output];
    const result = newArray(type, count);
    const given = of.inputs[input];
    return given.byteLength === result.byteLength && given.BYTES_PER_ELEMENT === result.BYTES_PER_ELEMENT;
  });
}

/** The bytes as an array of the type of `like`. */
function sameType(like: TypedArray, bytes: Uint8Array): TypedArray {
  const View = like.constructor as new (buffer: ArrayBufferLike) => TypedArray;
  return new View(bytes.slice().buffer);
}

/** Sign and payload of NaN are nobody's business. */
function withOneNaN(array: TypedArray): TypedArray {
  return array instanceof Float32Array ? array.map((x) => (Number.isNaN(x) ? Number.NaN : x)) : array;
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function cCall({ kernel, of, shared, lead }: Call): CCall {
  const scratchBytes = kernel.scratch(of.params);
  const how = { ...(shared && { shared }), ...(lead !== undefined && { lead }) };
  return { ...of, cFunction: kernel, constants: of.constants ?? {}, scratchBytes, ...how };
}

const PRINT_STDIO = `#include <stdio.h>

static void print(const void *data, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        printf("%02x", ((const unsigned char *)data)[i]);
    }
    printf("\\n");
}
`;

/** A C program that makes the calls and prints the bytes of every output as a line. @param print defines print() */
export function programText(calls: readonly CCall[], print = PRINT_STDIO): string {
  const functions = calls.map(callText);
  const names = [...new Set(calls.map(({ cFunction }) => cFunction.name))];
  return `#include <math.h>
#include <string.h>
${names.map((name) => `#include "${name}.h"`).join("\n")}
${print}
${functions.join("\n")}
int main(void) {
${calls.map((_, index) => `    call${index}();\n`).join("")}    return 0;
}
`;
}

function callText(of: CCall, index: number): string {
  const { cFunction: kernel, shared, lead, scratchBytes: scratch } = of;
  const constants = kernel.constants.map(({ name, type }) => {
    const data = of.constants[name];
    if (!data || C_TYPES[elementType(data)] !== C_TYPES[type])
      throw new Error(`${kernel.name}: constant ${name} is no ${type} array`);
    return data;
  });
  if (kernel.inputs !== "variadic" && kernel.inputs !== of.inputs.length)
    throw new Error(`${kernel.name} takes ${kernel.inputs} inputs, the case has ${of.inputs.length}`);
  const inputNames = of.inputs.map((_, k) => (shared?.[0] === k ? `out${shared[1]}.values` : `in${k}.values`));
  const inputArguments = kernel.inputs === "variadic" ? ["inputs"] : inputNames;
  if (lead !== undefined) return overlappingText(of, lead, index);
  const outputs = of.outputs.map(({ type, count }, k) =>
    shared?.[1] === k
      ? table(`out${k}`, of.inputs[shared[0]], "")
      : `static union { ${C_TYPES[type]} values[${count}]; } out${k};`,
  );
  const args = [
    "&params",
    ...inputArguments,
    ...constants.map((_, k) => `table${k}.values`),
    ...(scratch > 0 ? ["scratch"] : []),
    ...of.outputs.map((_, k) => `out${k}.values`),
  ];
  const lines = [
    `static const ${kernel.name}_params params = {${paramsText(kernel.params, of.params)}};`,
    ...of.inputs.map((input, k) => (shared?.[0] === k ? "" : table(`in${k}`, input, "const "))),
    ...(kernel.inputs === "variadic" ? [`const void *const inputs[] = {${inputNames.join(", ")}};`] : []),
    ...constants.map((data, k) => table(`table${k}`, data, "const NN_FLASH ")),
    ...(scratch > 0 ? [`static uint8_t scratch[${scratch}] __attribute__((aligned(16)));`] : []),
    ...outputs,
    ...of.outputs.map((_, k) => (shared?.[1] === k ? "" : `memset(&out${k}, 0xa5, sizeof out${k});`)),
    `${kernel.name}(${args.join(", ")});`,
    ...of.outputs.map((_, k) => `print(&out${k}, sizeof out${k});`),
  ];
  return `static void call${index}(void) {\n    ${lines.filter(Boolean).join("\n    ")}\n}\n`;
}

/** The call with its output `lead` bytes before its input, in one buffer. */
function overlappingText(of: CCall, lead: number, index: number): string {
  const { cFunction, constants, scratchBytes } = of;
  const [{ type, count }] = of.outputs;
  const bytes = newArray(type, count).byteLength;
  const at = Math.max(0, lead);
  const from = at - lead;
  const size = Math.max(at + of.inputs[0].byteLength, from + bytes);
  const tables = cFunction.constants.map(({ name }) => constants[name]);
  const args = [
    "&params",
    `(void *)(memory + ${at})`,
    ...tables.map((_, k) => `table${k}.values`),
    ...(scratchBytes > 0 ? ["scratch"] : []),
    `(void *)(memory + ${from})`,
  ];
  const lines = [
    `static const ${cFunction.name}_params params = {${paramsText(cFunction.params, of.params)}};`,
    table("in0", of.inputs[0], "const "),
    ...tables.map((data, k) => table(`table${k}`, data, "const NN_FLASH ")),
    ...(scratchBytes > 0 ? [`static uint8_t scratch[${scratchBytes}] __attribute__((aligned(16)));`] : []),
    `static uint8_t memory[${size}] __attribute__((aligned(16)));`,
    `memcpy(memory + ${at}, in0.values, sizeof in0);`,
    `${cFunction.name}(${args.join(", ")});`,
    `print(memory + ${from}, ${bytes});`,
  ];
  return `static void call${index}(void) {\n    ${lines.join("\n    ")}\n}\n`;
}

export const C_TYPES: Record<StorageType, string> = {
  int8: "int8_t",
  uint8: "uint8_t",
  int16: "int16_t",
  uint16: "uint16_t",
  int32: "int32_t",
  uint32: "uint32_t",
  float32: "float",
  int64: "int64_t",
  uint64: "uint64_t",
  bool: "uint8_t",
};

function elementType(array: TypedArray): StorageType {
  const type = array.constructor.name.replace(/Array|Big/g, "").toLowerCase() as StorageType;
  if (!(type in C_TYPES)) throw new Error(`a kernel has no ${array.constructor.name}`);
  return type;
}

/** A static array; floats go in as bit patterns, so NaN payloads and signs survive. */
function table(name: string, data: TypedArray, qualifier: string): string {
  const type = elementType(data);
  const count = data.length;
  if (type !== "float32") {
    const values = Array.from(data as ArrayLike<number | bigint>, integerText);
    return `static ${qualifier}union { ${C_TYPES[type]} values[${count}]; } ${name} = {{${values.join(",")}}};`;
  }
  const bits = new Uint32Array(data.buffer, data.byteOffset, count);
  return `static ${qualifier}union { uint32_t bits[${count}]; float values[${count}]; } ${name} = {{${Array.from(bits, integerText).join(",")}}};`;
}

function paramsText(fields: readonly ParamField[], params: Params): string {
  const names = fields.map(({ name }) => name);
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown) throw new Error(`params have no field ${unknown}`);
  return fields
    .map(({ name, type, length }) => {
      const value = params[name];
      const values = typeof value === "number" ? [value] : (value ?? []);
      if (values.length !== (length ?? 1)) throw new Error(`params.${name} has ${values.length} values`);
      const text = values.map(type === "float" ? floatText : integerText).join(", ");
      return `.${name} = ${length === undefined ? text : `{${text}}`}`;
    })
    .join(", ");
}

function integerText(value: number | bigint): string {
  if (typeof value === "bigint") {
    if (value === -(2n ** 63n)) return "(-INT64_C(9223372036854775807) - 1)";
    return value >= 2n ** 63n ? `UINT64_C(${value})` : `INT64_C(${value})`;
  }
  if (!Number.isInteger(value)) throw new Error(`${value} is no integer`);
  if (value === -(2 ** 31)) return "(-2147483647 - 1)";
  return value >= 2 ** 31 ? `${value}u` : String(value);
}

function floatText(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return "NAN";
  if (!Number.isFinite(single)) return single > 0 ? "INFINITY" : "-INFINITY";
  return `${Object.is(single, -0) ? "-0.0" : single.toExponential()}f`;
}
