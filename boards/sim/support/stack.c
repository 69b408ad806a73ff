/* Painted-stack measurement; _stack_limit comes from the linker script. */
#include "board.h"

#if defined(__AVR__)
#include <avr/io.h>

/* No alignment, and the stack pointer names the next free byte. */
typedef uint8_t stack_unit;
#define STACK_PATTERN 0xA5u
#if defined(__AVR_3_BYTE_PC__)
#define RETURN_ADDRESS_BYTES 3
#else
#define RETURN_ADDRESS_BYTES 2
#endif

static inline stack_unit *stack_pointer(void) {
    return (stack_unit *)(SP + 1u);
}

/* That of the caller; the function that calls this pushes nothing. */
#define CALLER_STACK_POINTER() (stack_pointer() + RETURN_ADDRESS_BYTES)
#else
typedef uint32_t stack_unit;
#define STACK_PATTERN 0xA5C35A3Cu

static inline stack_unit *stack_pointer(void) {
    stack_unit *sp;
#if defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(sp));
#else
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
    return sp;
}

#define CALLER_STACK_POINTER() ((stack_unit *)__builtin_dwarf_cfa())
#endif

extern stack_unit _stack_limit[];

static stack_unit *painted_top;

__attribute__((noinline)) void board_stack_paint(void) {
    /* What a run called from the caller will go below. */
    painted_top = CALLER_STACK_POINTER();
    for (volatile stack_unit *unit = _stack_limit; unit < stack_pointer(); unit++) {
        *unit = STACK_PATTERN;
    }
}

uint32_t board_stack_used(void) {
    const stack_unit *unit = _stack_limit;
    if (*unit != STACK_PATTERN) {
        return BOARD_STACK_OVERFLOW;
    }
    while (unit < painted_top && *unit == STACK_PATTERN) {
        unit++;
    }
    return (uint32_t)((const uint8_t *)painted_top - (const uint8_t *)unit);
}
