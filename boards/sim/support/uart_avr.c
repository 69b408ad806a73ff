/* USART0 of a megaAVR (ATmega328P, ATmega2560 and their families). */
#include <avr/io.h>

#include "uart.h"

void uart_init(void) {
    /* Double speed: 115200 baud at 16 MHz are then 2.1 % off, not 3.5 %. */
    UBRR0 = (uint16_t)((F_CPU + 4ul * UART_BAUD) / (8ul * UART_BAUD) - 1ul);
    UCSR0A = (uint8_t)_BV(U2X0);
    UCSR0C = (uint8_t)(_BV(UCSZ01) | _BV(UCSZ00));
    UCSR0B = (uint8_t)(_BV(RXEN0) | _BV(TXEN0));
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
    UDR0 = byte;
}
