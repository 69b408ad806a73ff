/* UART0 of the RP2040 (PL011) on GPIO0 (TX) and GPIO1 (RX), and the clocks, all from the 12 MHz crystal.
 * F_CPU: 125 MHz. */
#include "uart.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
/* The same register at another address, where a write clears the bits that are set in it. */
#define CLEAR_BITS(address) REGISTER((address) + 0x3000u)

#define RESETS_BASE 0x4000C000u
#define RESETS_DONE REGISTER(0x4000C008u)
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_TIMER (1u << 21)
#define RESETS_UART0 (1u << 22)

#define XOSC_CTRL REGISTER(0x40024000u)
#define XOSC_STATUS REGISTER(0x40024004u)
#define XOSC_STARTUP REGISTER(0x4002400Cu)
#define XOSC_ENABLE_1_15MHZ ((0xFABu << 12) | 0xAA0u)
#define XOSC_STABLE (1u << 31)
/* 1 ms, in units of 256 cycles of the crystal. */
#define XOSC_STARTUP_DELAY 47u
#define XOSC_MHZ 12u

/* 12 MHz * 125 = 1,500 MHz, / 6 / 2 = 125 MHz. */
#define PLL_SYS_BASE 0x40028000u
#define PLL_SYS_CS REGISTER(PLL_SYS_BASE)
#define PLL_SYS_PWR (PLL_SYS_BASE + 4u)
#define PLL_SYS_FBDIV REGISTER(PLL_SYS_BASE + 8u)
#define PLL_SYS_PRIM REGISTER(PLL_SYS_BASE + 12u)
#define PLL_LOCK (1u << 31)
#define PLL_POWER_DOWN (1u << 0)
#define PLL_POST_DIVIDER_POWER_DOWN (1u << 3)
#define PLL_VCO_POWER_DOWN (1u << 5)
#define PLL_FEEDBACK 125u
#define PLL_POST_DIVIDERS ((6u << 16) | (2u << 12))

#define CLK_REF_CTRL REGISTER(0x40008030u)
#define CLK_REF_SELECTED REGISTER(0x40008038u)
#define CLK_REF_XOSC 2u
#define CLK_SYS_CTRL REGISTER(0x4000803Cu)
#define CLK_SYS_SELECTED REGISTER(0x40008044u)
/* The other source, which is the PLL after a reset. */
#define CLK_SYS_AUX 1u
#define CLK_PERI_CTRL REGISTER(0x40008048u)
#define CLK_PERI_ENABLE_SYS (1u << 11)

/* The timer counts these: one in a microsecond. */
#define WATCHDOG_TICK REGISTER(0x4005802Cu)
#define WATCHDOG_TICK_ENABLE (1u << 9)

#define GPIO0_CTRL REGISTER(0x40014004u)
#define GPIO1_CTRL REGISTER(0x4001400Cu)
#define GPIO_UART 2u

typedef struct {
    volatile uint32_t data, status, unused[4], flags, unused_2, irda, divisor, fraction, line, control;
} pl011_uart;

#define UART0 ((pl011_uart *)0x40034000u)
#define FLAG_BUSY (1u << 3)
#define FLAG_RX_EMPTY (1u << 4)
#define FLAG_TX_FULL (1u << 5)
#define LINE_FIFO_8_BITS ((1u << 4) | (3u << 5))
#define CONTROL_ENABLE ((1u << 0) | (1u << 8) | (1u << 9))

/* What four times the clock is divided by: 64ths of sixteen clocks. */
#define CLOCK_64THS ((uint32_t)F_CPU * 4u)

static void release_from_reset(uint32_t units) {
    CLEAR_BITS(RESETS_BASE) = units;
    while ((RESETS_DONE & units) != units) {
    }
}

static void start_clocks(void) {
    XOSC_STARTUP = XOSC_STARTUP_DELAY;
    XOSC_CTRL = XOSC_ENABLE_1_15MHZ;
    while ((XOSC_STATUS & XOSC_STABLE) == 0) {
    }
    CLK_REF_CTRL = CLK_REF_XOSC;
    while ((CLK_REF_SELECTED & (1u << CLK_REF_XOSC)) == 0) {
    }
    release_from_reset(RESETS_PLL_SYS);
    PLL_SYS_FBDIV = PLL_FEEDBACK;
    CLEAR_BITS(PLL_SYS_PWR) = PLL_POWER_DOWN | PLL_VCO_POWER_DOWN;
    while ((PLL_SYS_CS & PLL_LOCK) == 0) {
    }
    PLL_SYS_PRIM = PLL_POST_DIVIDERS;
    CLEAR_BITS(PLL_SYS_PWR) = PLL_POST_DIVIDER_POWER_DOWN;
    CLK_SYS_CTRL = CLK_SYS_AUX;
    while ((CLK_SYS_SELECTED & (1u << CLK_SYS_AUX)) == 0) {
    }
    CLK_PERI_CTRL = CLK_PERI_ENABLE_SYS;
    WATCHDOG_TICK = WATCHDOG_TICK_ENABLE | XOSC_MHZ;
}

static void set_divisor(uint32_t divisor) {
    UART0->control = 0;
    UART0->divisor = divisor / 64u;
    UART0->fraction = divisor % 64u;
    /* Both count from a write of this one on. */
    UART0->line = LINE_FIFO_8_BITS;
    UART0->control = CONTROL_ENABLE;
}

void uart_init(void) {
    start_clocks();
    release_from_reset(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | RESETS_TIMER | RESETS_UART0);
    GPIO0_CTRL = GPIO_UART;
    GPIO1_CTRL = GPIO_UART;
    set_divisor(uart_divisor(CLOCK_64THS, UART_BAUD));
}

uint8_t uart_can_baud(uint32_t rate) {
    /* Oversampling by 16: no divisor below it, and none of more than 16 bits. */
    return rate <= (uint32_t)F_CPU / 16u && rate > (uint32_t)F_CPU / 16u / 65535u &&
           uart_divisor_fits(CLOCK_64THS, rate);
}

void uart_set_baud(uint32_t rate) {
    while ((UART0->flags & FLAG_BUSY) != 0) {
    }
    set_divisor(uart_divisor(CLOCK_64THS, rate));
}

int uart_readable(void) {
    return (UART0->flags & FLAG_RX_EMPTY) == 0;
}

uint8_t uart_read(void) {
    while (!uart_readable()) {
    }
    return (uint8_t)UART0->data;
}

void uart_write(uint8_t byte) {
    while ((UART0->flags & FLAG_TX_FULL) != 0) {
    }
    UART0->data = byte;
}
