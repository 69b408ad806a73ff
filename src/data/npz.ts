/** The .npz format of NumPy: a zip archive of .npy files, stored or deflated. */
import type { UnzipFileInfo } from "fflate";
import { unzipSync } from "fflate";
import { UserError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { DataArray } from "./data_file.js";
import { MAX_DATA_BYTES } from "./data_file.js";
import { readNpy } from "./npy.js";

const MAX_ENTRIES = 10_000;

export interface Npz {
  readonly names: readonly string[];
  readonly array: (name: string) => DataArray | undefined;
}

/**
 * Lists the archive; each array is unpacked when it is asked for, after a look at its declared size.
 * @throws UserError E_DATA_FORMAT, as does `array`.
 */
export function openNpz(bytes: Uint8Array, path: string): Npz {
  const fail = (reason: string): never => {
    throw new UserError("E_DATA_FORMAT", `${path}: ${reason}; save it again with numpy.savez`);
  };
  const unzip = (select: (entry: UnzipFileInfo) => boolean): Record<string, Uint8Array> => {
    try {
      return unzipSync(bytes, { filter: select });
    } catch (error) {
      if (error instanceof UserError) throw error;
      return fail(`truncated or damaged archive (${(error as Error).message})`);
    }
  };

  const entries = new Map<string, UnzipFileInfo>();
  unzip((entry) => {
    if (entries.size === MAX_ENTRIES) fail(`more than ${MAX_ENTRIES} entries`);
    if (entry.name.endsWith(".npy")) {
      const name = entry.name.slice(0, -4);
      if (entries.has(name)) fail(`two arrays are named ${quoted(name)}`);
      entries.set(name, entry);
    }
    return false;
  });

  return {
    names: [...entries.keys()],
    array(name) {
      const entry = entries.get(name);
      if (!entry) return undefined;
      if (entry.size > bytes.length || entry.originalSize > MAX_DATA_BYTES) {
        fail(`array ${quoted(name)} unpacks to more than ${MAX_DATA_BYTES / 2 ** 20} MiB or is truncated`);
      }
      const file = unzip((candidate) => candidate.name === entry.name)[entry.name];
      return readNpy(file, `${path}, array ${quoted(name)}`);
    },
  };
}
