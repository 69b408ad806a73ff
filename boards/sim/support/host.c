/* The host as a board: the link is standard input and output. */
#include <stdio.h>
#include <time.h>

#include "board.h"

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#define read _read
#else
#include <unistd.h>
#endif

void board_init(void) {
#if defined(_WIN32)
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#endif
}

size_t board_read(uint8_t *to, size_t capacity) {
    fflush(stdout);
    const long count = (long)read(0, to, (unsigned)capacity);
    return count > 0 ? (size_t)count : 0;
}

void board_write(const uint8_t *from, size_t count) {
    fwrite(from, 1, count, stdout);
}

/* Processor time, for want of cycles. */
uint32_t board_cycle_hz(void) {
    return CLOCKS_PER_SEC;
}

uint32_t board_cycles(void) {
    return (uint32_t)clock();
}

/* A pipe has no rate. */
uint8_t board_can_baud(uint32_t rate) {
    (void)rate;
    return 0;
}

void board_set_baud(uint32_t rate) {
    (void)rate;
}

/* Stack use of another processor tells nothing about a microcontroller. */
void board_stack_paint(void) {
}

uint32_t board_stack_used(void) {
    return 0;
}
