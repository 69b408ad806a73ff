// @ts-check
/** The programs beside Node that onnx2mcu and its tests use, and where they come from. */

/**
 * @typedef {object} Tool
 * @property {string} name as the user knows it
 * @property {string} purpose what does not work without it
 * @property {string} debian package of Debian and Ubuntu
 * @property {string} [brew] package of Homebrew
 * @property {string} [program] must be on PATH
 * @property {string} [file] must exist, on Debian and Ubuntu; `*` as in `existsLike`
 */

const RISCV_BREW = "riscv-software-src/riscv/riscv-gnu-toolchain";
const HOST = "running firmware on the host, and tests";
const CORTEX_M = "building firmware for Cortex-M";
const RISCV = "running firmware on the simulated RISC-V board";
const SECOND_AVR = "tests that compare the simulated AVR boards with another simulator";
const EVERY_COMPILER = "tests that compile the generated C with every compiler";

/** @type {readonly Tool[]} */
export const TOOLS = [
  { name: "C compiler", program: "cc", debian: "gcc", brew: "gcc", purpose: HOST },
  { name: "C library headers", file: "/usr/include/stdio.h", debian: "libc6-dev", purpose: HOST },
  {
    name: "arm-none-eabi-gcc",
    program: "arm-none-eabi-gcc",
    debian: "gcc-arm-none-eabi",
    brew: "gcc-arm-embedded",
    purpose: CORTEX_M,
  },
  {
    name: "newlib for ARM",
    file: "/usr/include/newlib/stdio.h",
    debian: "libnewlib-arm-none-eabi",
    purpose: CORTEX_M,
  },
  {
    name: "qemu-system-arm",
    program: "qemu-system-arm",
    debian: "qemu-system-arm",
    brew: "qemu",
    purpose: "running firmware on the simulated Cortex-M boards",
  },
  {
    name: "qemu-system-riscv32",
    program: "qemu-system-riscv32",
    debian: "qemu-system-misc",
    brew: "qemu",
    purpose: RISCV,
  },
  { name: "avr-gcc", program: "avr-gcc", debian: "gcc-avr", brew: "osx-cross/avr/avr-gcc", purpose: EVERY_COMPILER },
  { name: "AVR C library", file: "/usr/lib/avr/include/stdio.h", debian: "avr-libc", purpose: EVERY_COMPILER },
  {
    name: "Arduino core for AVR",
    file: "/usr/share/arduino/hardware/arduino/avr/platform.txt",
    debian: "arduino-core-avr",
    purpose: "tests of the Arduino libraries",
  },
  {
    name: "riscv64-unknown-elf-gcc",
    program: "riscv64-unknown-elf-gcc",
    debian: "gcc-riscv64-unknown-elf",
    brew: RISCV_BREW,
    purpose: EVERY_COMPILER,
  },
  {
    name: "picolibc for RISC-V",
    file: "/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
    debian: "picolibc-riscv64-unknown-elf",
    purpose: EVERY_COMPILER,
  },
  {
    name: "xtensa-lx106-elf-gcc",
    program: "xtensa-lx106-elf-gcc",
    debian: "gcc-xtensa-lx106",
    purpose: EVERY_COMPILER,
  },
  {
    name: "picolibc for Xtensa",
    file: "/usr/lib/xtensa-lx106-elf/include/string.h",
    debian: "picolibc-xtensa-lx106-elf",
    purpose: EVERY_COMPILER,
  },
  { name: "clang", program: "clang", debian: "clang", brew: "llvm", purpose: EVERY_COMPILER },
  {
    name: "sanitizers of clang",
    file: "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a",
    debian: "libclang-rt-dev",
    purpose: "tests under sanitizers",
  },
  {
    name: "clang-format",
    program: "clang-format",
    debian: "clang-format",
    brew: "clang-format",
    purpose: "the format check of the C code (npm run check)",
  },
  { name: "simavr", file: "/usr/include/simavr/sim_avr.h", debian: "libsimavr-dev", purpose: SECOND_AVR },
  { name: "CMake", program: "cmake", debian: "cmake", brew: "cmake", purpose: "tests of what CMake builds" },
  { name: "Chromium", program: "chromium", debian: "chromium", brew: "chromium", purpose: "tests of the HTML reports" },
];

/** Python with its module for virtual environments; looked for only where PlatformIO has to be installed. */
export const PYTHON = Object.freeze({
  name: "Python 3 with venv",
  debian: "python3-venv",
  brew: "python",
  purpose: "PlatformIO, which builds the firmware projects",
});

/**
 * @param {{ debian: boolean, hasProgram(name: string): boolean, hasFile(pattern: string): boolean }} machine
 * @returns {Tool[]}
 */
export function missingTools({ debian, hasProgram, hasFile }) {
  return TOOLS.filter(
    ({ program, file }) =>
      (program !== undefined && !hasProgram(program)) || (debian && file !== undefined && !hasFile(file)),
  );
}
