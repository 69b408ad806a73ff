/** What a packaging of the C library is: one record per format, listed in `index.ts`. */
import { loadBoard } from "../../device/boards.js";
import { libraryFiles } from "../../emit/library.js";
import { modelView } from "../../emit/view.js";
import { toolVersion } from "../../io/package_path.js";
import { modelRecords, type ProjectFiles, type ProjectModel, weightsGuide } from "../platformio.js";
import { weightsFiles } from "../weights.js";
import { sampleView, shownOf } from "./sample.js";

export interface PackageFormat {
  /** As `generate --format` takes it, and the folder of its templates. */
  readonly name: string;
  /** What it is, in a sentence: "a ...". */
  readonly title: string;
  /** The command that builds it. */
  readonly build: string;
  /** A C source (not a header) as this format has it; absent: as it is emitted. */
  readonly source?: (text: string) => string;
  /** Folder of the header that applications include; absent: that of the sources. */
  readonly headers?: string;
  /** Files around the library, path -> text. */
  readonly files: (view: ReturnType<typeof packageView>) => Map<string, string>;
}

/** What the templates of a format print. */
export function packageView({ program, plan, manifest }: ProjectModel) {
  const view = modelView(program, plan, manifest.name, manifest.weights);
  return {
    ...view,
    toolVersion,
    /** The one that kernels were chosen for. */
    board: loadBoard(manifest.board),
    outputs: view.outputs.map((output) => ({ ...output, ...shownOf(output.elements) })),
    get sample() {
      return sampleView(program);
    },
    sources: [...libraryFiles(view).keys()].filter((file) => file.endsWith(".c")),
  };
}

/** A packaged model, path -> text: its C files in `src/`, what the format adds, and the manifest and host reference. */
export function packageFiles(model: ProjectModel, format: PackageFormat): ProjectFiles {
  const view = packageView(model);
  const files: ProjectFiles = modelRecords({ ...model, manifest: { ...model.manifest, format: format.name } });
  const { source = (text: string) => text, headers = "src" } = format;
  for (const [file, text] of libraryFiles(view)) {
    const folder = file === `${view.name}.h` ? headers : "src";
    files.set(`${folder}/${file}`, file.endsWith(".c") ? source(text) : text);
  }
  for (const [file, text] of format.files(view)) files.set(file, text);
  for (const [file, bytes] of weightsFiles(model)) files.set(file, bytes);
  for (const [file, text] of weightsGuide(view, view.board)) files.set(file, text);
  return files;
}
