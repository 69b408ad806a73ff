/**
 * Files are written all or nothing. The file system is @ts-morph/common's FileSystemHost, which tests replace; its
 * TransactionalFileSystem queues operations but does not undo those of a flush that fails halfway, so the journal is
 * here.
 */
import { createHash, randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { FileSystemHost } from "@ts-morph/common";
import { invariant, UserError } from "../errors.js";
import { quoted } from "../quoted.js";

/** Folder for what is ours alone, and in it the list of the files that we wrote, each with its SHA-256. */
const OWN_FOLDER = ".onnx2mcu";
const RECORD = `${OWN_FOLDER}/files.json`;
const SCHEMA_VERSION = 1;

export interface FileOptions {
  readonly fileSystem?: FileSystemHost;
}

/** What writeTree did, as paths in the folder, sorted. */
export interface TreeChanges {
  readonly written: readonly string[];
  /** Already had the new content: not touched, so that builds stay incremental. */
  readonly unchanged: readonly string[];
  /** Written by an earlier run and no longer part of the tree. */
  readonly removed: readonly string[];
  /** The same, but edited since: kept, and from now on the user's; worth a warning. */
  readonly kept: readonly string[];
}

type Hashes = Readonly<Record<string, string>>;

/**
 * Makes `folder` hold `files` (relative path with forward slashes -> content), or leaves it as it was.
 *
 * Only files that an earlier run wrote, and that still are as it wrote them, are overwritten or removed; everything
 * else in the folder stays. New content is first written aside in full, on the same file system; after that only
 * renames follow, undone in reverse order when one fails.
 * @throws UserError E_OUTPUT_NOT_EMPTY: the folder has files and no record of ours, or a file to be written exists and
 * is not ours or was edited. E_OUTPUT_UNWRITABLE: the file system refuses.
 */
export async function writeTree(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  options: FileOptions = {},
): Promise<TreeChanges> {
  for (const path of files.keys()) invariant(isTreePath(path), `path ${quoted(path)} in the output`);
  const host = await hostOf(options);
  const contents = new Map([...files].map(([path, content]) => [path, toBytes(content)]));
  try {
    const previous = readRecord(host, folder);
    const changes = planChanges(host, folder, contents, previous);
    const hashes = [...contents].map(([path, content]) => [path, sha256(content)] as const).sort(byPath);
    const record = { schemaVersion: SCHEMA_VERSION, files: Object.fromEntries(hashes) };
    contents.set(RECORD, toBytes(`${JSON.stringify(record, null, 2)}\n`));
    commit(host, folder, contents, [...changes.written, RECORD], changes.removed);
    removeEmptyFolders(host, folder, changes.removed);
    return changes;
  } catch (error) {
    throw asUserError(error, folder);
  }
}

/**
 * Writes or replaces one file; a reader sees the old content or the new.
 * @throws UserError E_OUTPUT_UNWRITABLE.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: FileOptions = {},
): Promise<void> {
  const host = await hostOf(options);
  const aside = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeBytes(host, aside, toBytes(content));
    host.moveSync(aside, path);
  } catch (error) {
    if (host.fileExistsSync(aside)) host.deleteSync(aside);
    throw asUserError(error, path);
  }
}

/** Loaded when it is needed: @ts-morph/common contains the TypeScript compiler, 0.4 s of start-up. */
async function hostOf(options: FileOptions): Promise<FileSystemHost> {
  return options.fileSystem ?? new (await import("@ts-morph/common")).RealFileSystemHost();
}

/** The type says string; the implementation hands the content to node:fs, which takes bytes as well. */
function writeBytes(host: FileSystemHost, path: string, content: Uint8Array): void {
  host.writeFileSync(path, content as unknown as string);
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function asUserError(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  const reason = (error as Error).message.replace(/\s+/g, " ");
  return new UserError("E_OUTPUT_UNWRITABLE", `${path} cannot be written (${reason}); nothing was changed`);
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function sha256OfFile(host: FileSystemHost, path: string): string {
  return createHash("sha256").update(host.readFileSync(path, "latin1"), "latin1").digest("hex");
}

function byPath([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** Relative, forward slashes, no way out of the folder, and not the record itself. */
function isTreePath(path: string): boolean {
  const parts = path.split("/");
  return (
    path !== RECORD && !/[\\:\0]/.test(path) && parts.every((part) => part !== "" && part !== "." && part !== "..")
  );
}

/** Hashes of the files that the last run wrote; empty for a new or empty folder. */
function readRecord(host: FileSystemHost, folder: string): Hashes {
  if (host.fileExistsSync(folder)) throw new UserError("E_OUTPUT_UNWRITABLE", `${folder} is a file, not a folder`);
  if (!host.directoryExistsSync(folder)) return {};
  const record = join(folder, RECORD);
  if (host.fileExistsSync(record)) {
    const files = parseRecord(host.readFileSync(record, "utf8"));
    if (files) return files;
  }
  const foreign = host.readDirSync(folder).find((entry) => basename(entry.name) !== OWN_FOLDER);
  if (foreign === undefined) return {};
  throw new UserError(
    "E_OUTPUT_NOT_EMPTY",
    `${folder} is not empty and was not written by onnx2mcu; choose a new or empty folder`,
  );
}

function parseRecord(text: string): Hashes | undefined {
  try {
    const { schemaVersion, files } = JSON.parse(text);
    const valid = Object.entries(files).every(([path, hash]) => isTreePath(path) && typeof hash === "string");
    return schemaVersion === SCHEMA_VERSION && valid ? files : undefined;
  } catch {
    return undefined;
  }
}

function planChanges(
  host: FileSystemHost,
  folder: string,
  contents: ReadonlyMap<string, Uint8Array>,
  previous: Hashes,
): TreeChanges {
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const [path, content] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    checkParents(host, folder, path);
    const target = join(folder, path);
    if (host.directoryExistsSync(target)) throw notOurs(folder, path, "is a folder");
    const existing = host.fileExistsSync(target) ? sha256OfFile(host, target) : undefined;
    if (existing === sha256(content)) {
      unchanged.push(path);
    } else {
      if (existing !== undefined && !Object.hasOwn(previous, path)) throw notOurs(folder, path, "is not ours");
      if (existing !== undefined && existing !== previous[path]) throw notOurs(folder, path, "was edited");
      written.push(path);
    }
  }
  const gone = Object.keys(previous)
    .filter((path) => !contents.has(path) && host.fileExistsSync(join(folder, path)))
    .sort();
  for (const path of gone) checkParents(host, folder, path);
  const isEdited = (path: string) => sha256OfFile(host, join(folder, path)) !== previous[path];
  return { written, unchanged, removed: gone.filter((path) => !isEdited(path)), kept: gone.filter(isEdited) };
}

function notOurs(folder: string, path: string, reason: string): UserError {
  return new UserError(
    "E_OUTPUT_NOT_EMPTY",
    `${join(folder, path)} ${reason} and would be overwritten; move it away, or choose another folder`,
  );
}

/** No folder on the way may be a file or a link that leads out of the tree. */
function checkParents(host: FileSystemHost, folder: string, path: string): void {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const parent = join(folder, ...parts.slice(0, depth));
    if (host.fileExistsSync(parent)) throw notOurs(folder, parts.slice(0, depth).join("/"), "is a file");
    if (!host.directoryExistsSync(parent)) return;
    if (host.realpathSync(parent) !== join(host.realpathSync(folder), ...parts.slice(0, depth))) {
      throw notOurs(folder, parts.slice(0, depth).join("/"), "is a symbolic link");
    }
  }
}

function commit(
  host: FileSystemHost,
  folder: string,
  contents: ReadonlyMap<string, Uint8Array>,
  written: readonly string[],
  removed: readonly string[],
): void {
  const moved: { from: string; to: string }[] = [];
  const created: string[] = [];
  const move = (from: string, to: string): void => {
    host.moveSync(from, to);
    moved.push({ from, to });
  };
  const makeFolder = (path: string): void => {
    if (host.directoryExistsSync(path)) return;
    if (dirname(path) !== path) makeFolder(dirname(path));
    host.mkdirSync(path);
    created.push(path);
  };
  const aside = join(folder, OWN_FOLDER, `aside-${randomBytes(4).toString("hex")}`);
  try {
    makeFolder(aside);
    // What can run out of space comes first; after it there are only renames.
    written.forEach((path, i) => {
      writeBytes(host, join(aside, `new-${i}`), contents.get(path)!);
    });
    [...written, ...removed].forEach((path, i) => {
      const target = join(folder, path);
      if (host.fileExistsSync(target)) move(target, join(aside, `old-${i}`));
    });
    written.forEach((path, i) => {
      makeFolder(dirname(join(folder, path)));
      move(join(aside, `new-${i}`), join(folder, path));
    });
  } catch (error) {
    const failed = moved.toReversed().filter(({ from, to }) => !attempt(() => host.moveSync(to, from)));
    if (failed.length > 0) {
      const reason = (error as Error).message;
      throw new UserError(
        "E_OUTPUT_UNWRITABLE",
        `writing ${folder} failed (${reason}), and ${failed.length} files could not be put back: they are in ${aside}`,
      );
    }
    attempt(() => host.deleteSync(aside));
    for (const path of created.toReversed()) attempt(() => removeIfEmpty(host, path));
    throw error;
  }
  // The tree is complete: files left aside would be untidy, but no reason to fail.
  attempt(() => host.deleteSync(aside));
}

/** Whether the action succeeded. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function removeIfEmpty(host: FileSystemHost, folder: string): boolean {
  if (!host.directoryExistsSync(folder) || host.readDirSync(folder).length > 0) return false;
  host.deleteSync(folder);
  return true;
}

/** Folders that the removed files leave empty; one that cannot be removed does no harm. */
function removeEmptyFolders(host: FileSystemHost, folder: string, removed: readonly string[]): void {
  for (const path of removed) {
    attempt(() => {
      for (let parent = dirname(path); parent !== "." && removeIfEmpty(host, join(folder, parent)); ) {
        parent = dirname(parent);
      }
    });
  }
}
