/* A polled serial port, 8 data bits, no parity, 1 stop bit. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

void uart_init(void);

/* Whether uart_read would return at once. */
int uart_readable(void);

/* Waits for a byte. */
uint8_t uart_read(void);

void uart_write(uint8_t byte);

#endif
