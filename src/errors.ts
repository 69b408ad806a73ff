/**
 * Everything that can go wrong for a user, with its code and exit status. The table in docs/errors.md is
 * generated from this file.
 */
import { oneLine } from "./quoted.js";

/** Exit statuses of the command line. */
export const EXIT = {
  ok: 0,
  comparisonFailed: 1,
  usage: 2,
  badModel: 3,
  badData: 4,
  doesNotFit: 5,
  tool: 6,
  /** As a shell gives it for a program that SIGINT or SIGTERM has ended. */
  interrupted: 130,
  terminated: 143,
} as const;

/** Code -> exit status and what it means for the user. */
export const ERROR_CODES = {
  E_USAGE: { exit: EXIT.usage, meaning: "An option is unknown, missing or has a value out of range." },
  E_NEEDS_CALIBRATION: {
    exit: EXIT.usage,
    meaning: "A float model needs --calibration data for int8 firmware, or --precision float32.",
  },
  E_BOARD_UNKNOWN: { exit: EXIT.usage, meaning: "No board file has that name; `onnx2mcu boards` lists them." },
  E_BOARD_INVALID: { exit: EXIT.usage, meaning: "A board file does not satisfy the board schema." },
  E_OUTPUT_NOT_EMPTY: {
    exit: EXIT.usage,
    meaning: "The output folder holds files but no manifest of ours, so nothing is written into it.",
  },
  E_OUTPUT_UNWRITABLE: { exit: EXIT.usage, meaning: "The output folder or file cannot be written." },
  E_NOT_A_PROJECT: { exit: EXIT.usage, meaning: "The folder is not a firmware project that onnx2mcu generated." },
  E_MODEL_NOT_FOUND: { exit: EXIT.badModel, meaning: "The model file does not exist or cannot be read." },
  E_MODEL_EMPTY: { exit: EXIT.badModel, meaning: "The model file is empty." },
  E_NOT_ONNX: { exit: EXIT.badModel, meaning: "The file is not an ONNX model, or it is truncated or damaged." },
  E_EXTERNAL_DATA: {
    exit: EXIT.badModel,
    meaning: "External tensor data is missing, too short or lies outside the folder of the model.",
  },
  E_OPSET: { exit: EXIT.badModel, meaning: "The model uses an operator set version that is not supported." },
  E_OPERATOR_UNSUPPORTED: {
    exit: EXIT.badModel,
    meaning: "An operator, or the form in which a node uses it, is not supported.",
  },
  E_OUT_OF_SCOPE: {
    exit: EXIT.badModel,
    meaning:
      "The model needs sequences, optionals, maps, strings, random numbers, training or image codecs, which have no place in firmware.",
  },
  E_DYNAMIC_SHAPE: {
    exit: EXIT.badModel,
    meaning: "A dimension is unknown at generation time; bind it with --shape input:1,3,96,96.",
  },
  E_NEEDS_CONSTANT: {
    exit: EXIT.badModel,
    meaning:
      "A value that decides shapes, or which of several programs runs, is computed at run time; bind the input that it comes from with --constant name:1,2.",
  },
  E_SHAPE: { exit: EXIT.badModel, meaning: "Shapes or attributes of a node contradict each other." },
  E_SHAPE_TOO_LARGE: { exit: EXIT.badModel, meaning: "A tensor is larger than any microcontroller could hold." },
  E_TYPE: { exit: EXIT.badModel, meaning: "A tensor has an element type that the operator does not take." },
  E_GRAPH_CYCLE: { exit: EXIT.badModel, meaning: "The nodes of the graph depend on each other in a circle." },
  E_GRAPH_MISSING_VALUE: {
    exit: EXIT.badModel,
    meaning: "A node reads a value that no input, initializer or node provides.",
  },
  E_GRAPH_DUPLICATE_NAME: { exit: EXIT.badModel, meaning: "Two values of the graph have the same name." },
  E_WEIGHTS_NOT_FINITE: { exit: EXIT.badModel, meaning: "A weight is NaN or infinite." },
  E_QUANTIZATION: { exit: EXIT.badModel, meaning: "Scales or zero points of a quantised model are invalid." },
  E_DATA_NOT_FOUND: { exit: EXIT.badData, meaning: "The data file does not exist or cannot be read." },
  E_DATA_FORMAT: { exit: EXIT.badData, meaning: "The data file is not a readable .npz, .npy or .csv file." },
  E_DATA_MISSING_ARRAY: { exit: EXIT.badData, meaning: "The data file lacks an array that is needed." },
  E_DATA_SHAPE: { exit: EXIT.badData, meaning: "The rows of the data do not have the shape of the model's input." },
  E_DATA_EMPTY: { exit: EXIT.badData, meaning: "The data has no rows." },
  E_DATA_NOT_FINITE: { exit: EXIT.badData, meaning: "The data contains NaN or infinite values." },
  E_DOES_NOT_FIT: { exit: EXIT.doesNotFit, meaning: "The model needs more flash or RAM than the board has." },
  E_TOOL_MISSING: {
    exit: EXIT.tool,
    meaning: "A program that is needed (PlatformIO, compiler, simulator) is missing.",
  },
  E_TOOL_FAILED: { exit: EXIT.tool, meaning: "A program that was started failed or took too long." },
  E_PORT: {
    exit: EXIT.tool,
    meaning: "The serial port is missing, in use, forbidden or was pulled, or the board at it takes no upload.",
  },
  E_LINK: { exit: EXIT.tool, meaning: "The board did not answer, or answered with something else than expected." },
  E_SIGNATURE: {
    exit: EXIT.tool,
    meaning: "The firmware that answers was generated from another model or by another version.",
  },
  E_INTERRUPTED: {
    exit: EXIT.interrupted,
    meaning: "Ctrl-C (SIGINT) came while another program was at work; that program was ended first.",
  },
  E_TERMINATED: {
    exit: EXIT.terminated,
    meaning: "SIGTERM came while another program was at work; that program was ended first.",
  },
  E_INTERNAL: { exit: EXIT.tool, meaning: "A defect of onnx2mcu itself; please report it with the model." },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error meant for the user: one line that names the place, the reason and the way out. */
export class UserError extends Error {
  override readonly name = "UserError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Name of the ONNX node (or value) the error is about, where there is one. */
    readonly node: string | null = null,
    /** Name of the value that must be a constant, for E_NEEDS_CONSTANT. */
    readonly value: string | null = null,
  ) {
    super(oneLine(message));
  }
  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** A defect of ours, not of the input: reported as E_INTERNAL. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new UserError("E_INTERNAL", `internal error: ${message}`);
}
