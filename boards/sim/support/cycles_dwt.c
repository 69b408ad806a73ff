/* Cycle counter of the DWT unit: Cortex-M3 and above, where the maker built it in (simulators do not). */
#include "board.h"

#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define DEMCR_TRACE_ENABLE (1u << 24)
#define DWT_CONTROL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CONTROL_CYCLE_COUNT_ENABLE 1u
#define DWT_CYCLE_COUNT (*(volatile uint32_t *)0xE0001004u)

uint32_t board_cycle_hz(void) {
    DEMCR |= DEMCR_TRACE_ENABLE;
    DWT_CONTROL |= DWT_CONTROL_CYCLE_COUNT_ENABLE;
    const uint32_t before = DWT_CYCLE_COUNT;
    for (volatile int i = 0; i < 16; i++) {
    }
    return DWT_CYCLE_COUNT != before ? (uint32_t)F_CPU : 0;
}

uint32_t board_cycles(void) {
    return DWT_CYCLE_COUNT;
}
