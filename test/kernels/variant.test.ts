import { expect, test } from "vitest";
import { tableWaiting } from "../../src/kernels/variant.js";

const target = { core: "x", isa: [], flashWaitStates: 5 };

test("tables wait for every 16 bytes, each time that they are read", () => {
  expect(tableWaiting(target, 1600, 10)).toBe(5 * 100 * 10);
  expect(tableWaiting({ ...target, flashWaitStates: 0 }, 1600, 10)).toBe(0);
});

test("tables that the cache holds wait once", () => {
  const cached = { ...target, tableCacheBytes: 1600 };
  expect(tableWaiting(cached, 1600, 10)).toBe(5 * 100);
  expect(tableWaiting(cached, 1616, 10)).toBe(5 * 101 * 10);
});
