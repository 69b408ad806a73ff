/** What is written from the definition of the link: the firmware's header, and the tables of docs/link-protocol.md. */
import { render } from "../../emit/templates.js";
import {
  bytesOfFields,
  ERROR,
  ERRORS,
  FIELD_BYTES,
  type Field,
  INFO_RECORD,
  MESSAGES,
  type Message,
  NO_LAYER,
  offsetsOf,
  PROTOCOL_VERSION,
  READ_OF,
  REPLY,
  RUN_STATE,
} from "./definition.js";

const hex = (value: number, digits = 2) => `0x${value.toString(16).toUpperCase().padStart(digits, "0")}`;
const messages: readonly (readonly [string, Message])[] = Object.entries(MESSAGES);

/** Every entry but the last with a comma. */
const listed = <T extends object>(list: readonly T[]) =>
  list.map((entry, i) => ({ ...entry, comma: i + 1 < list.length ? "," : "" }));

function fieldConstants(prefix: string, fields: readonly Field[]) {
  const offsets = offsetsOf(fields);
  return [
    { name: `${prefix}_BYTES`, value: bytesOfFields(fields) },
    ...fields.map(({ name }, i) => ({ name: `${prefix}_${name.toUpperCase()}`, value: offsets[i] })),
  ];
}

/** runtime-c/link/link_messages.h. */
export function messagesHeader(): string {
  const all = messages.map(([key, { type, what, request, reply }]) => {
    const name = key.toUpperCase();
    const constants = [
      ...fieldConstants(`LINK_${name}_REQUEST`, request),
      ...fieldConstants(`LINK_${name}_REPLY`, reply),
    ];
    return { name, type: hex(type), what, constants: listed(constants) };
  });
  return render("link/link_messages.h", {
    ...{ version: PROTOCOL_VERSION, reply: hex(REPLY), error: hex(ERROR), noLayer: `${hex(NO_LAYER)}u` },
    messages: listed(all),
    record: listed(fieldConstants("LINK_INFO_RECORD", INFO_RECORD)),
    errors: listed(Object.entries(ERRORS).map(([name, { code, what }]) => ({ name: name.toUpperCase(), code, what }))),
    ...{ readOutput: READ_OF.output, readLayer: READ_OF.layer },
    ...{ runDone: RUN_STATE.done, runPaused: RUN_STATE.paused },
  });
}

function fieldRows(fields: readonly Field[]): string[] {
  const offsets = offsetsOf(fields);
  return fields.map(
    ({ name, type, what }, i) => `| ${offsets[i]} | ${FIELD_BYTES[type]} | ${type} ${name} | ${what} |`,
  );
}

const FIELDS_HEADER = ["| offset | size | field | |", "|---|---|---|---|"];

function bodyText(kind: "request" | "reply", fields: readonly Field[], rest: string | undefined): string[] {
  if (fields.length === 0 && !rest) return [`Body of the ${kind}: empty.`, ""];
  const rows = [...fieldRows(fields), ...(rest ? [`| ${bytesOfFields(fields)} | rest | bytes | ${rest} |`] : [])];
  return [`Body of the ${kind}:`, "", ...FIELDS_HEADER, ...rows, ""];
}

const MARKS = { begin: "<!-- from src/device/link/definition.ts: npm run generate:docs -->", end: "<!-- end -->" };

/** docs/link-protocol.md with its tables anew. @param text the document as it is */
export function withMessageTables(text: string): string {
  const tables = [
    ...messages.flatMap(([name, { type, what, request, requestBytes, reply, replyBytes }]) => [
      ...[`### ${name}, ${hex(type)}`, "", `It ${what}.`, ""],
      ...bodyText("request", request, requestBytes),
      ...bodyText("reply", reply, replyBytes),
    ]),
    ...["### The info record", "", ...FIELDS_HEADER, ...fieldRows(INFO_RECORD)],
    `| ${bytesOfFields(INFO_RECORD)} | 4 each | u32 | bytes of each input, then of each output |`,
    "| then | rest | text | name of the model, a zero byte, name of the board |",
    ...["", "### Errors", ""],
    ...[
      "The reply to a request that cannot be done has type 0xFF and a body of one byte:",
      "",
      "| code | meaning |",
      "|---|---|",
    ],
    ...Object.values(ERRORS).map(({ code, what, more }) => `| ${code} | ${what}${more && `, ${more}`} |`),
  ];
  const from = text.indexOf(MARKS.begin);
  const to = text.indexOf(MARKS.end);
  if (from < 0 || to < from) throw new Error(`the marks ${MARKS.begin} and ${MARKS.end} are missing`);
  return `${text.slice(0, from + MARKS.begin.length)}\n\n${tables.join("\n")}\n\n${text.slice(to)}`;
}
