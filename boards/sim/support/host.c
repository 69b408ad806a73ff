/* The host as a board: the link is standard input and output. */
#include <stdio.h>

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

/* Stack use of another processor tells nothing about a microcontroller. */
void board_stack_paint(void) {
}

uint32_t board_stack_used(void) {
    return 0;
}
