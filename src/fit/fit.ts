/** Whether a board can run a model: memory, time, energy, what limits it, and what would help. */
import { type Board, usableFlash, usableRam } from "../device/boards.js";
import { linkRam, type Needs } from "./needs.js";

export interface Demands {
  /** Longest inference, seconds. */
  readonly latency?: number;
  /** Milliampere hours, and seconds from one inference to the next. */
  readonly battery?: { readonly capacity: number; readonly every: number };
}

/** A figure and the share by which it may be off, 0..1. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

export interface Fit {
  readonly board: string;
  readonly fits: boolean;
  /** In words, the worst first; empty when it fits. */
  readonly limits: readonly string[];
  /** Bytes that the firmware needs and what the board has for it; frameworks take more flash. */
  readonly flash: { readonly needs: number; readonly has: number };
  readonly ram: { readonly needs: number; readonly has: number };
  readonly bytesError: number;
  /** Seconds of an inference. */
  readonly latency: Estimate;
  /** Millijoule of an inference; null without figures of the supply. */
  readonly energy: Estimate | null;
  /** Days on the battery; null without one, or without figures of the supply. */
  readonly batteryDays: Estimate | null;
  readonly measuredOn: string | null;
}

const sum = (values: Readonly<Record<string, number>>) => Object.values(values).reduce((a, b) => a + b, 0);

/**
 * Share of more cycles that wait states of the flash bring. An allowance, not a measurement: behind a cache or a prefetch
 * buffer only what is read for the first time waits, weights above all. Without one, an instruction fetch of 32 bits
 * brings one to two instructions.
 */
function waitShare({ memory }: Board): Estimate {
  const [{ waitStates, cached = false }] = memory.flash;
  if (waitStates === 0) return { value: 0, error: 0 };
  return cached ? { value: 0.15, error: 0.15 } : { value: 0.6 * waitStates, error: 0.3 };
}

const together = (...errors: number[]) => Math.sqrt(errors.reduce((all, error) => all + error ** 2, 0));

/** Days = capacity / (active current x share of the time + sleep current x the rest) / 24. */
function batteryDays(board: Board, seconds: number, { capacity, every }: NonNullable<Demands["battery"]>): number {
  const { activeMilliamps = 0, sleepMicroamps = 0 } = board.power ?? {};
  const active = Math.min(1, seconds / every);
  return capacity / (activeMilliamps * active + (sleepMicroamps / 1000) * (1 - active)) / 24;
}

export function fitOf(board: Board, needs: Needs, demands: Demands = {}): Fit {
  const { power, clockHz } = board;
  const flash = { needs: sum(needs.flash), has: usableFlash(board) };
  const ram = { needs: sum({ ...needs.ram, link: linkRam(needs, board) }), has: usableRam(board) };
  const wait = waitShare(board);
  const latency = {
    value: (needs.cycles * (1 + wait.value)) / clockHz,
    error: together(needs.errors.cycles, wait.error),
  };
  const limits: string[] = [];
  const kib = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
  if (ram.needs > ram.has) limits.push(`RAM: ${kib(ram.needs)} of ${kib(ram.has)}`);
  if (flash.needs > flash.has) limits.push(`flash: ${kib(flash.needs)} of ${kib(flash.has)}`);
  if (demands.latency !== undefined && latency.value > demands.latency) {
    limits.push(`time: ${(1000 * latency.value).toPrecision(3)} ms of ${(1000 * demands.latency).toPrecision(3)} ms`);
  }
  if (demands.battery && latency.value > demands.battery.every) {
    limits.push(`time: an inference takes longer than the ${demands.battery.every} s to the next`);
  }
  const energy = power && {
    value: power.volts * power.activeMilliamps * latency.value,
    error: together(latency.error, power.error),
  };
  return {
    board: board.name,
    fits: limits.length === 0,
    ...{ limits, flash, ram, bytesError: needs.errors.bytes, latency, energy: energy ?? null },
    batteryDays:
      power && demands.battery
        ? { value: batteryDays(board, latency.value, demands.battery), error: together(latency.error, power.error) }
        : null,
    measuredOn: needs.measuredOn,
  };
}

/** What to make smaller first, for a board that falls short. */
export function objectiveFor(fit: Fit): "ram" | "flash" | "speed" {
  if (fit.ram.needs > fit.ram.has) return "ram";
  return fit.flash.needs > fit.flash.has ? "flash" : "speed";
}

/**
 * The cheapest change that makes the board fit, in words.
 * @param better the fit with the objective for it
 * @param isFloat the firmware is float32
 */
export function changeFor(fit: Fit, better: Fit, objective: string, isFloat: boolean): string {
  if (better.fits) return `--optimize ${objective}`;
  if (isFloat) return "--precision int8: a quarter of the weights and of the arena";
  const { ram, flash } = better;
  const short = Math.max(ram.needs / ram.has, flash.needs / flash.has);
  if (short > 1) {
    const which =
      ram.needs / ram.has >= flash.needs / flash.has ? "a smaller input, or fewer channels" : "fewer channels";
    return `--optimize ${objective} and ${which}: it has to shrink to ${Math.floor(100 / short)} %`;
  }
  const needed = fit.limits.at(-1) ?? "";
  return `fewer multiply-accumulates, or a faster board (${needed})`;
}
