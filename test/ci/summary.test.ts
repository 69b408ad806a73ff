import { expect, test } from "vitest";
import { summarise } from "../../scripts/ci/summary.mjs";

const file = (name: string, status: string, ...tests: [fullName: string, status: string][]) => ({
  name,
  status,
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
});
const absent = { shared: "/models", sharedExists: false };

test("counts what passed, failed and was skipped", () => {
  const report = {
    testResults: [
      file("a.test.ts", "passed", ["one", "passed"], ["two", "passed"], ["three (needs qemu)", "skipped"]),
      file("b.test.ts", "failed", ["four", "failed"], ["five", "todo"], ["kws (needs ../shared) six", "pending"]),
    ],
  };
  expect(summarise(report, absent)).toEqual({
    lines: [
      "skipped: three (needs qemu)",
      "skipped: five",
      "1 tests were skipped for want of /models",
      "2 passed, 1 failed, 3 skipped",
    ],
    ok: false,
  });
});

test("a file that cannot be loaded is a failure", () => {
  const { lines, ok } = summarise({ testResults: [file("broken.test.ts", "failed")] }, absent);
  expect(lines).toContain("failed as a whole: broken.test.ts");
  expect(lines.at(-1)).toBe("0 passed, 1 failed, 0 skipped");
  expect(ok).toBe(false);
});

test("skipping for want of the models is right only where they are absent", () => {
  const report = { testResults: [file("a.test.ts", "passed", ["kws (needs ../shared)", "skipped"], ["x", "skipped"])] };
  expect(summarise(report, absent).ok).toBe(true);
  const there = summarise(report, { ...absent, sharedExists: true });
  expect(there.ok).toBe(false);
  expect(there.lines).toContain("error: skipped although /models exists: kws (needs ../shared)");
  expect(there.lines.at(-1)).toBe("0 passed, 0 failed, 2 skipped");
});
