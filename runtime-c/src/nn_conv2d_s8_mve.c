#include "nn_conv2d_s8_mve.h"

#include "nn_conv2d_pairs_mve.h"

#include <arm_mve.h>

/* count > 0 bytes; returns where they end. */
static inline int8_t *copy(int8_t *to, const int8_t *from, int32_t count) {
    int8_t *const end = to + count;
    __asm__ volatile("dlstp.8 lr, %[count]\n"
                     "1:\n"
                     "vldrb.8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
    return end;
}

static inline int8_t *fill(int8_t *to, int32_t value, int32_t count) {
    int8_t *const end = to + count;
    if (count > 0) {
        __asm__ volatile("vdup.8 q0, %[value]\n"
                         "dlstp.8 lr, %[count]\n"
                         "1:\n"
                         "vstrb.8 q0, [%[to]], #16\n"
                         "letp lr, 1b\n"
                         : [to] "+r"(to)
                         : [value] "r"(value), [count] "r"(count)
                         : "q0", "lr", "memory");
    }
    return end;
}

/* The window of the output pixel (oy, ox), padding included, as [kernel_h][kernel_w][in_c]. */
static int8_t *gather(const nn_conv2d_s8_mve_params *p, const int8_t *image, int32_t oy, int32_t ox,
                      int8_t *to) {
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t run_bytes = p->kernel_w * p->in_c;
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    const int32_t zero = p->in_zero_point;
    const int contiguous = p->dilation_w == 1;
    /* Taps outside the image, left and right of those inside. */
    const int32_t begin = nn_taps_before(-x0, 1, p->kernel_w);
    const int32_t end = nn_taps_before(p->in_w - x0, 1, p->kernel_w);
    int32_t y = oy * p->stride_h - p->pad_top;
    const int8_t *from = image + y * row_bytes + x0 * p->in_c;
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        if (y < 0 || y >= p->in_h) {
            to = fill(to, zero, run_bytes);
        } else if (contiguous && end - begin == p->kernel_w) {
            to = copy(to, from, run_bytes);
        } else if (contiguous && end > begin) {
            to = fill(to, zero, begin * p->in_c);
            to = copy(to, from + begin * p->in_c, (end - begin) * p->in_c);
            to = fill(to, zero, (p->kernel_w - end) * p->in_c);
        } else {
            for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                const int32_t x = x0 + kx * p->dilation_w;
                const int inside = x >= 0 && x < p->in_w;
                to = inside ? copy(to, from + kx * p->dilation_w * p->in_c, p->in_c) : fill(to, zero, p->in_c);
            }
        }
        y += p->dilation_h;
        from += p->dilation_h * row_bytes;
    }
    return to;
}

NN_KERNEL void nn_conv2d_s8_mve(const nn_conv2d_s8_mve_params *p, const int8_t *input,
                                const NN_FLASH int32_t *packed, void *scratch, int8_t *output) {
    const int32_t terms = p->kernel_h * p->kernel_w * p->in_c;
    const int32_t full = (terms - 1) / 16;
    const int32_t head = terms - 16 * full;
    int8_t *const windows = scratch;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0; ox < p->out_w; ox += 2) {
                /* The last column of an odd number is computed twice, to the same place. */
                const int both = ox + 1 < p->out_w;
                int8_t *const other = gather(p, input, oy, ox, windows);
                if (both) {
                    gather(p, input, oy, ox + 1, other);
                }
                nn_conv2d_pairs_mve(windows, both ? other : windows, packed, output, p->out_c, 1, 0, head, full,
                                    both ? p->out_c : 0, p->out_zero_point, p->out_min, p->out_max);
                output += both ? 2 * p->out_c : p->out_c;
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
