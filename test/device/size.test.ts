import { describe, expect, test } from "vitest";
import { sizesFromMap } from "../../src/device/size.js";

/** What GNU ld writes, shortened: long names wrap, discarded sections have no place, archives say who pulled them in. */
const MAP = `Archive member included to satisfy reference by file (symbol)

build/lib7d1/libkws.a(kws.o)  build/src/main.o (kws_init)
build/lib7d1/libkws.a(nn_conv2d_s8.o)
                              build/lib7d1/libkws.a(kws.o) (nn_conv2d_s8)
build/lib81a/libonnx2mcu_link.a(link.o)
                              build/src/main.o (link_receive)
/usr/lib/libm.a(libm_a-sf_exp.o)
                              build/lib7d1/libkws.a(nn_conv2d_s8.o) (expf)
/usr/lib/libm.a(libm_a-sf_errno.o)
                              /usr/lib/libm.a(libm_a-sf_exp.o) (__math_oflowf)
/usr/lib/libc_nano.a(lib_a-memcpy.o)
                              build/support/cortex_m.o (memcpy)

Discarded input sections

 .text.unused   0x00000000     0x1000 build/lib7d1/libkws.a(kws.o)

Memory Configuration

Name             Origin             Length             Attributes
FLASH            0x00000000         0x00400000
*default*        0x00000000         0xffffffff

Linker script and memory map

LOAD build/lib7d1/libkws.a

.text           0x00000000      0x500
 *(.isr_vector)
 .isr_vector    0x00000000       0x40 build/support/cortex_m.o
 *(.text .text.*)
 .text.kws_run  0x00000040       0x30 build/lib7d1/libkws.a(kws.o)
                0x00000040                kws_run
 .text.nn_conv2d_s8_inner_part
                0x00000070      0x100 build/lib7d1/libkws.a(nn_conv2d_s8.o)
 *fill*         0x00000170        0x2
 .text.link_receive
                0x00000172       0x80 build/lib81a/libonnx2mcu_link.a(link.o)
 .text          0x000001f4       0x20 /usr/lib/libm.a(libm_a-sf_exp.o)
 .text          0x00000214        0x8 /usr/lib/libm.a(libm_a-sf_errno.o)
 .text          0x0000021c       0x10 /usr/lib/libc_nano.a(lib_a-memcpy.o)

.rodata         0x00000500       0x60
 .rodata.kws_table_0
                0x00000500       0x48 build/lib7d1/libkws.a(kws_weights.o)
 .rodata.device
                0x00000548        0x9 build/src/main.o

.ARM.exidx      0x00000560        0x8
 .ARM.exidx     0x00000560        0x8 build/lib7d1/libkws.a(kws.o)

.data           0x20000000        0x6 load address 0x00000568
 .data.counter  0x20000000        0x4 build/lib7d1/libkws.a(kws.o)
 .data          0x20000004        0x2 build/support/cortex_m.o

.bss            0x20000008      0x820
 .bss.arena     0x20000008      0x800 build/src/main.o
 COMMON         0x20000808       0x18 build/lib7d1/libkws.a(kws.o)

.debug_info     0x00000000    0x12345
 .debug_info    0x00000000    0x12345 build/lib7d1/libkws.a(kws.o)
`;

describe("sizes from a linker map", () => {
  test("the model's objects and what only they pulled in, apart from all else", () => {
    expect(sizesFromMap(MAP, "kws")).toEqual({
      model: { code: 0x30 + 0x100 + 0x20 + 0x8 + 0x8, constants: 0x48, data: 4, bss: 0x18 },
      support: { code: 0x40 + 0x80 + 0x10, constants: 9, data: 2, bss: 0x800 },
    });
  });

  test("another library's name claims nothing", () => {
    const { model, support } = sizesFromMap(MAP, "ws");
    expect(model).toEqual({ code: 0, constants: 0, data: 0, bss: 0 });
    expect(support.code).toBe(0x40 + 0x30 + 0x100 + 0x80 + 0x20 + 0x8 + 0x10 + 0x8);
  });

  test("a text that is no map has no sizes", () => {
    const nothing = { code: 0, constants: 0, data: 0, bss: 0 };
    expect(sizesFromMap("", "kws")).toEqual({ model: nothing, support: nothing });
  });
});
