/* Start-up of Cortex-M; the symbols come from cortex_m.ld. */
#include <stdint.h>

extern uint32_t _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[], _stack_top[];

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
/* Coprocessors 10 and 11: floating point and MVE. */
#define CPACR_FPU_FULL_ACCESS (0xFu << 20)

int main(void);

/* Nothing to return to: the host sees a link that does not answer. */
__attribute__((noreturn, used)) void Default_Handler(void) {
    for (;;) {
    }
}

__attribute__((noreturn, used)) void Reset_Handler(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= CPACR_FPU_FULL_ACCESS;
    __asm__ volatile("dsb\n isb");
#endif
    const uint32_t *from = _data_load;
    for (uint32_t *to = _data_start; to < _data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = _bss_start; to < _bss_end;) {
        *to++ = 0;
    }
    main();
    Default_Handler();
}

typedef void (*vector)(void);

static const struct {
    const uint32_t *stack_top;
    vector handlers[15];
} vectors __attribute__((section(".isr_vector"), used)) = {
    _stack_top,
    {
        Reset_Handler,
        Default_Handler,
        Default_Handler,
        Default_Handler,
        Default_Handler,
        Default_Handler,
        0,
        0,
        0,
        0,
        Default_Handler,
        Default_Handler,
        0,
        Default_Handler,
        Default_Handler,
    },
};
