/** An Arduino library with a sketch that runs the model. */
import { render } from "../../emit/templates.js";
import type { PackageFormat } from "./format.js";

/** A library cannot choose options of the compiler, so its files ask for what the arithmetic needs. */
const NO_CONTRACTION = [
  "/* The arithmetic of the model is defined without contracted multiply-adds. */",
  "#if defined(__clang__)",
  "#pragma STDC FP_CONTRACT OFF",
  "#elif defined(__GNUC__)",
  '#pragma GCC optimize("fp-contract=off")',
  "#endif",
  "",
  "",
].join("\n");

export const arduino: PackageFormat = {
  name: "arduino",
  title: "an Arduino library",
  build: "copy the folder into the libraries of the Arduino IDE, open its example, upload it",
  source: (text) => NO_CONTRACTION + text,
  files: (view) => {
    const sketch = `${view.name}_example`;
    return new Map([
      ["library.properties", render("arduino/library.properties", view)],
      [`examples/${sketch}/${sketch}.ino`, render("arduino/sketch.ino", view)],
      [`examples/${sketch}/${view.name}_sample.h`, render("example/sample.h", view)],
    ]);
  },
};
