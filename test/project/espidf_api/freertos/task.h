/* Tasks of ESP-IDF's FreeRTOS, whose stacks are in bytes; for compiling only. */
#ifndef FREERTOS_TASK_H
#define FREERTOS_TASK_H

#include "freertos/FreeRTOS.h"

typedef struct tskTaskControlBlock *TaskHandle_t;

BaseType_t xTaskCreate(void (*code)(void *), const char *name, uint32_t stack_depth, void *argument,
                       UBaseType_t priority, TaskHandle_t *created);
void vTaskDelete(TaskHandle_t task);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task);

#endif
