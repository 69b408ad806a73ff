/** Charts as drawings: pure functions from numbers to shapes. */
import { DRAWING_WIDTH, type Drawing, type Shape, type Tone } from "./drawing.js";

export interface Bar {
  readonly label: string;
  readonly hint?: string;
  /** Length of the bar, at least 0; null: no bar, only the text. */
  readonly value: number | null;
  /** Written behind the bar. */
  readonly text: string;
  readonly tone?: Tone;
}

const LABEL_WIDTH = 116;
/** Of a character behind a bar, and of the space around the text. */
const CHARACTER_WIDTH = 5.6;
const VALUE_MARGIN = 10;
const BAR_PITCH = 15;
const LONGEST_LABEL = 18;

/** The end of a path tells its layer from the others. */
const short = (text: string, most: number) => (text.length <= most ? text : `…${text.slice(1 - most)}`);

/** Horizontal bars from zero, one below the other. */
export function barChart(title: string, bars: readonly Bar[]): Drawing {
  const widest = Math.max(0, ...bars.map(({ text }) => text.length));
  const room = Math.max(40, DRAWING_WIDTH - LABEL_WIDTH - widest * CHARACTER_WIDTH - VALUE_MARGIN);
  const most = Math.max(...bars.map(({ value }) => value ?? 0)) || 1;
  const shapes = bars.flatMap(({ label, hint, value, text, tone = "main" }, i): Shape[] => {
    const y = i * BAR_PITCH;
    const width = value === null ? 0 : (Math.max(0, value) / most) * room;
    return [
      {
        ...{ kind: "text", tone: "text", x: LABEL_WIDTH - 6, y: y + 11, anchor: "end" },
        ...{ text: short(label, LONGEST_LABEL), hint: hint ?? label },
      },
      { kind: "rect", tone, x: LABEL_WIDTH, y: y + 2, width, height: BAR_PITCH - 4, hint: hint ?? label },
      { kind: "text", tone: "faint", x: LABEL_WIDTH + width + 4, y: y + 11, anchor: "start", text },
    ];
  });
  return { title, width: DRAWING_WIDTH, height: bars.length * BAR_PITCH + 2, shapes };
}

export interface Marker {
  readonly value: number;
  readonly label: string;
  readonly tone: Tone;
}

const PLOT_HEIGHT = 110;
const AXIS_HEIGHT = 16;
const SIDE = 6;

/**
 * How often values occur: bins of one width over [low, high]; a vertical line for each marker.
 * @param scale "root" draws the square root of the counts, so that rare values are seen beside frequent ones
 */
export function histogramChart(
  title: string,
  bins: { readonly counts: readonly number[]; readonly low: number; readonly high: number },
  options: { readonly markers?: readonly Marker[]; readonly scale?: "linear" | "root" } = {},
): Drawing {
  const { markers = [], scale = "linear" } = options;
  const { counts, low, high } = bins;
  const height = (count: number) => (scale === "root" ? Math.sqrt(count) : count);
  const most = Math.max(...counts.map(height)) || 1;
  const room = DRAWING_WIDTH - 2 * SIDE;
  const pitch = room / counts.length;
  const at = (value: number) => SIDE + (high > low ? ((value - low) / (high - low)) * room : room / 2);
  const top = markers.length > 0 ? 12 : 2;
  const base = top + PLOT_HEIGHT;
  const shapes: Shape[] = counts.map((count, i) => {
    const tall = (height(count) / most) * PLOT_HEIGHT;
    return {
      ...{ kind: "rect", tone: "main", x: SIDE + i * pitch, y: base - tall, width: Math.max(pitch - 0.5, 0.5) },
      ...{ height: tall, hint: `${axisText(low + ((i + 0.5) * (high - low)) / counts.length)}: ${count}` },
    };
  });
  shapes.push({ kind: "line", tone: "faint", x1: SIDE, y1: base, x2: DRAWING_WIDTH - SIDE, y2: base });
  for (const { value, label, tone } of markers) {
    const x = Math.max(SIDE, Math.min(DRAWING_WIDTH - SIDE, at(value)));
    const anchor = x < DRAWING_WIDTH / 2 ? "start" : "end";
    shapes.push({ kind: "line", tone, x1: x, y1: top, x2: x, y2: base, dashed: true, hint: label });
    shapes.push({ kind: "text", tone, x, y: 9, anchor, text: label });
  }
  const text = (x: number, value: number, anchor: "start" | "end"): Shape => ({
    ...{ kind: "text", tone: "faint", x, y: base + 12, anchor },
    text: axisText(value),
  });
  shapes.push(text(SIDE, low, "start"), text(DRAWING_WIDTH - SIDE, high, "end"));
  return { title, width: DRAWING_WIDTH, height: base + AXIS_HEIGHT, shapes };
}

/** Four digits at most of what cannot be read off a plot more exactly. */
export function axisText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size >= 1e6 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** Counts of finite values in bins of one width from their least to their largest. */
export function binned(values: ArrayLike<number>, bins: number) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const share = high > low ? (values[i] - low) / (high - low) : 0;
    counts[Math.min(bins - 1, Math.floor(share * bins))]++;
  }
  return values.length === 0 ? { counts, low: 0, high: 0 } : { counts, low, high };
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly hint: string;
  readonly label?: string;
  readonly tone?: Tone;
}

/** Points over two linear axes that begin where the points do; axis texts are at the ends. */
export function scatterChart(
  title: string,
  points: readonly Point[],
  axes: { readonly x: string; readonly y: string },
) {
  const range = (values: number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = (high - low) * 0.06 || Math.abs(high) * 0.06 || 1;
    return { low: low - margin, high: high + margin };
  };
  const [left, top, bottom] = [44, 14, 200];
  const [xs, ys] = [range(points.map(({ x }) => x)), range(points.map(({ y }) => y))];
  const right = DRAWING_WIDTH - SIDE;
  const placeX = (x: number) => left + ((x - xs.low) / (xs.high - xs.low)) * (right - left);
  const placeY = (y: number) => bottom - ((y - ys.low) / (ys.high - ys.low)) * (bottom - top);
  const shapes: Shape[] = [
    { kind: "line", tone: "faint", x1: left, y1: bottom, x2: right, y2: bottom },
    { kind: "line", tone: "faint", x1: left, y1: top, x2: left, y2: bottom },
    { kind: "text", tone: "faint", x: left, y: 9, anchor: "start", text: axes.y },
    { kind: "text", tone: "faint", x: right, y: bottom + 24, anchor: "end", text: axes.x },
    { kind: "text", tone: "faint", x: left, y: bottom + 12, anchor: "start", text: axisText(xs.low) },
    { kind: "text", tone: "faint", x: right, y: bottom + 12, anchor: "end", text: axisText(xs.high) },
    { kind: "text", tone: "faint", x: left - 4, y: bottom, anchor: "end", text: axisText(ys.low) },
    { kind: "text", tone: "faint", x: left - 4, y: top + 9, anchor: "end", text: axisText(ys.high) },
  ];
  for (const { x, y, hint, label, tone = "main" } of points) {
    shapes.push({ kind: "circle", tone, x: placeX(x), y: placeY(y), radius: 3.5, hint });
    const anchor = placeX(x) > DRAWING_WIDTH / 2 ? "end" : "start";
    const aside = anchor === "end" ? -6 : 6;
    if (label) {
      shapes.push({
        kind: "text",
        tone: "text",
        x: placeX(x) + aside,
        y: placeY(y) - 4,
        anchor,
        text: short(label, 26),
      });
    }
  }
  return { title, width: DRAWING_WIDTH, height: bottom + 30, shapes } satisfies Drawing;
}

/** A range of bytes of a memory, used from step `first` to step `last`. */
export interface MapBlock {
  readonly offset: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  readonly hint: string;
  readonly tone: Tone;
}

/** Address upwards, time to the right: who uses which bytes when. Steps before 0 and from `steps` on are inputs and outputs. */
export function memoryMapChart(
  title: string,
  blocks: readonly MapBlock[],
  { steps, bytes, peakStep }: { readonly steps: number; readonly bytes: number; readonly peakStep: number },
): Drawing {
  const [left, top, height] = [44, 4, 200];
  const right = DRAWING_WIDTH - SIDE;
  const pitch = (right - left) / (steps + 2);
  const x = (position: number) => left + (position + 1) * pitch;
  const y = (address: number) => top + height - (address / Math.max(bytes, 1)) * height;
  const shapes: Shape[] = blocks.map(({ offset, bytes: size, first, last, hint, tone }) => ({
    ...{ kind: "rect", tone, hint, x: x(first), y: y(offset + size) },
    ...{
      width: Math.max((last - first + 1) * pitch - 0.6, 0.6),
      height: Math.max(y(offset) - y(offset + size) - 0.6, 0.6),
    },
  }));
  const middle = x(peakStep) + pitch / 2;
  shapes.push(
    { kind: "line", tone: "bad", x1: middle, y1: top, x2: middle, y2: top + height, dashed: true, hint: "the peak" },
    { kind: "line", tone: "faint", x1: left, y1: top + height, x2: right, y2: top + height },
    { kind: "line", tone: "faint", x1: left, y1: top, x2: left, y2: top + height },
    { kind: "text", tone: "faint", x: left - 4, y: top + 9, anchor: "end", text: bytes.toLocaleString("en") },
    { kind: "text", tone: "faint", x: left - 4, y: top + height, anchor: "end", text: "0" },
    { kind: "text", tone: "faint", x: left, y: top + height + 12, anchor: "start", text: "inputs" },
    { kind: "text", tone: "faint", x: right, y: top + height + 12, anchor: "end", text: `step ${steps - 1}, outputs` },
  );
  return { title, width: DRAWING_WIDTH, height: top + height + AXIS_HEIGHT, shapes };
}
