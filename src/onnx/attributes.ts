/** AttributeProto <-> attribute values of the IR. */
import { invariant, UserError } from "../errors.js";
import type { AttributeValue, Graph, Tensor } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { AttributeProto, GraphProto, Int64, TensorProto } from "./proto.js";
import { AttributeType, fromNumber, toNumber } from "./proto.js";

const utf8 = new TextDecoder();

export interface AttributeReaders {
  readonly tensor: (proto: TensorProto, what: string) => Tensor;
  readonly graph: (proto: GraphProto) => Graph;
}

/**
 * @param where node that the attribute belongs to, for messages.
 * @throws UserError E_NOT_ONNX for an attribute without a value, E_OPERATOR_UNSUPPORTED for a kind of value that no
 * supported operator has.
 */
export function readAttribute(
  proto: AttributeProto,
  node: string,
  where: string,
  read: AttributeReaders,
): AttributeValue {
  const name = proto.name ?? "";
  const attribute = `attribute ${quoted(name)} of ${where}`;
  const type = proto.type || typeByField(proto);
  switch (type) {
    case AttributeType.FLOAT:
      return proto.f ?? 0;
    case AttributeType.INT:
      return toNumber(proto.i as Int64);
    case AttributeType.STRING:
      return utf8.decode(proto.s ?? new Uint8Array());
    case AttributeType.FLOATS:
      return proto.floats ?? [];
    case AttributeType.INTS:
      return (proto.ints ?? []).map((i) => toNumber(i as Int64));
    case AttributeType.STRINGS:
      return (proto.strings ?? []).map((s) => utf8.decode(s));
    case AttributeType.TENSOR:
      if (proto.t) return read.tensor(proto.t, attribute);
      break;
    case AttributeType.GRAPH:
      if (proto.g) return read.graph(proto.g);
      break;
    default:
      if (type !== AttributeType.UNDEFINED && type in AttributeType) {
        const kind = AttributeType[type].toLowerCase();
        throw new UserError("E_OPERATOR_UNSUPPORTED", `${attribute} is of kind ${kind}, which is not supported`, node);
      }
  }
  throw new UserError("E_NOT_ONNX", `${attribute} has no readable value; export the model again`, node);
}

/** Models of IR version 1 do not state the type of an attribute. */
function typeByField(proto: AttributeProto): number {
  const has = (field: keyof AttributeProto) => Object.hasOwn(proto, field);
  if (has("f")) return AttributeType.FLOAT;
  if (has("i")) return AttributeType.INT;
  if (has("s")) return AttributeType.STRING;
  if (has("t")) return AttributeType.TENSOR;
  if (has("g")) return AttributeType.GRAPH;
  if (proto.floats?.length) return AttributeType.FLOATS;
  if (proto.ints?.length) return AttributeType.INTS;
  if (proto.strings?.length) return AttributeType.STRINGS;
  return AttributeType.UNDEFINED;
}

/**
 * ONNX keeps integer and float attributes apart, the IR does not: a number is FLOAT when its attribute is one of these
 * (every float attribute of ai.onnx 7..24 and of the com.microsoft operators of quantised models) or is no integer.
 */
const FLOAT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...["activation_alpha", "activation_beta", "activation_gamma", "activation_params", "alpha", "beta", "bias", "clip"],
  ...[
    "cubic_coeff_a",
    "epsilon",
    "extrapolation_value",
    "gamma",
    "height_scale",
    "high",
    "lambd",
    "low",
    "max",
    "mean",
  ],
  ...["min", "momentum", "ratio", "scale", "scales", "softcap", "spatial_scale", "threshold", "value", "value_float"],
  ...["value_floats", "weights", "width_scale"],
]);
/** String lists that may be empty; any other empty list is one of floats or integers. */
const STRINGS_ATTRIBUTES: ReadonlySet<string> = new Set(["activations", "value_strings"]);

export interface AttributeWriters {
  readonly tensor: (tensor: Tensor) => TensorProto;
  readonly graph: (graph: Graph) => GraphProto;
}

export function writeAttribute(name: string, value: AttributeValue, write: AttributeWriters): AttributeProto {
  const isFloat = (v: unknown) => FLOAT_ATTRIBUTES.has(name) || !Number.isInteger(v);
  if (typeof value === "number") {
    if (isFloat(value)) return { name, type: AttributeType.FLOAT, f: value };
    return { name, type: AttributeType.INT, i: fromNumber(value) as number };
  }
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) {
    if (typeof value[0] === "string" || (value.length === 0 && STRINGS_ATTRIBUTES.has(name))) {
      return { name, type: AttributeType.STRINGS, strings: value.map((s) => new TextEncoder().encode(s)) };
    }
    if (FLOAT_ATTRIBUTES.has(name) || value.some(isFloat)) return { name, type: AttributeType.FLOATS, floats: value };
    return { name, type: AttributeType.INTS, ints: value.map((v) => fromNumber(v) as number) };
  }
  if ("nodes" in value) return { name, type: AttributeType.GRAPH, g: write.graph(value) };
  invariant("shape" in value, `attribute ${name} has no ONNX form`);
  return { name, type: AttributeType.TENSOR, t: write.tensor(value) };
}
