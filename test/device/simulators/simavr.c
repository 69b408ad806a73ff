/*
 * simavr with a firmware: simavr <mcu> <clock, Hz> <flash image> <mark> <counts>. Standard input and output
 * are USART0's line. Each time that the firmware reaches the byte address of the mark, "<instructions>
 * <cycles>" since the last time is written to the file of counts, as src/device/simulators/avr8js_child.ts
 * does.
 */
#include <poll.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_IMAGE (256u * 1024u)
/* A character at 115200 baud and 16 MHz, and how often the line is looked at. */
#define CHARACTER_CYCLES 1400u

static void transmitted(struct avr_irq_t *irq, uint32_t byte, void *user) {
    (void)irq;
    (void)user;
    const unsigned char out = (unsigned char)byte;
    if (write(1, &out, 1) != 1) {
        exit(0);
    }
}

int main(int argc, char **argv) {
    static uint8_t image[MAX_IMAGE];
    if (argc != 6) {
        return 2;
    }
    FILE *const file = fopen(argv[3], "rb");
    FILE *const counts = fopen(argv[5], "w");
    avr_t *const avr = avr_make_mcu_by_name(argv[1]);
    if (!file || !counts || !avr || avr_init(avr) != 0) {
        return 2;
    }
    avr->log = LOG_ERROR;
    avr->frequency = (uint32_t)strtoul(argv[2], NULL, 10);
    avr_loadcode(avr, image, (uint32_t)fread(image, 1, sizeof image, file), 0);
    const avr_flashaddr_t mark = (avr_flashaddr_t)strtoul(argv[4], NULL, 10);

    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), transmitted,
                            NULL);
    avr_irq_t *const input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);

    avr_cycle_count_t look_at = 100u * CHARACTER_CYCLES;
    avr_cycle_count_t from = 0;
    unsigned long instructions = 0;
    int marked_before = 0;
    for (;;) {
        const int marked = avr->pc == mark;
        if (marked && marked_before) {
            fprintf(counts, "%lu %llu\n", instructions, (unsigned long long)(avr->cycle - from));
            fflush(counts);
        }
        const int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed) {
            return 1;
        }
        instructions++;
        if (marked) {
            /* The instruction at the mark itself, which is its return, does not count. */
            instructions = 0;
            from = avr->cycle;
            marked_before = 1;
        }
        if (avr->cycle >= look_at) {
            struct pollfd line = {.fd = 0, .events = POLLIN};
            look_at = avr->cycle + CHARACTER_CYCLES;
            if (poll(&line, 1, 0) > 0) {
                unsigned char byte;
                if (read(0, &byte, 1) != 1) {
                    return 0;
                }
                avr_raise_irq(input, byte);
            }
        }
    }
}
