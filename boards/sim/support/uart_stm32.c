/* USART1 of an STM32F4 (RM0090) on PA9 (TX) and PA10 (RX). F_CPU: the clock of APB2, 16 MHz after reset. */
#include "uart.h"

typedef struct {
    volatile uint32_t status, data, baud, control1, control2, control3;
} stm32_usart;

typedef struct {
    volatile uint32_t mode, output_type, speed, pull, input, output, set_reset, lock, function_low,
        function_high;
} stm32_gpio;

#define USART1 ((stm32_usart *)0x40011000u)
#define GPIOA ((stm32_gpio *)0x40020000u)
#define RCC_AHB1ENR (*(volatile uint32_t *)0x40023830u)
#define RCC_APB2ENR (*(volatile uint32_t *)0x40023844u)

#define AHB1ENR_GPIOA (1u << 0)
#define APB2ENR_USART1 (1u << 4)
#define STATUS_RXNE (1u << 5)
#define STATUS_TC (1u << 6)
#define STATUS_TXE (1u << 7)
#define CONTROL1_RE (1u << 2)
#define CONTROL1_TE (1u << 3)
#define CONTROL1_UE (1u << 13)

/* PA9 and PA10: two bits each in mode, four each in function_high. */
#define MODE_MASK (0xFu << 18)
#define MODE_ALTERNATE (0xAu << 18)
#define FUNCTION_MASK (0xFFu << 4)
#define FUNCTION_7 (0x77u << 4)

void uart_init(void) {
    RCC_AHB1ENR |= AHB1ENR_GPIOA;
    RCC_APB2ENR |= APB2ENR_USART1;
    /* The clocks take two cycles to come; reading back waits for them. */
    (void)RCC_APB2ENR;
    GPIOA->function_high = (GPIOA->function_high & ~FUNCTION_MASK) | FUNCTION_7;
    GPIOA->mode = (GPIOA->mode & ~MODE_MASK) | MODE_ALTERNATE;
    USART1->baud = uart_divisor((uint32_t)F_CPU, UART_BAUD);
    USART1->control1 = CONTROL1_UE | CONTROL1_TE | CONTROL1_RE;
}

uint8_t uart_can_baud(uint32_t rate) {
    /* Oversampling by 16: no divisor below it. */
    return rate <= (uint32_t)F_CPU / 16u && uart_divisor_fits((uint32_t)F_CPU, rate);
}

void uart_set_baud(uint32_t rate) {
    while ((USART1->status & STATUS_TC) == 0) {
    }
    USART1->baud = uart_divisor((uint32_t)F_CPU, rate);
}

int uart_readable(void) {
    return (USART1->status & STATUS_RXNE) != 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    return (uint8_t)USART1->data;
}

void uart_write(uint8_t byte) {
    while ((USART1->status & STATUS_TXE) == 0) {
    }
    USART1->data = byte;
}
