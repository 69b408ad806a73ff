// Writes docs/errors.md, docs/boards.md, boards/board.schema.json, and the messages of the link (their header and the
// tables of docs/link-protocol.md) from the code. `npm run generate:docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  boardSchemaDocument,
  boardsDocument,
  errorsDocument,
  messagesHeader,
  withMessageTables,
} from "../dist/docs.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
writeFileSync(join(root, "docs", "errors.md"), errorsDocument());
writeFileSync(join(root, "boards", "board.schema.json"), boardSchemaDocument());
writeFileSync(join(root, "docs", "boards.md"), boardsDocument());
writeFileSync(join(root, "runtime-c", "link", "link_messages.h"), messagesHeader());
const protocol = join(root, "docs", "link-protocol.md");
writeFileSync(protocol, withMessageTables(readFileSync(protocol, "utf8")));
