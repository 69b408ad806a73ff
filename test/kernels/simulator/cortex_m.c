/* Start-up and console of a Cortex-M program under a simulator with semihosting. */
#include <stdint.h>

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

int main(void);
void console_write(const char *text);

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void console_write(const char *text) {
    semihost(4, text);
}

__attribute__((noreturn)) static void leave(void) {
    semihost(0x18, (const void *)0x20026);
    for (;;) {
    }
}

__attribute__((noreturn)) void fault(void);
__attribute__((noreturn)) void fault(void) {
    console_write("\nfault\n");
    leave();
}

__attribute__((noreturn)) void start(void);
__attribute__((noreturn)) void start(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    main();
    leave();
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    const uint32_t *stack;
    vector handlers[7];
} vectors = {stack_top, {start, fault, fault, fault, fault, fault, fault}};
