/** A library of PlatformIO's library manager. */
import { render } from "../../emit/templates.js";
import type { PackageFormat } from "./format.js";

export const library: PackageFormat = {
  name: "library",
  title: "a PlatformIO library",
  build: "pio pkg install --library symlink://FOLDER, in a project, and pio run",
  files: (view) => new Map([["library.json", render("library/library.json", view)]]),
};
