import { defineConfig } from "vitest/config";

const ci = process.env.CI !== undefined && process.env.CI !== "";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global_setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    reporters: ci ? ["default", "json"] : ["default"],
    outputFile: { json: ".cache/vitest.json" },
  },
});
