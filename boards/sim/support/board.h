/*
 * What the generated main.c needs of a board. Each board implements it without stdio and without malloc.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Prepares the link to the host; called once, before anything else here. */
void board_init(void);

/* Waits for the host and returns how many bytes (1..capacity) lie in `to`; 0: the host closed the link. */
size_t board_read(uint8_t *to, size_t capacity);

/* Sends `count` bytes. They may wait in a buffer until the next board_read. */
void board_write(const uint8_t *from, size_t count);

/* Fills the free stack below the caller with a pattern. */
void board_stack_paint(void);

/* It has run into the data below it, or further down than it is watched. */
#define BOARD_STACK_OVERFLOW UINT32_MAX

/*
 * Bytes of stack used below the caller of board_stack_paint since then, or BOARD_STACK_OVERFLOW; 0 where the
 * board cannot tell.
 */
uint32_t board_stack_used(void);

/* Ticks of a counter in a second, once board_init has run; 0: the board has none. */
uint32_t board_cycle_hz(void);

/* The counter; it wraps at 2^32. */
uint32_t board_cycles(void);

/* Whether the line can have that rate. */
uint8_t board_can_baud(uint32_t rate);

/* Changes the rate, to one that it can have, after all that was written has been sent. */
void board_set_baud(uint32_t rate);

#ifdef __cplusplus
}
#endif

#endif
