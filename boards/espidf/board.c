/* The board under ESP-IDF: UART0 is the link. The console must not use it: see sdkconfig.defaults. */
#include "board.h"

#include "driver/uart.h"
#include "esp_cpu.h"
#include "esp_rom_sys.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#define LINK_UART UART_NUM_0
/* Room for a whole frame while the firmware is busy. */
#define RECEIVE_BYTES 2048
#define STACK_BYTES 16384

int firmware_main(void);

static void task(void *argument) {
    (void)argument;
    firmware_main();
    vTaskDelete(NULL);
}

void app_main(void) {
    xTaskCreate(task, "onnx2mcu", STACK_BYTES, NULL, 5, NULL);
}

void board_init(void) {
    const uart_config_t config = {
        .baud_rate = BOARD_BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };
    uart_driver_install(LINK_UART, RECEIVE_BYTES, 0, 0, NULL, 0);
    uart_param_config(LINK_UART, &config);
}

size_t board_read(uint8_t *to, size_t capacity) {
    int count = uart_read_bytes(LINK_UART, to, 1, portMAX_DELAY);
    if (count < 1) {
        return 0;
    }
    size_t waiting = 0;
    uart_get_buffered_data_len(LINK_UART, &waiting);
    if (waiting > capacity - 1) {
        waiting = capacity - 1;
    }
    if (waiting > 0) {
        const int more = uart_read_bytes(LINK_UART, to + 1, waiting, 0);
        count += more > 0 ? more : 0;
    }
    return (size_t)count;
}

void board_write(const uint8_t *from, size_t count) {
    uart_write_bytes(LINK_UART, from, count);
}

uint8_t board_can_baud(uint32_t rate) {
    return rate <= BOARD_BAUD_MAX;
}

void board_set_baud(uint32_t rate) {
    uart_wait_tx_done(LINK_UART, portMAX_DELAY);
    uart_set_baudrate(LINK_UART, rate);
}

uint32_t board_cycle_hz(void) {
    return esp_rom_get_cpu_ticks_per_us() * 1000000u;
}

uint32_t board_cycles(void) {
    return esp_cpu_get_cycle_count();
}

/* The task's stack is painted by FreeRTOS once, when it begins: its mark is of all runs so far. */
void board_stack_paint(void) {
}

uint32_t board_stack_used(void) {
    return STACK_BYTES - uxTaskGetStackHighWaterMark(NULL);
}
