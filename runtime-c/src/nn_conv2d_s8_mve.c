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

/* The window of the output pixel (oy, ox), padding included, as [kernel_h][kernel_w][in_c]; returns its end.
 */
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
                to =
                    inside ? copy(to, from + kx * p->dilation_w * p->in_c, p->in_c) : fill(to, zero, p->in_c);
            }
        }
        y += p->dilation_h;
        from += p->dilation_h * row_bytes;
    }
    return to;
}

/* A window that lies inside the image, with neighbouring columns: kernel_h runs. */
static inline int8_t *copy_window(int8_t *to, const int8_t *from, int32_t rows, int32_t run,
                                  int32_t row_bytes) {
    if (run > 16) {
        for (; rows > 0; rows--) {
            to = copy(to, from, run);
            from += row_bytes;
        }
        return to;
    }
    __asm__ volatile("vctp.8 %[run]\n"
                     "dls lr, %[rows]\n"
                     "1:\n"
                     "vpstt\n"
                     "vldrbt.u8 q0, [%[from]]\n"
                     "vstrbt.8 q0, [%[to]]\n"
                     "add %[from], %[from], %[row_bytes]\n"
                     "add %[to], %[to], %[run]\n"
                     "le lr, 1b\n"
                     : [to] "+&r"(to), [from] "+&r"(from)
                     : [rows] "r"(rows), [run] "r"(run), [row_bytes] "r"(row_bytes)
                     : "q0", "lr", "p0", "memory");
    return to;
}

/* The windows of `count` output pixels of a row, one behind the other. */
static void gather_row(const nn_conv2d_s8_mve_params *p, const int8_t *image, int32_t oy, int32_t ox,
                       int32_t count, int8_t *to) {
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const int rows_inside = y0 >= 0 && y0 + (p->kernel_h - 1) * p->dilation_h < p->in_h && p->dilation_w == 1;
    const int32_t last = rows_inside ? p->in_w - p->kernel_w : -1;
    int32_t x = ox * p->stride_w - p->pad_left;
    for (const int32_t end = ox + count; ox < end; ox++) {
        if (x >= 0 && x <= last) {
            to = copy_window(to, image + y0 * row_bytes + x * p->in_c, p->kernel_h, p->kernel_w * p->in_c,
                             p->dilation_h * row_bytes);
        } else {
            to = gather(p, image, oy, ox, to);
        }
        x += p->stride_w;
    }
}

NN_KERNEL void nn_conv2d_s8_mve(const nn_conv2d_s8_mve_params *p, const int8_t *input,
                                const NN_FLASH int32_t *packed, void *scratch, int8_t *output) {
    const int32_t terms = p->kernel_h * p->kernel_w * p->in_c;
    const int32_t full = (terms - 1) / 16;
    const int32_t head = terms - 16 * full;
    int8_t *const windows = scratch;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0, count; ox < p->out_w; ox += count) {
                count = p->out_w - ox < p->windows ? p->out_w - ox : p->windows;
                gather_row(p, input, oy, ox, count, windows);
                if (count > 1) {
                    nn_conv2d_pairs_mve(windows, windows + terms, packed, output, p->out_c, count / 2,
                                        2 * terms, head, full, p->out_c, p->out_zero_point, p->out_min,
                                        p->out_max);
                }
                if (count % 2 != 0) {
                    /* Computed twice, to the same place. */
                    const int8_t *const window = windows + (count - 1) * terms;
                    nn_conv2d_pairs_mve(window, window, packed, output + (count - 1) * p->out_c, p->out_c, 1,
                                        0, head, full, 0, p->out_zero_point, p->out_min, p->out_max);
                }
                output += count * p->out_c;
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
