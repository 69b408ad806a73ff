// Writes docs/errors.md, docs/boards.md and boards/board.schema.json from the code. `npm run generate:docs`.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { boardSchemaDocument, boardsDocument, errorsDocument } from "../dist/docs.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
writeFileSync(join(root, "docs", "errors.md"), errorsDocument());
writeFileSync(join(root, "boards", "board.schema.json"), boardSchemaDocument());
writeFileSync(join(root, "docs", "boards.md"), boardsDocument());
