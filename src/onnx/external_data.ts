/** External tensor data: files that lie beside the model, or deeper, and nowhere else. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";

/** Gives `length` bytes from byte `offset` of the file that the model calls `location`. */
export type ExternalData = (location: string, offset: number, length: number) => Uint8Array;

/**
 * External data below `folder`, the folder of the model. Every call throws UserError E_EXTERNAL_DATA for a path or
 * symbolic link that leaves the folder, a file that is missing or no regular file, and one that is too short.
 */
export function externalDataIn(folder: string): ExternalData {
  return (location, offset, length) => {
    const file = insideFolder(folder, location);
    const fd = openSync(file, "r");
    try {
      const size = fstatSync(fd).size;
      if (size < offset + length) {
        throw new UserError(
          "E_EXTERNAL_DATA",
          `external data file ${quoted(location)} has ${size} bytes, bytes ${offset} to ${offset + length} are needed`,
        );
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const count = readSync(fd, bytes, done, length - done, offset + done);
        if (count === 0) throw new UserError("E_EXTERNAL_DATA", `external data file ${quoted(location)} was truncated`);
        done += count;
      }
      return bytes;
    } finally {
      closeSync(fd);
    }
  };
}

/** The real path of a regular file whose real path lies below that of `folder`. */
function insideFolder(folder: string, location: string): string {
  const refused = (reason: string) =>
    new UserError("E_EXTERNAL_DATA", `external data file ${quoted(location)} ${reason}; put it beside the model`);
  const leaves = (path: string) => path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);
  if (location === "" || location.includes("\0")) throw refused("is no valid path");
  if (isAbsolute(location) || leaves(relative(folder, resolve(folder, location)))) {
    throw refused("lies outside the folder of the model");
  }
  let real: string;
  try {
    real = realpathSync(resolve(folder, location));
  } catch {
    throw refused("does not exist");
  }
  if (leaves(relative(realpathSync(folder), real))) throw refused("lies outside the folder of the model");
  // Before it is opened: opening a named pipe would wait for a writer.
  if (!statSync(real).isFile()) throw refused("is not a regular file");
  return real;
}
