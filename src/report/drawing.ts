/** What a chart is made of: shapes with places, which templates/report/drawing.svg.hbs prints. */
import { render } from "../emit/templates.js";

/** How a shape is coloured; templates/report/page.html.hbs has the colours, for light and dark. */
export type Tone = "main" | "second" | "good" | "bad" | "grid" | "text" | "faint";

interface Common {
  readonly tone: Tone;
  /** Shown when pointed at. */
  readonly hint?: string;
}

export type Shape =
  | (Common & {
      readonly kind: "rect";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    })
  | (Common & {
      readonly kind: "line";
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
      readonly dashed?: boolean;
    })
  | (Common & { readonly kind: "circle"; readonly x: number; readonly y: number; readonly radius: number })
  | (Common & {
      readonly kind: "text";
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly anchor: "start" | "middle" | "end";
    });

/** Lengths in units of which a narrow telephone shows 360 side by side. */
export interface Drawing {
  /** For those who cannot see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** Width of every drawing. */
export const DRAWING_WIDTH = 360;

const rounded = (shape: Shape) =>
  Object.fromEntries(
    Object.entries(shape).map(([key, value]) => [
      key,
      typeof value === "number" ? Math.round(value * 100) / 100 : value,
    ]),
  );

/** The drawing as an <svg> element. */
export function svg({ title, width, height, shapes }: Drawing): string {
  const views = shapes.map((shape) => ({
    ...{ rect: null, line: null, circle: null, text: null },
    [shape.kind]: { hint: "", dashed: false, ...rounded(shape) },
  }));
  return render("report/drawing.svg", { title, width: Math.ceil(width), height: Math.ceil(height), shapes: views });
}
