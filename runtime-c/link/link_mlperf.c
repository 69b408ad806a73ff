#include "link_mlperf.h"

#include <string.h>

#define COMMAND_MAX 31
#define NO_NIBBLE 0xFF
/* Above the bytes of an input. */
#define NUMBER_MAX 10000000u
/* Runs and warm-up runs of an "infer" command, at most. */
#ifndef LINK_MLPERF_RUNS_MAX
#define LINK_MLPERF_RUNS_MAX 1000000u
#endif

static struct {
    uint8_t *input;
    uint32_t expected; /* bytes that "db load" announced */
    uint32_t loaded;
    /* The counter of the board wraps; this one does not. */
    uint32_t ticks_before;
    uint64_t ticks;
    char command[COMMAND_MAX + 1];
    uint8_t length;
    uint8_t nibble; /* first half of a byte in hexadecimal */
    uint8_t damaged;
} text;

static void say(const link_state *link, const char *words) {
    link->board->write((const uint8_t *)words, strlen(words));
}

static void say_number(const link_state *link, uint32_t number) {
    char digits[11];
    uint8_t at = sizeof digits;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(link, digits + at);
}

/* Three digits behind the point, as the benchmark prints; halves away from zero. */
static void say_real(const link_state *link, float value) {
    if (value < 0) {
        say(link, "-");
        value = -value;
    }
    if (!(value < 4e6f)) {
        say(link, "4000000.000"); /* Beyond it, infinite or not a number. */
        return;
    }
    const uint32_t thousandths = (uint32_t)(value * 1000.0f + 0.5f);
    say_number(link, thousandths / 1000);
    char digits[5] = ".000";
    digits[1] = (char)('0' + thousandths / 100 % 10);
    digits[2] = (char)('0' + thousandths / 10 % 10);
    digits[3] = (char)('0' + thousandths % 10);
    say(link, digits);
}

static void say_lap(const link_state *link) {
    const link_board *board = link->board;
    if (board->cycle_hz > 0) {
        const uint32_t now = board->cycles();
        text.ticks += now - text.ticks_before;
        text.ticks_before = now;
        say(link, "m-lap-us-");
        say_number(link, (uint32_t)(text.ticks * 1000000 / board->cycle_hz));
        say(link, "\r\n");
    } else {
        say(link, "m-lap-us-0\r\n");
    }
}

static void say_results(const link_state *link) {
    const link_device *device = link->devices;
    const uint32_t count = device->outputs[0].bytes / device->output_element_bytes;
    say(link, "m-results-[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            say(link, ",");
        }
        say_real(link, device->value(i));
    }
    say(link, "]\r\n");
}

/* A number after the spaces at *at; moves on behind it. 0 where there is none. */
static uint32_t number_at(const char **at) {
    uint32_t number = 0;
    while (**at == ' ') {
        ++*at;
    }
    while (**at >= '0' && **at <= '9' && number < NUMBER_MAX / 10) {
        number = 10 * number + (uint32_t)(*(*at)++ - '0');
    }
    return number;
}

static uint32_t runs_at(const char **at) {
    const uint32_t number = number_at(at);
    return number < LINK_MLPERF_RUNS_MAX ? number : LINK_MLPERF_RUNS_MAX;
}

static int32_t infer_once(link_state *link) {
    uint32_t cycles;
    memcpy(link->devices->inputs[0].data, text.input, link->devices->inputs[0].bytes);
    link->device = link->devices;
    return link_run_model(link, LINK_NO_LAYER, &cycles);
}

static void infer(link_state *link, const char *arguments) {
    const uint32_t runs = runs_at(&arguments);
    const uint32_t warm_up = runs_at(&arguments);
    int32_t status = 0;
    say(link, "m-warmup-start-");
    say_number(link, warm_up);
    say(link, "\r\n");
    for (uint32_t i = 0; i < warm_up; i++) {
        status |= infer_once(link);
    }
    say(link, "m-warmup-done\r\nm-infer-start-");
    say_number(link, runs);
    say(link, "\r\n");
    say_lap(link);
    for (uint32_t i = 0; i < runs; i++) {
        status |= infer_once(link);
    }
    say_lap(link);
    say(link, status == 0 ? "m-infer-done\r\n" : "e-[The model's run function failed]\r\n");
    say_results(link);
}

static void load(link_state *link, const char *arguments) {
    text.expected = number_at(&arguments);
    text.loaded = 0;
    if (text.expected == link->devices->inputs[0].bytes) {
        say(link, "m-[Expecting ");
        say_number(link, text.expected);
        say(link, " bytes]\r\n");
    } else {
        text.expected = 0;
        say(link, "e-[The input has ");
        say_number(link, link->devices->inputs[0].bytes);
        say(link, " bytes]\r\n");
    }
}

static uint8_t starts(const char *command, const char *with) {
    return strncmp(command, with, strlen(with)) == 0;
}

static void command(link_state *link) {
    const char *words = text.command;
    if (strcmp(words, "name") == 0) {
        say(link, "m-name-dut-[onnx2mcu ");
        say(link, link->board->name);
        say(link, "]\r\n");
    } else if (strcmp(words, "profile") == 0) {
        say(link, "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[");
        say(link, link->devices->name);
        say(link, "]\r\n");
    } else if (strcmp(words, "timestamp") == 0) {
        say_lap(link);
    } else if (strcmp(words, "results") == 0) {
        say_results(link);
    } else if (starts(words, "infer ")) {
        infer(link, words + 6);
    } else if (starts(words, "db load ")) {
        load(link, words + 8);
    } else if (strcmp(words, "help") == 0) {
        say(link, "name profile timestamp help results; infer N [WARMUP]; db load BYTES; db HEX\r\n");
    } else {
        say(link, "e-[Unknown command: ");
        say(link, words);
        say(link, "]\r\n");
    }
    say(link, "m-ready\r\n");
}

static void loaded(const link_state *link) {
    if (text.damaged || text.nibble != NO_NIBBLE) {
        say(link, "e-[Not hexadecimal, or more than was announced: db load again]\r\n");
        text.expected = 0;
    } else if (text.expected > 0 && text.loaded == text.expected) {
        say(link, "m-load-done\r\n");
    }
    say(link, "m-ready\r\n");
}

static uint8_t hexadecimal(uint8_t letter) {
    if (letter >= '0' && letter <= '9') {
        return (uint8_t)(letter - '0');
    }
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? (uint8_t)(letter - 'a' + 10) : NO_NIBBLE;
}

/* Bytes come in lines of any length, so they go straight to where they belong. */
static void hex_digit(uint8_t letter) {
    const uint8_t value = hexadecimal(letter);
    if (value == NO_NIBBLE || text.loaded >= text.expected) {
        text.damaged = 1;
    } else if (text.nibble == NO_NIBBLE) {
        text.nibble = value;
    } else {
        text.input[text.loaded++] = (uint8_t)(text.nibble << 4 | value);
        text.nibble = NO_NIBBLE;
    }
}

static void take(link_state *link, uint8_t byte) {
    const uint8_t in_hex = text.length == 3 && starts(text.command, "db ");
    if (byte == '%') {
        if (in_hex) {
            loaded(link);
        } else if (text.length > 0) {
            command(link);
        }
        memset(text.command, 0, sizeof text.command);
        text.length = 0;
        text.nibble = NO_NIBBLE;
        text.damaged = 0;
    } else if (byte == '\r' || byte == '\n') {
        /* Runners may end lines too. */
    } else if (in_hex && byte != 'l') {
        hex_digit(byte);
    } else if (text.length < COMMAND_MAX) {
        text.command[text.length++] = (char)byte;
    }
}

void link_mlperf_start(link_state *link, uint8_t *input) {
    text.input = input;
    text.nibble = NO_NIBBLE;
    link->text = take;
    say(link, "m-init-done\r\nm-ready\r\n");
}
