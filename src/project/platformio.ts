/** The PlatformIO project around the libraries of one or several models: every file as path -> content. */
import { readFileSync } from "node:fs";
import type { Compiled } from "../compile.js";
import type { Board } from "../device/boards.js";
import { FIRST_BAUD } from "../device/link/definition.js";
import { cFloat, cTypeOf } from "../emit/c_literals.js";
import { libraryFiles } from "../emit/library.js";
import { type Manifest, manifestOf } from "../emit/manifest.js";
import { render } from "../emit/templates.js";
import { arenaAddress, modelView } from "../emit/view.js";
import { hexadecimal } from "../emit/weights.js";
import { UserError } from "../errors.js";
import { bytesPerElement, elementCount } from "../graph/ir.js";
import type { Program } from "../graph/program.js";
import { storeProgram } from "../host/store.js";
import { packagePath, toolVersion } from "../io/package_path.js";
import { tensorBytes } from "../plan/dataflow.js";
import type { Plan } from "../plan/plan.js";
import { BUNDLED_PLATFORM, bundledPlatform } from "./pio_platform.js";
import { checkImagesApart, imageAddress, weightsFiles } from "./weights.js";

const LINK_FILES = ["link.c", "link.h", "link_frame.c", "link_frame.h", "link_messages.h"];
const MLPERF_FILES = ["link_mlperf.c", "link_mlperf.h"];

/** Payloads of a link whose board buffers a whole frame while it is busy (runtime-c/link/link_frame.h). */
const PAYLOAD_LEAST = 32;
const PAYLOAD_MOST = 1034;
const FRAME_OVERHEAD = 12;

export interface FirmwareOptions {
  /** The firmware understands the text dialect of the MLPerf Tiny runner, too. */
  readonly mlperf?: boolean;
}

/** Path -> content. */
export type ProjectFiles = Map<string, string | Uint8Array>;

/** What a project keeps of a model: enough to print its C again, and to run it on the host. */
export interface ProjectModel {
  readonly manifest: Manifest;
  readonly program: Program;
  readonly plan: Plan;
  /** Absent for a model that came quantised. */
  readonly float?: Program;
}

/** Manifest and host reference of a model, path -> text: what `openProject` reads back. */
export function modelRecords({ manifest, program, plan, float }: ProjectModel): Map<string, string> {
  const { name } = manifest;
  return new Map([
    [`${name}_manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`],
    [`reference/${name}/firmware.json`, storeProgram(program)],
    [`reference/${name}/plan.json`, `${JSON.stringify(plan)}\n`],
    ...(float ? [[`reference/${name}/float.json`, storeProgram(float)] as const] : []),
  ]);
}

/** Where each layer's first output lies, as main.c streams it. */
function layerViews({ program, plan, manifest }: ProjectModel) {
  return plan.steps.map((index) => {
    const [id] = program.steps[index].outputs;
    const tensor = program.tensors[id];
    const placement = plan.placements[id];
    const bytes = elementCount(tensor.shape) * bytesPerElement(tensor.type);
    const data =
      placement.region === "arena"
        ? arenaAddress(plan, placement.offset)
        : `${manifest.name}_${placement.region}_${placement.index}`;
    return { data, bytes };
  });
}

/** @param source file name and sha256 of the model, for the manifest */
export function platformioProject(
  compiled: Compiled,
  board: Board,
  source: { file: string; sha256: string },
  options: FirmwareOptions = {},
): ProjectFiles {
  const { program, plan, float } = compiled;
  const model = { manifest: manifestOf(compiled, board.name, source), program, plan, float };
  return firmwareProject([model], board, options);
}

/** Largest payload of the link on a board, bytes: a whole frame fits what it buffers while it is busy. */
export function linkPayload({ serial, build }: Board): number {
  const own = build?.defines.find(([name]) => name === "LINK_PAYLOAD_MAX")?.[1];
  if (own !== undefined) return Number(own);
  if (!serial) return PAYLOAD_MOST;
  // A frame has a type, a number, a CRC, delimiters and the overhead of COBS besides its body.
  return Math.max(PAYLOAD_LEAST, Math.min(PAYLOAD_MOST, serial.receiveBytes - FRAME_OVERHEAD));
}

const BOARD_HEADER = ["src/board.h", ["sim", "support", "board.h"]] as const;

/** What a framework needs beside main.c: path in the project, and where it comes from below boards/. */
const FRAMEWORK_FILES: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  arduino: [["src/board.cpp", ["arduino", "board.cpp"]], BOARD_HEADER],
  espidf: [
    ["src/board.c", ["espidf", "board.c"]],
    BOARD_HEADER,
    ["src/CMakeLists.txt", ["espidf", "CMakeLists.txt"]],
    ["sdkconfig.defaults", ["espidf", "sdkconfig.defaults"]],
  ],
};

/** What the framework's board.cpp and the link ask for; a bundled platform has its own. */
function frameworkDefines(board: Board): string[] {
  const { serial } = board;
  if (!serial) return [];
  return [
    `BOARD_BAUD=${FIRST_BAUD}`,
    `BOARD_BAUD_MAX=${serial.native ? 0 : serial.maxBaud}`,
    `LINK_PAYLOAD_MAX=${linkPayload(board)}`,
  ];
}

function mlperfInputBytes({ program }: ProjectModel): number {
  if (program.inputs.length === 1) return tensorBytes(program.tensors[program.inputs[0]]);
  throw new UserError("E_USAGE", "the MLPerf Tiny runner knows models with one input only; leave --mlperf out");
}

/** How an element of output 0 becomes a real number, as main.c does it for the MLPerf runner. */
function valueView({ program }: ProjectModel) {
  const { type, scale, zeroPoint = 0 } = program.tensors[program.outputs[0]];
  return {
    valueType: cTypeOf(type),
    valueBytes: bytesPerElement(type),
    valueScale: scale === undefined ? "" : cFloat(scale),
    valueZeroPoint: zeroPoint,
  };
}

/** What somebody has to do whose weights lie outside the firmware: the same in every format. */
export function weightsGuide(view: ReturnType<typeof modelView>, board: Board): Map<string, string> {
  if (!view.weights.isImage) return new Map();
  return new Map([[`${view.name}_weights.md`, render("library/weights.md", { ...view, board })]]);
}

/** Parts of arenas in further memories of the board, shared like the arena itself, and where the linker puts them. */
function sharedArenas(views: readonly Pick<ReturnType<typeof modelView>, "arenas">[], board: Board) {
  return board.memory.ram.flatMap(({ name, section = "", origin = 0, bytes, inScript = false }, memory) => {
    const largest = Math.max(
      0,
      ...views.flatMap(({ arenas }) => arenas).map((of) => (of.memory === memory ? of.bytes : 0)),
    );
    if (largest === 0) return [];
    const region = { region: name, section, inScript, originText: hexadecimal(origin), regionBytes: bytes };
    return [{ field: `arena_${memory}`, bytes: largest, ...region }];
  });
}

/** @param models with different names, in the order in which the link numbers them */
export function firmwareProject(
  models: readonly ProjectModel[],
  board: Board,
  { mlperf = false }: FirmwareOptions = {},
): ProjectFiles {
  const bundled = board.platformio.platform === "bundled";
  checkImagesApart(models, board);
  const cView = ({ program, plan, manifest }: ProjectModel) =>
    modelView(program, plan, manifest.name, manifest.weights);
  const views = models.map((model) => ({
    ...cView(model),
    imageAddress: hexadecimal(imageAddress(board, model.manifest.weights) ?? 0),
    layers: layerViews(model),
    ...{ mlperf, ...valueView(model) },
  }));
  const arenas = sharedArenas(views, board);
  const scene = {
    toolVersion,
    models: views,
    several: models.length > 1,
    names: views.map(({ name }) => name).join(", "),
    // The models run one at a time.
    arenaBytes: Math.max(1, ...views.map(({ arenaBytes }) => arenaBytes)),
    alignment: Math.max(...views.map(({ alignment }) => alignment)),
    arenas,
    needsScript: arenas.some(({ inScript }) => !inScript),
    board,
    bundled,
    platform: bundled ? BUNDLED_PLATFORM : board.platformio.platform,
    framework: board.platformio.framework ?? "",
    baud: FIRST_BAUD,
    defines: frameworkDefines(board),
    mlperf,
    mlperfInputBytes: mlperf ? mlperfInputBytes(models[0]) : 0,
  };
  const library = (library: string, description: string) =>
    render("platformio/library.json", { library, description, version: toolVersion });
  const files: ProjectFiles = new Map<string, string | Uint8Array>([
    ["platformio.ini", render("platformio/platformio.ini", scene)],
    ["README.md", render("platformio/README.md", scene)],
    [".gitignore", ".pio/\n"],
    ...(scene.needsScript ? [["memory.ld", render("platformio/memory.ld", scene)] as const] : []),
    ["src/main.c", render("platformio/main.c", scene)],
    ["lib/onnx2mcu_link/library.json", library("onnx2mcu_link", "Link between onnx2mcu and its firmware")],
  ]);
  for (const model of models) {
    // A package that becomes firmware is a package no more.
    const { format: _, mlperf: __, ...described } = model.manifest;
    const manifest: Manifest = mlperf ? { ...described, mlperf } : described;
    const { name } = manifest;
    for (const [path, text] of modelRecords({ ...model, manifest })) files.set(path, text);
    for (const [path, bytes] of weightsFiles(model)) files.set(path, bytes);
    for (const [path, text] of weightsGuide(cView(model), board)) files.set(path, text);
    files.set(`lib/${name}/library.json`, library(name, "Neural network generated by onnx2mcu"));
    for (const [file, text] of libraryFiles(cView(model))) {
      files.set(`lib/${name}/src/${file}`, text);
    }
  }
  for (const file of [...LINK_FILES, ...(mlperf ? MLPERF_FILES : [])]) {
    files.set(`lib/onnx2mcu_link/src/${file}`, readFileSync(packagePath("runtime-c", "link", file), "utf8"));
  }
  for (const [path, source] of FRAMEWORK_FILES[board.platformio.framework ?? ""] ?? []) {
    files.set(path, readFileSync(packagePath("boards", ...source), "utf8"));
  }
  if (bundled) for (const [path, content] of bundledPlatform(board)) files.set(path, content);
  return files;
}
