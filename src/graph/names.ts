/** Names of values and nodes that are made up. */

/** The stem, or the first of stem_1, stem_2 ... that nobody has. */
export function unusedName(stem: string, isTaken: (name: string) => boolean): string {
  let name = stem;
  for (let i = 1; isTaken(name); i++) name = `${stem}_${i}`;
  return name;
}
