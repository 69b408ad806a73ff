/* UART0 of the nRF51 (Reference Manual v3.0) at 115200 baud on the pins that the micro:bit leads to its USB
 * port. */
#include "uart.h"

#define REGISTER(offset) (*(volatile uint32_t *)(0x40002000u + (offset)))
#define TASKS_START_RX REGISTER(0x000)
#define TASKS_START_TX REGISTER(0x008)
#define EVENTS_RX_READY REGISTER(0x108)
#define EVENTS_TX_READY REGISTER(0x11C)
#define ENABLE REGISTER(0x500)
#define PIN_TX REGISTER(0x50C)
#define PIN_RX REGISTER(0x514)
#define RX_DATA REGISTER(0x518)
#define TX_DATA REGISTER(0x51C)
#define BAUD REGISTER(0x524)

#define ENABLED 4u
#define BAUD_115200 0x01D7E000u
#define BAUD_250000 0x04000000u
#define BAUD_1000000 0x10000000u
#define MICROBIT_TX 24u
#define MICROBIT_RX 25u

static uint8_t sending;

void uart_init(void) {
    PIN_TX = MICROBIT_TX;
    PIN_RX = MICROBIT_RX;
    BAUD = BAUD_115200;
    ENABLE = ENABLED;
    TASKS_START_TX = 1;
    TASKS_START_RX = 1;
}

static uint32_t baud_value(uint32_t rate) {
    switch (rate) {
    case 115200u:
        return BAUD_115200;
    case 250000u:
        return BAUD_250000;
    case 1000000u:
        return BAUD_1000000;
    default:
        return 0;
    }
}

uint8_t uart_can_baud(uint32_t rate) {
    return baud_value(rate) != 0;
}

void uart_set_baud(uint32_t rate) {
    while (sending && EVENTS_TX_READY == 0) {
    }
    BAUD = baud_value(rate);
}

int uart_readable(void) {
    return EVENTS_RX_READY != 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    /* Before the data: reading them lets the next byte, and its event, in. */
    EVENTS_RX_READY = 0;
    return (uint8_t)RX_DATA;
}

void uart_write(uint8_t byte) {
    if (sending) {
        while (EVENTS_TX_READY == 0) {
        }
    }
    sending = 1;
    EVENTS_TX_READY = 0;
    TX_DATA = byte;
}
