/** A module of Zephyr with an application that runs the model. */
import { render } from "../../emit/templates.js";
import type { PackageFormat } from "./format.js";

export const zephyr: PackageFormat = {
  name: "zephyr",
  title: "a Zephyr module",
  build: "west build -b BOARD examples/*_example, or add the folder to ZEPHYR_EXTRA_MODULES of an application",
  headers: "include",
  files: (view) => {
    const example = `examples/${view.name}_example`;
    const entry = "int main(void) {\n    run_sample();\n    return 0;\n}";
    return new Map([
      ["zephyr/module.yml", render("zephyr/module.yml", view)],
      ["zephyr/Kconfig", render("zephyr/Kconfig", view)],
      ["zephyr/CMakeLists.txt", render("zephyr/CMakeLists.txt", view)],
      [`${example}/CMakeLists.txt`, render("zephyr/application.cmake", view)],
      [`${example}/prj.conf`, render("zephyr/prj.conf", view)],
      [`${example}/src/main.c`, render("example/main.c", { ...view, entry })],
      [`${example}/src/${view.name}_sample.h`, render("example/sample.h", view)],
    ]);
  },
};
