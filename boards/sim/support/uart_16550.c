/* UART 16550 with byte-wide registers. UART_BASE: its address; UART_CLOCK_HZ: the clock that it divides. */
#include "uart.h"

typedef struct {
    volatile uint8_t data, interrupt, fifo, line_control, modem_control, line_status;
} uart_16550;

#define UART ((uart_16550 *)UART_BASE)
#define FIFO_ENABLE_AND_CLEAR 7u
#define LINE_8_BITS 3u
#define LINE_DIVISOR_ACCESS 0x80u
#define STATUS_RX_READY 1u
#define STATUS_TX_EMPTY 0x20u
#define STATUS_TX_ALL_SENT 0x40u

static void set_divisor(uint32_t divisor) {
    UART->line_control = LINE_DIVISOR_ACCESS | LINE_8_BITS;
    /* With divisor access these two are the divisor's low and high byte. */
    UART->data = (uint8_t)divisor;
    UART->interrupt = (uint8_t)(divisor >> 8);
    UART->line_control = LINE_8_BITS;
}

void uart_init(void) {
    set_divisor(uart_divisor(UART_CLOCK_HZ / 16u, UART_BAUD));
    UART->interrupt = 0;
    UART->fifo = FIFO_ENABLE_AND_CLEAR;
}

uint8_t uart_can_baud(uint32_t rate) {
    return rate <= UART_CLOCK_HZ / 16u && uart_divisor_fits(UART_CLOCK_HZ / 16u, rate);
}

void uart_set_baud(uint32_t rate) {
    while ((UART->line_status & STATUS_TX_ALL_SENT) == 0) {
    }
    set_divisor(uart_divisor(UART_CLOCK_HZ / 16u, rate));
}

int uart_readable(void) {
    return (UART->line_status & STATUS_RX_READY) != 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    return UART->data;
}

void uart_write(uint8_t byte) {
    while ((UART->line_status & STATUS_TX_EMPTY) == 0) {
    }
    UART->data = byte;
}
