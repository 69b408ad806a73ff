/**
 * Loads and fills the handlebars templates: strict, so that templates can only print what a view holds. Text is escaped
 * in .html and .svg, nowhere else.
 */
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { packagePath } from "../io/package_path.js";

const compiled = new Map<string, Handlebars.TemplateDelegate>();

/** @param name path below templates/ without .hbs */
export function render(name: string, view: object): string {
  let template = compiled.get(name);
  if (!template) {
    const source = readFileSync(packagePath("templates", `${name}.hbs`), "utf8");
    template = Handlebars.create().compile(source, { noEscape: !/\.(html|svg)$/.test(name), strict: true });
    compiled.set(name, template);
  }
  return template(view);
}
