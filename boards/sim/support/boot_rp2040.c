/*
 * Second stage of the RP2040's boot: its ROM copies the first 256 bytes of the flash into RAM and, where the
 * last four are the CRC-32 of the others, calls them (datasheet 2.8.1). They let the flash be read in place,
 * with the serial read command 03h that every flash chip knows, and enter the firmware by the vector table
 * that follows.
 */
__asm__(".section .boot2, \"ax\"\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        "boot2:\n"
        "ldr r3, =0x18000000\n" /* SSI */
        "movs r0, #0\n"
        "str r0, [r3, #0x08]\n" /* SSIENR: off */
        "movs r0, #4\n"
        "str r0, [r3, #0x14]\n" /* BAUDR: clk_sys / 4 */
        "ldr r0, =(31 << 16) | (3 << 8)\n"
        "str r0, [r3, #0x00]\n" /* CTRLR0: one line, frames of 32 bits, command and address first */
        "movs r0, #0\n"
        "str r0, [r3, #0x04]\n" /* CTRLR1: one frame */
        "ldr r0, =(0x03 << 24) | (2 << 8) | (6 << 2)\n"
        "movs r1, #0xf4\n"
        "str r0, [r3, r1]\n" /* SPI_CTRLR0: command 03h of 8 bits, address of 24 bits */
        "movs r0, #1\n"
        "str r0, [r3, #0x08]\n" /* SSIENR: on */
        "ldr r0, =0x10000100\n"
        "ldr r1, =0xe000ed08\n" /* VTOR */
        "str r0, [r1]\n"
        "ldmia r0!, {r1, r2}\n"
        "mov sp, r1\n"
        "bx r2\n"
        ".balign 4\n"
        ".ltorg\n"
        ".org 252\n"
        ".word 0xe93ff15d\n" /* the CRC-32, MSB first, polynomial 04C11DB7h, from FFFFFFFFh */
        ".text\n");
