/** Ctrl-C and its like, while there is something that must end before this program does. */
import { EXIT, UserError } from "../errors.js";

/** Signals by which a user or the system ends a program. Not SIGHUP: to take it would undo nohup. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
export type Interrupt = (typeof SIGNALS)[number];

type Act = (signal: Interrupt) => void;

/** Those who have something to end; null: exit handlers do it. */
const holders = new Set<{ readonly act: Act | null }>();

function interrupted(signal: Interrupt): void {
  const acts = [...holders].flatMap(({ act }) => act ?? []);
  for (const act of acts) act(signal);
  if (acts.length === 0) process.exit(signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated);
}

/**
 * Until the function that it gives is called, an interrupt does not end this program on the spot.
 * @param act what happens then: it makes what is under way fail with interruption(); null: the program exits, and its exit
 *   handlers run
 */
export function holdInterrupts(act: Act | null): () => void {
  if (holders.size === 0) for (const signal of SIGNALS) process.on(signal, interrupted);
  const holder = { act };
  holders.add(holder);
  return () => {
    if (!holders.delete(holder) || holders.size > 0) return;
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
}

/** @param what was under way and is ended: "the build was stopped" */
export const interruption = (signal: Interrupt, what: string): UserError =>
  new UserError(signal === "SIGINT" ? "E_INTERRUPTED" : "E_TERMINATED", what);

export const isInterruption = (error: unknown): error is UserError =>
  error instanceof UserError && (error.code === "E_INTERRUPTED" || error.code === "E_TERMINATED");
