/* USART0 of a megaAVR (ATmega328P, ATmega2560 and their families). */
#include <avr/io.h>

#include "uart.h"

void uart_init(void) {
    /* Double speed: 115200 baud at 16 MHz are then 2.1 % off, not 3.5 %. */
    UBRR0 = (uint16_t)(uart_divisor(F_CPU / 8ul, UART_BAUD) - 1ul);
    UCSR0A = (uint8_t)_BV(U2X0);
    UCSR0C = (uint8_t)(_BV(UCSZ01) | _BV(UCSZ00));
    UCSR0B = (uint8_t)(_BV(RXEN0) | _BV(TXEN0));
}

/* With double speed the clock is divided by 8. */
uint8_t uart_can_baud(uint32_t rate) {
    return rate <= F_CPU / 8ul && uart_divisor_fits(F_CPU / 8ul, rate);
}

void uart_set_baud(uint32_t rate) {
    /* TXC0 is cleared by writing a one to it, which uart_write does before each byte. */
    while ((UCSR0A & _BV(TXC0)) == 0) {
    }
    UBRR0 = (uint16_t)(uart_divisor(F_CPU / 8ul, rate) - 1ul);
}

int uart_readable(void) {
    return (UCSR0A & _BV(RXC0)) != 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    return UDR0;
}

void uart_write(uint8_t byte) {
    while ((UCSR0A & _BV(UDRE0)) == 0) {
    }
    UCSR0A = (uint8_t)(_BV(U2X0) | _BV(TXC0));
    UDR0 = byte;
}
