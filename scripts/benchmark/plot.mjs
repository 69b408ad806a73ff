// @ts-check
// docs/benchmark.svg: instructions of an inference as a share of what TensorFlow Lite Micro with CMSIS-NN takes.
import { CORTEX_M4, CORTEX_M55 } from "./peers.mjs";

const LEFT = 190;
const WIDTH = 560;
const LINE = 22;

/** @param {import("./document.mjs").Result[]} results */
export function benchmarkPlot(results) {
  const bars = results.flatMap(({ board, model, optimize, instructions }) => {
    if (optimize !== "speed") return [];
    const m4 = board === "qemu-cortex-m4" ? CORTEX_M4[model]?.instructions : undefined;
    const peer = m4 ?? (board === "qemu-cortex-m55" ? CORTEX_M55[model] : undefined);
    if (!peer) return [];
    const core = m4 ? "Cortex-M4" : "Cortex-M55";
    return [{ label: `${model.replace("mlperf_", "")}, ${core}`, share: instructions / peer, instructions }];
  });
  const height = 70 + bars.length * LINE;
  const lines = bars.map(({ label, share, instructions }, i) => {
    const y = 44 + i * LINE;
    return [
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${label}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(share * WIDTH).toFixed(1)}" height="${LINE - 6}" fill="#2a7ab0"/>`,
      `<text x="${(LEFT + share * WIDTH + 6).toFixed(1)}" y="${y + 13}">${Math.round(100 * share)} % (${(instructions / 1e6).toFixed(2)} M)</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 60}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="${LEFT}" y="24" font-size="15">Instructions of an inference; 100 % is TensorFlow Lite Micro with CMSIS-NN</text>
${lines.join("\n")}
<line x1="${LEFT + WIDTH}" y1="36" x2="${LEFT + WIDTH}" y2="${height - 20}" stroke="#a33" stroke-dasharray="4 3"/>
<text x="${LEFT + WIDTH}" y="${height - 6}" text-anchor="middle" fill="#a33">100 %</text>
</svg>
`;
}
