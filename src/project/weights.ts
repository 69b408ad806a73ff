/** Whether a place of weights is one that a board, and the packaging, can have; and the image as a file of the project. */
import { type Board, externalFlash, ownFlash, type Region, targetOf, usableFlash } from "../device/boards.js";
import { tableBytes } from "../emit/manifest.js";
import {
  hexadecimal,
  imageLayout,
  WEIGHTS_ALIGNMENT,
  type WeightsPlace,
  weightsFileName,
  weightsImage,
} from "../emit/weights.js";
import { UserError } from "../errors.js";
import type { Program } from "../graph/program.js";
import type { Target } from "../kernels/variant.js";
import type { ProjectModel } from "./platformio.js";

/** The image of a model whose weights lie outside the firmware, path -> bytes. */
export function weightsFiles({ manifest, program }: ProjectModel): Map<string, Uint8Array> {
  if (manifest.weights.place === "internal") return new Map();
  return new Map([[weightsFileName(manifest.name), weightsImage(program, manifest.weights, manifest.signature)]]);
}

const overlaps = (a: { from: number; to: number }, b: { from: number; to: number }) => a.from < b.to && b.from < a.to;

/** The one of some regions in which an address lies. */
const regionAt = (regions: readonly Region[], address: number): Region | undefined =>
  regions.find(({ origin, bytes }) => origin !== undefined && address >= origin && address < origin + bytes);

/** The address at which the firmware of a project finds its image, where it has one. */
export function imageAddress(board: Board, weights: WeightsPlace): number | undefined {
  if (weights.place === "external") return weights.address;
  return weights.place === "file" ? externalFlash(board)[0]?.origin : undefined;
}

/**
 * @param firmware true for a firmware project, false for a package that an application builds in
 * @throws UserError E_USAGE for a place that the board cannot have
 */
export function checkWeightsPlace(board: Board, weights: WeightsPlace, firmware: boolean): void {
  if (weights.place === "internal") return;
  const refuse = (why: string): never => {
    throw new UserError("E_USAGE", `--weights ${weights.place} on ${board.name}: ${why}`);
  };
  if (board.isa.includes("avr")) {
    refuse(
      "kernels read tables from the program memory of the chip with LPM, which reaches nothing else; leave it out, and use --optimize flash where they do not fit",
    );
  }
  if (weights.place === "file") {
    if (firmware && externalFlash(board).length === 0)
      refuse(
        "the firmware of --format platformio has no place to load the file from; use another --format, whose application loads it, or --weights external:ADDRESS",
      );
    return;
  }
  const { address } = weights;
  if (address % WEIGHTS_ALIGNMENT !== 0)
    refuse(`${hexadecimal(address)} is no multiple of ${WEIGHTS_ALIGNMENT}, to which weights are aligned`);
  for (const [kind, regions] of [
    ["where the linker places the firmware", ownFlash(board)],
    ["RAM, which is empty after power-on", board.memory.ram],
  ] as const) {
    const hit = regionAt(regions, address);
    if (hit) refuse(`${hexadecimal(address)} lies in ${hit.name}, ${kind}; give an address of external flash`);
  }
  const region = regionAt(externalFlash(board), address);
  const known = externalFlash(board).map(({ name, origin = 0 }) => `${name} at ${hexadecimal(origin)}`);
  if (firmware && board.platformio.platform === "bundled" && !region)
    refuse(
      `its machine has no memory to flash at ${hexadecimal(address)}${known.length > 0 ? `, but ${known.join(", ")}` : "; use --weights internal"}`,
    );
}

/** The memory whose wait states an access to the weights meets, where it is known; a file is loaded into RAM. */
export function weightsMemory(board: Board, weights: WeightsPlace): Region | undefined {
  if (weights.place === "file") return board.memory.ram[0];
  return weights.place === "external" ? regionAt(externalFlash(board), weights.address) : undefined;
}

/** What kernels are chosen for on a board whose weights lie there: those that stay in the firmware wait for its own flash. */
export function targetWith(board: Board, weights: WeightsPlace): Target {
  const target = targetOf(board, weightsMemory(board, weights));
  const bytes = weights.place === "internal" ? 0 : (weights.internalBytes ?? 0);
  if (bytes === 0) return target;
  const { flashWaitStates, tableCacheBytes } = targetOf(board);
  return { ...target, hot: { bytes, flashWaitStates, tableCacheBytes } };
}

/** Throws E_DOES_NOT_FIT where the weights exceed the flash that they are for. */
export function checkWeightsFit(board: Board, program: Program, weights: WeightsPlace): void {
  if (weights.place === "internal") {
    const [bytes, has] = [tableBytes(program), usableFlash(board)];
    if (bytes > has)
      throw new UserError(
        "E_DOES_NOT_FIT",
        `the model needs ${bytes} bytes of flash for the weights, ${bytes - has} more than the ${has} of ${board.name}; use --optimize flash, --weights external:ADDRESS, a larger board, int8 precision or a smaller model`,
      );
    return;
  }
  const has = usableFlash(board);
  if ((weights.internalBytes ?? 0) > has)
    throw new UserError(
      "E_DOES_NOT_FIT",
      `--internal-weights ${weights.internalBytes} is more than the ${has} bytes of flash of ${board.name}; ask for less`,
    );
  const address = imageAddress(board, weights);
  const region = address === undefined ? undefined : regionAt(externalFlash(board), address);
  if (address === undefined || !region) return;
  const { bytes } = imageLayout(program, weights);
  const room = region.origin! + region.bytes - address;
  if (bytes > room)
    throw new UserError(
      "E_DOES_NOT_FIT",
      `the image of the weights has ${bytes} bytes, ${bytes - room} more than ${region.name} of ${board.name} has from ${hexadecimal(address)} on; use a lower address, --optimize flash or a smaller model`,
    );
}

/** Throws E_USAGE where the images of two models of one firmware lie over each other. */
export function checkImagesApart(models: readonly ProjectModel[], board: Board): void {
  const images = models.flatMap(({ manifest, program }) => {
    const from = imageAddress(board, manifest.weights);
    return from === undefined
      ? []
      : [{ name: manifest.name, from, to: from + imageLayout(program, manifest.weights).bytes }];
  });
  for (const [i, a] of images.entries())
    for (const b of images.slice(0, i))
      if (overlaps(a, b))
        throw new UserError(
          "E_USAGE",
          `the weights of ${b.name} and ${a.name} lie over each other at ${hexadecimal(Math.max(a.from, b.from))}; generate one with another --weights external:ADDRESS`,
        );
}
