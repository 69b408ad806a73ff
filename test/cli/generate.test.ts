import { describe, expect, test } from "vitest";
import { checkFits } from "../../src/cli/generate.js";
import { loadBoard } from "../../src/device/boards.js";
import { compileDigits } from "../digits.js";

describe("checkFits", () => {
  const compiled = compileDigits();
  const board = loadBoard("qemu-cortex-m4");
  const withBytes = (flash: number, ram: number) => ({
    ...board,
    memory: {
      flash: [{ ...board.memory.flash[0], bytes: flash }],
      ram: [{ ...board.memory.ram[0], bytes: ram }],
    },
  });

  test("takes what fits to the byte, and says by how much the rest is too large", () => {
    const { arenaBytes } = compiled.plan;
    expect(() => checkFits(compiled, withBytes(2 ** 20, arenaBytes))).not.toThrow();
    expect(() => checkFits(compiled, withBytes(2 ** 20, arenaBytes - 36))).toThrow(
      ` 36 more than the ${arenaBytes - 36} `,
    );
    expect(() => checkFits(compiled, withBytes(1000, arenaBytes))).toThrow(/flash for the weights.*--optimize flash/);
  });
});
