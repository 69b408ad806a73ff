const LONGEST = 80;

/** No message is longer; the shape of a damaged model may be. */
const LONGEST_LINE = 1000;

/** A message on one line, whatever names are in it: control characters are blanks, very long text is shortened. */
export function oneLine(text: string): string {
  const line = text.replace(/\s*[\p{Cc}\u2028\u2029]+\s*/gu, " ");
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 3)}...` : line;
}

/** Text from a model or a file in double quotes on one line: control characters escaped, long text shortened. */
export function quoted(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
  return JSON.stringify(short).replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
