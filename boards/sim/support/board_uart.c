/*
 * The link of a board with a polled serial port. Simulated boards use it too, never semihosting: the path
 * that is tested in the simulator is the one that real boards take.
 */
#include "board.h"
#include "uart.h"

void board_init(void) {
    uart_init();
}

size_t board_read(uint8_t *to, size_t capacity) {
    size_t count = 0;
    to[count++] = uart_read();
    while (count < capacity && uart_readable()) {
        to[count++] = uart_read();
    }
    return count;
}

uint8_t board_can_baud(uint32_t rate) {
    return uart_can_baud(rate);
}

void board_set_baud(uint32_t rate) {
    uart_set_baud(rate);
}

void board_write(const uint8_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uart_write(from[i]);
    }
}
