/* Start-up and console of a RISC-V program under a simulator with semihosting. */
.section .text.start
.globl _start
_start:
    la sp, stack_top
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
    li a0, 0x18
    li a1, 0x20026
    j semihost

.text
.globl console_write
console_write:
    mv a1, a0
    li a0, 4
.balign 16
.option push
.option norvc
semihost:
    slli zero, zero, 0x1f
    ebreak
    srai zero, zero, 7
    ret
.option pop
