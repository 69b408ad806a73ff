/** A static library for CMake and Make, with a program that runs the model. */
import { render } from "../../emit/templates.js";
import type { PackageFormat } from "./format.js";

export const cmake: PackageFormat = {
  name: "cmake",
  title: "a static library for CMake and Make",
  build: "cmake -B build && cmake --build build",
  files: (view) =>
    new Map([
      ["CMakeLists.txt", render("cmake/CMakeLists.txt", view)],
      ["Makefile", render("cmake/Makefile", view)],
      ["example/main.c", render("cmake/main.c", view)],
      [".gitignore", "build/\n"],
    ]),
};
