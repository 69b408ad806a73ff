/** A page as headless Chromium lays it out. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "../../src/device/process.js";

export const chromium = findProgram("chromium");

/** What a script finds in a page of a width; the script is an expression of `page`, the document. */
export async function inPage<T>(html: string, width: number, expression: string): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-page-"));
  try {
    writeFileSync(join(folder, "report.html"), html);
    // Headless windows are no narrower than 500: a frame has the width of a telephone.
    writeFileSync(
      join(folder, "probe.html"),
      `<!doctype html><iframe id="frame" src="report.html" style="width:${width}px;height:800px;border:0"></iframe>
<pre id="result"></pre><script>
frame.onload = () => {
  const page = frame.contentDocument;
  result.textContent = JSON.stringify(${expression});
};
</script>`,
    );
    const flags = [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync", "--allow-file-access-from-files"],
      ...[`--user-data-dir=${join(folder, "profile")}`, "--virtual-time-budget=5000", "--dump-dom"],
    ];
    const page = `file://${join(folder, "probe.html")}`;
    const { stdout } = await promisify(execFile)(chromium ?? "", [...flags, page], { timeout: 60_000 });
    const text = /<pre id="result">(.*?)<\/pre>/s.exec(stdout)?.[1] ?? "";
    return JSON.parse(
      text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
