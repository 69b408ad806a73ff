/** What a packaging of the C library is: one record per format, listed in `index.ts`. */
import { libraryFiles } from "../../emit/library.js";
import { modelView } from "../../emit/view.js";
import { toolVersion } from "../../io/package_path.js";
import { modelRecords, type ProjectModel } from "../platformio.js";

export interface PackageFormat {
  /** As `generate --format` takes it, and the folder of its templates. */
  readonly name: string;
  /** What it is, in a sentence: "a ...". */
  readonly title: string;
  /** The command that builds it. */
  readonly build: string;
  /** Files around the library, path -> text. */
  readonly files: (view: ReturnType<typeof packageView>) => Map<string, string>;
}

/** What the templates of a format print. */
export function packageView({ program, plan, manifest }: ProjectModel) {
  const view = modelView(program, plan, manifest.name);
  return {
    ...view,
    toolVersion,
    sources: [...libraryFiles(view).keys()].filter((file) => file.endsWith(".c")),
  };
}

/** A packaged model, path -> text: its C files in `src/`, what the format adds, and the manifest and host reference. */
export function packageFiles(model: ProjectModel, format: PackageFormat): Map<string, string> {
  const view = packageView(model);
  const files = modelRecords({ ...model, manifest: { ...model.manifest, format: format.name } });
  for (const [file, text] of libraryFiles(view)) files.set(`src/${file}`, text);
  for (const [file, text] of format.files(view)) files.set(file, text);
  return files;
}
