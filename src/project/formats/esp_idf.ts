/** A component of ESP-IDF with a project that runs the model. */
import { render } from "../../emit/templates.js";
import type { PackageFormat } from "./format.js";

export const espIdf: PackageFormat = {
  name: "esp-idf",
  title: "an ESP-IDF component",
  build: "cd examples/*_example && idf.py build, or put the folder into the components of a project",
  headers: "include",
  files: (view) => {
    const example = `examples/${view.name}_example`;
    const entry = "void app_main(void);\nvoid app_main(void) {\n    run_sample();\n}";
    return new Map([
      ["idf_component.yml", render("esp-idf/idf_component.yml", view)],
      ["CMakeLists.txt", render("esp-idf/CMakeLists.txt", view)],
      [`${example}/CMakeLists.txt`, render("esp-idf/project.cmake", view)],
      [`${example}/main/CMakeLists.txt`, 'idf_component_register(SRCS main.c INCLUDE_DIRS ".")\n'],
      [`${example}/main/main.c`, render("example/main.c", { ...view, entry })],
      [`${example}/main/${view.name}_sample.h`, render("example/sample.h", view)],
    ]);
  },
};
