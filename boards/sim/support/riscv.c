/* Start-up of a RISC-V hart in machine mode; the symbols come from riscv.ld. */
#include <stdint.h>

extern uint32_t _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

int main(void);
void start(void);

__attribute__((noreturn, used)) void start(void) {
    const uint32_t *from = _data_load;
    for (uint32_t *to = _data_start; to < _data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = _bss_start; to < _bss_end;) {
        *to++ = 0;
    }
    main();
    /* Nothing to return to: the host sees a link that does not answer. */
    for (;;) {
    }
}

/* The linker must not relax the load of gp into one relative to gp. */
__asm__(".section .init, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        ".option push\n"
        ".option norelax\n"
        "la gp, __global_pointer$\n"
        ".option pop\n"
        "la sp, _stack_top\n"
        "j start\n"
        ".text\n");
