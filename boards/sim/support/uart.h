/* A polled serial port, 8 data bits, no parity, 1 stop bit. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

void uart_init(void);

/* Whether the port can be set within 2.5 % of that rate; UART_BAUD is what it begins with. */
uint8_t uart_can_baud(uint32_t rate);

/* A rate that it can. Waits until what was written has left. */
void uart_set_baud(uint32_t rate);

/* Whether uart_read would return at once. */
int uart_readable(void);

/* Waits for a byte. */
uint8_t uart_read(void);

void uart_write(uint8_t byte);

/* The divisor that brings `clock` nearest to `rate`. */
static inline uint32_t uart_divisor(uint32_t clock, uint32_t rate) {
    return (clock + rate / 2u) / rate;
}

/* Whether it brings it within 2.5 %: both ends of a line together may be 5 % apart. */
static inline uint8_t uart_divisor_fits(uint32_t clock, uint32_t rate) {
    const uint32_t real = clock / uart_divisor(clock, rate);
    const uint32_t error = real > rate ? real - rate : rate - real;
    return error <= rate / 40u;
}

#endif
