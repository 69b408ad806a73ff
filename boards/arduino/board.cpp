/* The board under the Arduino framework: its Serial is the link. */
#include <Arduino.h>

#include "board.h"

extern "C" int firmware_main(void);

void setup() {
}

void loop() {
    firmware_main();
}

void board_init(void) {
    Serial.begin(BOARD_BAUD);
}

size_t board_read(uint8_t *to, size_t capacity) {
    while (Serial.available() <= 0) {
        yield();
    }
    size_t count = 0;
    while (count < capacity && Serial.available() > 0) {
        to[count++] = (uint8_t)Serial.read();
    }
    return count;
}

void board_write(const uint8_t *from, size_t count) {
    Serial.write(from, count);
}

/* BOARD_BAUD_MAX is 0 for USB of the chip itself, which has no rate. */
uint8_t board_can_baud(uint32_t rate) {
    return rate <= BOARD_BAUD_MAX;
}

void board_set_baud(uint32_t rate) {
    Serial.flush();
    Serial.end();
    Serial.begin(rate);
}

#if defined(ARDUINO_ARCH_ESP32)
uint32_t board_cycle_hz(void) {
    return getCpuFrequencyMhz() * 1000000u;
}

uint32_t board_cycles(void) {
    return ESP.getCycleCount();
}
#elif defined(ARDUINO_ARCH_RP2040) && !defined(ARDUINO_ARCH_MBED)
uint32_t board_cycle_hz(void) {
    return rp2040.f_cpu();
}

uint32_t board_cycles(void) {
    return rp2040.getCycleCount();
}
#else
uint32_t board_cycle_hz(void) {
    return 1000000u;
}

uint32_t board_cycles(void) {
    return micros();
}
#endif

/* One stack without a thread of its own grows down towards the heap. */
#if defined(ARDUINO_ARCH_AVR) || defined(ARDUINO_ARCH_STM32) || defined(ARDUINO_ARCH_SAMD)
#if defined(ARDUINO_ARCH_AVR)
extern char *__brkval;
extern char __heap_start;

static uint8_t *heap_end(void) {
    return (uint8_t *)(__brkval != nullptr ? __brkval : &__heap_start);
}
#else
extern "C" char *sbrk(int increment);

static uint8_t *heap_end(void) {
    return (uint8_t *)sbrk(0);
}
#endif

#define STACK_PATTERN 0xA5
/* Left unpainted for the function that paints, and for interrupts meanwhile. */
#define STACK_MARGIN 128

static uint8_t *painted_from, *painted_to;

void board_stack_paint(void) {
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    painted_from = heap_end();
    painted_to = (uint8_t *)(here - STACK_MARGIN);
    for (volatile uint8_t *byte = painted_from; byte < painted_to; byte++) {
        *byte = STACK_PATTERN;
    }
}

uint32_t board_stack_used(void) {
    const uint8_t *byte = painted_from;
    if (byte < painted_to && *byte != STACK_PATTERN) {
        return BOARD_STACK_OVERFLOW;
    }
    while (byte < painted_to && *byte == STACK_PATTERN) {
        byte++;
    }
    return (uint32_t)(painted_to - byte) + STACK_MARGIN;
}
#else
/* The framework's threads have stacks of their own making. */
void board_stack_paint(void) {
}

uint32_t board_stack_used(void) {
    return 0;
}
#endif
