import { describe, expect, test } from "vitest";
import { forbiddenSymbols } from "../../src/device/elf_audit.js";

const found = (name: string) => forbiddenSymbols(`00000118 T ${name}\n         U ${name}\n`);

describe("forbidden symbols", () => {
  test.each([
    ...["malloc", "calloc", "realloc", "free", "_malloc_r", "_free_r", "_sbrk", "_sbrk_r", "memalign"],
    ...["printf", "sprintf", "snprintf", "vsnprintf", "_svfprintf_r", "siprintf", "_printf_i", "__ssvfiscanf_r"],
    ...["fopen", "fwrite", "puts", "_puts_r", "putchar", "fputc", "__ssputs_r", "fflush"],
    ...["__aeabi_dadd", "__aeabi_dmul", "__aeabi_ddiv", "__aeabi_drsub", "__aeabi_dcmplt", "__aeabi_cdcmpeq"],
    ...["__aeabi_d2f", "__aeabi_d2iz", "__aeabi_d2uiz", "__aeabi_f2d", "__aeabi_i2d", "__aeabi_ul2d"],
    ...["__adddf3", "__subdf3", "__muldf3", "__divdf3", "__negdf2", "__eqdf2", "__gedf2", "__unorddf2"],
    ...["__extendsfdf2", "__truncdfsf2", "__floatsidf", "__floatunsidf", "__floatdidf", "__fixdfsi", "__fixunsdfdi"],
    ...["exp", "log", "tanh", "sqrt", "pow", "__ieee754_exp", "floor", "rint", "round", "lrint"],
  ])("%s", (name) => expect(found(name)).toEqual([name]));

  test.each([
    ...["main", "memcpy", "memset", "__aeabi_memcpy4", "digits_run", "nn_conv2d_s8", "board_write", "_exit"],
    ...["__aeabi_fadd", "__aeabi_f2iz", "__aeabi_i2f", "__aeabi_lmul", "__aeabi_ldivmod", "__aeabi_idiv0"],
    ...["__addsf3", "__mulsf3", "__divdi3", "__muldi3", "__fixsfsi", "__clzsi2", "__udivsi3", "__popcountsi2"],
    ...["expf", "tanhf", "sqrtf", "floorf", "fminf", "link_free_bytes", "prelu", "exponent", "layer_done"],
  ])("not %s", (name) => expect(found(name)).toEqual([]));

  test("of an nm listing, each once and sorted; debugging lines and names of files do not count", () => {
    const listing = `
00000000 T vectors
20000000 B arena
         U printf
00000200 t free
00000204 W malloc
00000208 T malloc
00000000 n $d

malloc.o:
`;
    expect(forbiddenSymbols(listing)).toEqual(["free", "malloc", "printf"]);
  });
});
