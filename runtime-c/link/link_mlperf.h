/*
 * The text dialect of the MLPerf Tiny benchmark on the line of the link, so that its runner can drive the
 * firmware: commands end with '%', answers are lines that end with "m-ready". It is about the first model,
 * whose input 0 takes the bytes as they come. docs/link-protocol.md lists the commands.
 */
#ifndef LINK_MLPERF_H
#define LINK_MLPERF_H

#include "link.h"

/*
 * Turns the dialect on and says "m-init-done". `input` holds what the runner loads, as many bytes as input 0
 * has: a run may overwrite its inputs, and the runner repeats it.
 */
void link_mlperf_start(link_state *link, uint8_t *input);

#endif
