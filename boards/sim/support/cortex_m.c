/* Start-up and stack watching for Cortex-M; the symbols come from cortex_m.ld. */
#include "board.h"

extern uint32_t _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[], _stack_top[],
    _stack_limit[];

#define STACK_PATTERN 0xA5C35A3Cu

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU_FULL_ACCESS (0xFu << 20)

int main(void);

/* Nothing to return to: the host sees a link that does not answer. */
__attribute__((noreturn, used)) void Default_Handler(void) {
    for (;;) {
    }
}

__attribute__((noreturn, used)) void Reset_Handler(void) {
#if defined(__ARM_FP)
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

static uint32_t *painted_top;

static inline uint32_t *stack_pointer(void) {
    uint32_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

__attribute__((noinline)) void board_stack_paint(void) {
    /* The stack pointer of the caller: what a run called from there will go below. */
    painted_top = __builtin_dwarf_cfa();
    for (volatile uint32_t *word = _stack_limit; word < stack_pointer(); word++) {
        *word = STACK_PATTERN;
    }
}

uint32_t board_stack_used(void) {
    const uint32_t *word = _stack_limit;
    while (word < painted_top && *word == STACK_PATTERN) {
        word++;
    }
    return (uint32_t)((const uint8_t *)painted_top - (const uint8_t *)word);
}
