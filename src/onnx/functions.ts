/** Functions of the model (ModelProto.functions): every call is replaced by the nodes of the body, before reading. */
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from "./proto.js";

/** Nodes that calls may expand into in all: far more than any firmware has. */
const MAX_EXPANDED_NODES = 50_000;
/** Calls within calls. */
const MAX_CALL_DEPTH = 64;
/** Longest part of a new name that comes from the names of the calls around it. */
const MAX_STEM = 64;

const keyOf = (domain: string | null | undefined, name: string | null | undefined) =>
  JSON.stringify([domain === "ai.onnx" ? "" : (domain ?? ""), name ?? ""]);

/** Where nodes stand: in the graph itself, or in the body of a function for one of its calls. */
interface Scope {
  /** The name that stands for one of the body's. */
  readonly now: (name: string) => string;
  /** What attributes of the function are for this call; undefined outside functions. */
  readonly attributes?: ReadonlyMap<string, AttributeProto>;
  /** Names of the calls around, "" outside functions. */
  readonly stem: string;
  /** Functions that are being expanded, outermost first. */
  readonly calls: readonly string[];
}

function fail(code: "E_SHAPE" | "E_OPERATOR_UNSUPPORTED" | "E_GRAPH_CYCLE", call: NodeProto, reason: string): never {
  const name = call.name ?? "";
  throw new UserError(
    code,
    `node ${quoted(name)} calls the model's function ${quoted(call.opType ?? "")}, ${reason}`,
    name,
  );
}

/** Every name of a value in a graph and the graphs inside its nodes. */
function addNames(graph: GraphProto, names: Set<string>): void {
  for (const { name } of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.initializer ?? [])]) {
    names.add(name ?? "");
  }
  for (const node of graph.node ?? []) {
    for (const name of [...(node.input ?? []), ...(node.output ?? [])]) names.add(name);
    for (const { g } of node.attribute ?? []) if (g) addNames(g, names);
  }
}

/**
 * The graph of a model without calls of its functions: values and nodes of a body take names of their own, attributes by
 * reference the values of the call, or else the function's defaults. ONNX asks that the operators of a body mean the same
 * in the operator sets that function and model import, so the model's count.
 * @throws UserError E_SHAPE for a call that does not fit, E_GRAPH_CYCLE for a function that calls itself,
 * E_OPERATOR_UNSUPPORTED for overloads and for what expands too far.
 */
export function expandFunctions(model: ModelProto, graph: GraphProto): GraphProto {
  const functions = new Map<string, FunctionProto>();
  const overloaded = new Set<string>();
  for (const made of model.functions ?? []) {
    const key = keyOf(made.domain, made.name);
    if (functions.has(key)) overloaded.add(key);
    functions.set(key, made);
  }
  if (functions.size === 0) return graph;
  const taken = new Set<string>([""]);
  addNames(graph, taken);
  const counts = new Map<string, number>();
  let expanded = 0;

  function uniqueName(stem: string): string {
    let name = stem;
    for (let i = counts.get(stem) ?? 1; taken.has(name); i++) {
      name = `${stem}_${i}`;
      counts.set(stem, i + 1);
    }
    taken.add(name);
    return name;
  }

  function expandGraph(inner: GraphProto, scope: Scope): GraphProto {
    const value = (info: ValueInfoProto) => ({ ...info, name: scope.now(info.name ?? "") });
    return {
      ...inner,
      input: (inner.input ?? []).map(value),
      output: (inner.output ?? []).map(value),
      valueInfo: [],
      initializer: (inner.initializer ?? []).map((tensor) => ({ ...tensor, name: scope.now(tensor.name ?? "") })),
      node: expandNodes(inner.node ?? [], scope),
    };
  }

  /** The attributes of a node; undefined for one that refers to an attribute which the call does not give. */
  function attributeOf(attribute: AttributeProto, scope: Scope): AttributeProto | undefined {
    const reference = scope.attributes && attribute.refAttrName;
    if (reference) {
      const given = scope.attributes.get(reference);
      return given && { ...given, name: attribute.name };
    }
    return attribute.g ? { ...attribute, g: expandGraph(attribute.g, scope) } : attribute;
  }

  function expandNodes(nodes: readonly NodeProto[], scope: Scope): NodeProto[] {
    return nodes.flatMap((node): NodeProto[] => {
      const own = node.name || node.opType || "";
      const made: NodeProto = {
        ...node,
        name: scope.stem === "" ? node.name : `${scope.stem}/${own}`,
        input: (node.input ?? []).map(scope.now),
        output: (node.output ?? []).map(scope.now),
        attribute: (node.attribute ?? []).flatMap((attribute) => attributeOf(attribute, scope) ?? []),
      };
      if (scope.calls.length > 0 && ++expanded > MAX_EXPANDED_NODES) {
        fail(
          "E_OPERATOR_UNSUPPORTED",
          made,
          `and calls expand into more than ${MAX_EXPANDED_NODES} nodes; simplify it`,
        );
      }
      const key = keyOf(node.domain, node.opType);
      const body = functions.get(key);
      return body ? inline(made, body, key, scope) : [made];
    });
  }

  function inline(call: NodeProto, body: FunctionProto, key: string, outer: Scope): NodeProto[] {
    if (overloaded.has(key)) {
      fail("E_OPERATOR_UNSUPPORTED", call, "of which there are several (overloads); inline it with onnx.inliner");
    }
    if (outer.calls.includes(key)) fail("E_GRAPH_CYCLE", call, "which calls itself; export the model again");
    if (outer.calls.length >= MAX_CALL_DEPTH) {
      fail(
        "E_OPERATOR_UNSUPPORTED",
        call,
        `the call number ${MAX_CALL_DEPTH + 1} within calls; inline it with onnx.inliner`,
      );
    }
    const [inputs, outputs] = [body.input ?? [], body.output ?? []];
    const [givenInputs, wanted] = [call.input ?? [], call.output ?? []];
    if (givenInputs.length > inputs.length || wanted.length > outputs.length) {
      const sizes = `${inputs.length} inputs and ${outputs.length} outputs`;
      fail(
        "E_SHAPE",
        call,
        `which has ${sizes}, with ${givenInputs.length} and ${wanted.length}; export the model again`,
      );
    }
    const stem = (call.name || call.opType || "").slice(-MAX_STEM);
    const names = new Map<string, string>([["", ""]]);
    inputs.forEach((name, i) => {
      names.set(name, givenInputs[i] ?? "");
    });
    // An output that is an input as well, or another output, is a copy.
    const copies: NodeProto[] = [];
    outputs.forEach((name, i) => {
      const target = wanted[i] ?? "";
      if (target === "") return;
      if (names.has(name)) copies.push({ opType: "Identity", input: [name], output: [target], name: `${stem}/${i}` });
      else names.set(name, target);
    });
    const now = (name: string) => {
      const known = names.get(name);
      if (known !== undefined) return known;
      const made = uniqueName(`${stem}/${name.slice(-MAX_STEM)}`);
      names.set(name, made);
      return made;
    };
    const attributes = new Map<string, AttributeProto>();
    for (const attribute of [...(body.attributeProto ?? []), ...(call.attribute ?? [])]) {
      attributes.set(attribute.name ?? "", attribute);
    }
    const nodes = expandNodes(body.node ?? [], { now, attributes, stem, calls: [...outer.calls, key] });
    return [...nodes, ...copies.map((copy) => ({ ...copy, input: copy.input!.map(now) }))];
  }

  // The graph itself keeps its names and what it declares.
  return { ...graph, node: expandNodes(graph.node ?? [], { now: (name) => name, stem: "", calls: [] }) };
}
