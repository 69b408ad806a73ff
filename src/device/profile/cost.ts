/** What a stretch of code takes. */
export interface Cost {
  readonly instructions: number;
  /** Null for a core without a cycle model. */
  readonly cycles: number | null;
}

/** Lines "<instructions> <cycles>", a stretch each. */
export const costsOfLines = (text: string): Cost[] =>
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [instructions, cycles] = line.split(" ").map(Number);
      return { instructions, cycles };
    });

/** Of all of them; no cycles when one has none. */
export const sumOfCosts = (costs: readonly Cost[]): Cost => ({
  instructions: costs.reduce((sum, { instructions }) => sum + instructions, 0),
  cycles: costs.reduce<number | null>((sum, { cycles }) => (sum === null || cycles === null ? null : sum + cycles), 0),
});
