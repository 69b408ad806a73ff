/*
 * Cycles of the RP2040, without an interrupt: SysTick has their low 24 bits, and the timer, one tick in a
 * microsecond from the same crystal, says how often it has wrapped.
 */
#include "board.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_CURRENT (*(volatile uint32_t *)0xE000E018u)
#define SYSTICK_ENABLE_CORE_CLOCK 5u
#define SYSTICK_BITS 24u
#define SYSTICK_MASK ((1u << SYSTICK_BITS) - 1u)
#define TIMER_MICROSECONDS (*(volatile uint32_t *)0x40054028u)

#define CYCLES_PER_MICROSECOND ((uint32_t)F_CPU / 1000000u)

/* What the timer showed when SysTick began to count down. */
static uint32_t start;

uint32_t board_cycle_hz(void) {
    SYSTICK_CONTROL = 0;
    SYSTICK_RELOAD = SYSTICK_MASK;
    SYSTICK_CURRENT = 0;
    start = TIMER_MICROSECONDS;
    SYSTICK_CONTROL = SYSTICK_ENABLE_CORE_CLOCK;
    return (uint32_t)F_CPU;
}

uint32_t board_cycles(void) {
    const uint32_t low = 0u - SYSTICK_CURRENT;
    /* Within a few microseconds of the truth; the nearest number with these low bits is the truth. */
    const uint32_t about = (TIMER_MICROSECONDS - start) * CYCLES_PER_MICROSECOND;
    const uint32_t half = 1u << (SYSTICK_BITS - 1u);
    return about + (((low - about + half) & SYSTICK_MASK) - half);
}
