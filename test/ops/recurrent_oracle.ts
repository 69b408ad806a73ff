/** RNN, GRU and LSTM as the ONNX specification writes them, in double precision and one sequence at a time. */
export interface RecurrentModel {
  readonly operator: "RNN" | "GRU" | "LSTM";
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  /** Of one direction. */
  readonly functions: readonly ((x: number) => number)[];
  readonly clip?: number;
  readonly linearBeforeReset?: boolean;
  readonly inputForget?: boolean;
}

export interface RecurrentValues {
  /** [steps][batch][inputs] */
  readonly x: ArrayLike<number>;
  /** [directions][gates * hidden][inputs] and [hidden] */
  readonly w: ArrayLike<number>;
  readonly r: ArrayLike<number>;
  /** [directions][2 * gates * hidden] */
  readonly b?: ArrayLike<number>;
  readonly lengths?: ArrayLike<number>;
  /** [directions][batch][hidden] */
  readonly h?: ArrayLike<number>;
  readonly c?: ArrayLike<number>;
  /** [directions][3 * hidden] */
  readonly p?: ArrayLike<number>;
}

const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;

export function recurrentOracle(of: RecurrentModel, v: RecurrentValues) {
  const gates = GATES[of.operator];
  const { steps, batch, inputs, hidden } = of;
  const directions = of.direction === "bidirectional" ? 2 : 1;
  const y = new Float64Array(steps * directions * batch * hidden);
  const yH = new Float64Array(directions * batch * hidden);
  const yC = new Float64Array(directions * batch * hidden);
  const clip = (x: number) => Math.min(of.clip ?? Infinity, Math.max(-(of.clip ?? Infinity), x));
  const [f, g] = of.functions.map((fn) => (x: number) => fn(clip(x)));
  for (let d = 0; d < directions; d++) {
    for (let n = 0; n < batch; n++) {
      const start = (d * batch + n) * hidden;
      const length = v.lengths?.[n] ?? steps;
      let h = Array.from({ length: hidden }, (_, j) => v.h?.[start + j] ?? 0);
      let c = Array.from({ length: hidden }, (_, j) => v.c?.[start + j] ?? 0);
      const times = Array.from({ length }, (_, i) => i);
      if (of.direction === "reverse" || d === 1) times.reverse();
      for (const t of times) {
        const x = Array.from({ length: inputs }, (_, i) => v.x[(t * batch + n) * inputs + i]);
        const product = (m: ArrayLike<number>, row: number, vector: readonly number[]) =>
          vector.reduce((sum, value, i) => sum + value * m[(d * gates * hidden + row) * vector.length + i], 0);
        const bias = (row: number) => v.b?.[d * 2 * gates * hidden + row] ?? 0;
        const wx = (gate: number, j: number) => product(v.w, gate * hidden + j, x) + bias(gate * hidden + j);
        const rh = (gate: number, j: number, values: readonly number[]) =>
          product(v.r, gate * hidden + j, values) + bias((gates + gate) * hidden + j);
        const peep = (gate: number, j: number, cell: number) => (v.p?.[d * 3 * hidden + gate * hidden + j] ?? 0) * cell;
        const each = (value: (j: number) => number) => h.map((_, j) => value(j));
        if (of.operator === "RNN") {
          h = each((j) => f(wx(0, j) + rh(0, j, h)));
        } else if (of.operator === "GRU") {
          const z = each((j) => f(wx(0, j) + rh(0, j, h)));
          const r = each((j) => f(wx(1, j) + rh(1, j, h)));
          const gated = each((j) => r[j] * h[j]);
          const m = each((j) => g(wx(2, j) + (of.linearBeforeReset ? r[j] * rh(2, j, h) : rh(2, j, gated))));
          h = each((j) => (1 - z[j]) * m[j] + z[j] * h[j]);
        } else {
          const before = c;
          const i = each((j) => f(wx(0, j) + rh(0, j, h) + peep(0, j, before[j])));
          const e = each((j) => (of.inputForget ? 1 - i[j] : f(wx(2, j) + rh(2, j, h) + peep(2, j, before[j]))));
          c = each((j) => e[j] * before[j] + i[j] * g(wx(3, j) + rh(3, j, h)));
          const o = each((j) => f(wx(1, j) + rh(1, j, h) + peep(1, j, c[j])));
          const out = of.functions[2];
          h = each((j) => o[j] * out(c[j]));
        }
        h.forEach((value, j) => {
          y[((t * directions + d) * batch + n) * hidden + j] = value;
        });
      }
      // onnxruntime gives 0 for an empty sequence; ONNX leaves it open.
      yH.set(length > 0 ? h : h.map(() => 0), start);
      yC.set(length > 0 ? c : c.map(() => 0), start);
    }
  }
  return { y, yH, yC };
}
