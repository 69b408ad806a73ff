import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  boardSchemaDocument,
  boardsDocument,
  errorsDocument,
  messagesHeader,
  withMessageTables,
} from "../../src/docs.js";
import { packagePath } from "../../src/io/package_path.js";

const read = (...path: string[]) => readFileSync(packagePath(...path), "utf8");

test("docs/errors.md is what the code says", () => {
  expect(read("docs", "errors.md")).toBe(errorsDocument());
});

test("boards/board.schema.json is the schema that boards are checked against", () => {
  expect(read("boards", "board.schema.json")).toBe(boardSchemaDocument());
});

test("docs/boards.md lists the boards there are", () => {
  expect(read("docs", "boards.md")).toBe(boardsDocument());
});

test("the messages of the link are as they are defined: npm run generate:docs", () => {
  expect(read("runtime-c", "link", "link_messages.h")).toBe(messagesHeader());
  const protocol = read("docs", "link-protocol.md");
  expect(protocol).toBe(withMessageTables(protocol));
});
