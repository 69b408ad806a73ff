/**
 * A look over the protobuf wire format before anything is decoded. Models are untrusted, and the decoder that
 * onnx-proto generates accepts over-long varints, ignores wire types, lets a message run past the end of its parent
 * and turns each byte of a packed integer list into an object of 40 bytes. What passes here decodes in bounded time
 * and memory.
 */
import { UserError } from "../errors.js";

/**
 * The messages of onnx.proto3 (ONNX 1.10, the ones that onnx-proto decodes, and the defaults of functions' attributes)
 * as field:contents. Newer fields are skipped by their wire type. int and float are single varints and 4-byte numbers; ints, floats and doubles may be
 * packed; bytes (and text) are opaque.
 */
const MESSAGES = {
  Model: "1:int 2:bytes 3:bytes 4:bytes 5:int 6:bytes 7:Graph 8:Opset 14:Entry 20:Training 25:Function",
  Graph: "1:Node 2:bytes 5:Tensor 10:bytes 11:Value 12:Value 13:Value 14:Annotation 15:Sparse",
  Node: "1:bytes 2:bytes 3:bytes 4:bytes 5:Attribute 6:bytes 7:bytes",
  Attribute:
    "1:bytes 2:float 3:int 4:bytes 5:Tensor 6:Graph 7:floats 8:ints 9:bytes 10:Tensor 11:Graph 13:bytes 14:Type " +
    "15:Type 20:int 21:bytes 22:Sparse 23:Sparse",
  Tensor:
    "1:ints 2:int 3:Segment 4:floats 5:ints 6:bytes 7:ints 8:bytes 9:bytes 10:doubles 11:ints 12:bytes 13:Entry 14:int",
  Segment: "1:int 2:int",
  Sparse: "1:Tensor 2:Tensor 3:ints",
  Value: "1:bytes 2:Type 3:bytes",
  Type: "1:TensorType 4:Sequence 5:Map 6:bytes 8:TensorType 9:Sequence",
  TensorType: "1:int 2:Shape",
  Sequence: "1:Type",
  Map: "1:int 2:Type",
  Shape: "1:Dimension",
  Dimension: "1:int 2:bytes 3:bytes",
  Annotation: "1:bytes 2:Entry",
  Entry: "1:bytes 2:bytes",
  Opset: "1:bytes 2:int",
  Training: "1:Graph 2:Graph 3:Entry 4:Entry",
  Function: "1:bytes 4:bytes 5:bytes 6:bytes 7:Node 8:bytes 9:Opset 10:bytes 11:Attribute",
} as const;

type Message = keyof typeof MESSAGES;
type Contents = "int" | "ints" | "float" | "floats" | "doubles" | "bytes" | Message;

const FIELDS = new Map<string, ReadonlyMap<number, Contents>>(
  Object.entries(MESSAGES).map(([message, fields]) => [
    message,
    new Map(fields.split(" ").map((field) => [Number(field.split(":")[0]), field.split(":")[1] as Contents])),
  ]),
);

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The wire type of an element of a number field. */
const ELEMENT: Partial<Record<Contents, number>> = {
  int: VARINT,
  ints: VARINT,
  float: FIXED32,
  floats: FIXED32,
  doubles: FIXED64,
};

const MAX_DEPTH = 64;
/** Estimated heap of the decoded model in bytes; raw tensor data is not copied and does not count. */
const MAX_COST = 128 * 2 ** 20;
const COST = { message: 400, varint: 48, fixed: 16, bytes: 64 } as const;

/**
 * @throws UserError E_NOT_ONNX when `bytes` are no well-formed ModelProto, or one that would take more than 128 MiB of
 * heap to decode.
 */
export function checkWire(bytes: Uint8Array): void {
  let at = 0;
  let cost = 0;

  function fail(reason: string): never {
    throw new UserError("E_NOT_ONNX", `not a readable ONNX model: ${reason} at byte ${at}; export it again`);
  }

  function spend(amount: number): void {
    cost += amount;
    if (cost > MAX_COST) fail(`more small parts than ${MAX_COST / 2 ** 20} MiB can hold`);
  }

  /** Moves past a varint and gives its low 49 bits. */
  function varint(end: number): number {
    let value = 0;
    let unit = 1;
    for (let length = 1; ; length++) {
      if (at >= end) fail("truncated number");
      const byte = bytes[at++];
      if (length === 10 && byte > 1) fail("number of more than 64 bits");
      if (length <= 7) value += (byte & 127) * unit;
      if (byte < 128) {
        if (byte === 0 && length > 1) fail("over-long number");
        return value;
      }
      unit *= 128;
    }
  }

  function skip(count: number, end: number): void {
    if (count > end - at) fail(`truncated: ${count} bytes expected, ${end - at} left`);
    at += count;
  }

  function number(wireType: number, end: number): void {
    if (wireType === VARINT) varint(end);
    else if (wireType === FIXED32) skip(4, end);
    else if (wireType === FIXED64) skip(8, end);
    else fail("invalid field type");
    spend(wireType === VARINT ? COST.varint : COST.fixed);
  }

  function delimited(contents: Contents | undefined, end: number, depth: number): void {
    const length = varint(end);
    const start = at;
    skip(length, end);
    if (contents === undefined || contents === "bytes") {
      spend(COST.bytes);
      return;
    }
    const stop = at;
    at = start;
    if (contents in MESSAGES) {
      message(contents as Message, stop, depth + 1);
    } else {
      if (contents === "int" || contents === "float") fail("invalid field type");
      while (at < stop) number(ELEMENT[contents]!, stop);
    }
  }

  function message(name: Message, end: number, depth: number): void {
    if (depth > MAX_DEPTH) fail(`messages nested more than ${MAX_DEPTH} deep`);
    spend(COST.message);
    const fields = FIELDS.get(name)!;
    while (at < end) {
      const tag = varint(end);
      const wireType = tag % 8;
      const field = Math.floor(tag / 8);
      if (field === 0 || field >= 2 ** 29) fail("invalid field");
      const contents = fields.get(field);
      if (wireType === LENGTH_DELIMITED) {
        delimited(contents, end, depth);
      } else {
        if (contents !== undefined && ELEMENT[contents] !== wireType) fail("invalid field type");
        number(wireType, end);
      }
    }
  }

  message("Model", bytes.length, 1);
}
