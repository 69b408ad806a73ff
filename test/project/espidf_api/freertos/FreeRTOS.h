/* The part of ESP-IDF's FreeRTOS that the firmware uses; for compiling only. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;
typedef unsigned UBaseType_t;
#define portMAX_DELAY ((TickType_t)0xffffffffUL)

#endif
