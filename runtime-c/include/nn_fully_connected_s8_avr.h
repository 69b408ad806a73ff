#ifndef NN_FULLY_CONNECTED_S8_AVR_H
#define NN_FULLY_CONNECTED_S8_AVR_H

#include "nn_common.h"

/* 2^15 > in_features, out_features. */
typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s8_avr_params;

/* nn_fully_connected_s8 with the tables of it; shifts are 33 and more. */
void nn_fully_connected_s8_avr(const nn_fully_connected_s8_avr_params *p, const int8_t *input,
                               const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                               const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                               int8_t *output);

#endif
