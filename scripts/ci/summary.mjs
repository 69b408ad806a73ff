// @ts-check

/**
 * The part of vitest's JSON report that counts.
 * @typedef {object} Report
 * @property {{ name: string, status: string, assertionResults: { fullName: string, status: string }[] }[]} testResults
 */

/** What a test that needs the model folder has in its name, or in that of its suite. */
const NEEDS_SHARED = "../shared";

/**
 * What a CI run says at its end. A file that failed before it had any test counts as one failed test.
 * @param {Report} report
 * @param {{ shared: string, sharedExists: boolean }} folder of models and data, for which tests may be skipped
 * @returns {{ lines: string[], ok: boolean }} the last line is "N passed, N failed, N skipped"
 */
export function summarise({ testResults }, { shared, sharedExists }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === "passed").length;
  const failedTests = tests.filter(({ status }) => status === "failed").length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  const forShared = skipped.filter(({ fullName }) => fullName.includes(NEEDS_SHARED));
  const wronglySkipped = sharedExists ? forShared : [];
  const failed = failedTests + brokenFiles.length;
  return {
    lines: [
      ...brokenFiles.map(({ name }) => `failed as a whole: ${name}`),
      ...skipped.filter((test) => !forShared.includes(test)).map(({ fullName }) => `skipped: ${fullName}`),
      `${forShared.length} tests were skipped for want of ${shared}`,
      ...wronglySkipped.map(({ fullName }) => `error: skipped although ${shared} exists: ${fullName}`),
      `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
    ],
    ok: failed === 0 && wronglySkipped.length === 0,
  };
}
