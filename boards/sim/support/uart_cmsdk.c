/* UART of the Arm Cortex-M System Design Kit (APB UART, DDI 0479): mps2 and mps3 boards. UART_BASE: its
 * address. */
#include "uart.h"

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} cmsdk_uart;

#define UART ((cmsdk_uart *)UART_BASE)
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CONTROL_TX_RX_ENABLE 3u

#define DIVIDER_MIN 16u

void uart_init(void) {
    UART->divider = (uint32_t)F_CPU / UART_BAUD;
    UART->control = CONTROL_TX_RX_ENABLE;
}

uint8_t uart_can_baud(uint32_t rate) {
    return (uint32_t)F_CPU / rate >= DIVIDER_MIN && uart_divisor_fits((uint32_t)F_CPU, rate);
}

void uart_set_baud(uint32_t rate) {
    while ((UART->state & STATE_TX_FULL) != 0) {
    }
    /* The last byte is in the shift register, which has no flag: 10 bits; a turn takes 4 cycles at least. */
    for (volatile uint32_t turns = UART->divider * 10u / 4u; turns > 0; turns--) {
    }
    UART->divider = uart_divisor((uint32_t)F_CPU, rate);
}

int uart_readable(void) {
    return (UART->state & STATE_RX_FULL) != 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    return (uint8_t)UART->data;
}

void uart_write(uint8_t byte) {
    while ((UART->state & STATE_TX_FULL) != 0) {
    }
    UART->data = byte;
}
