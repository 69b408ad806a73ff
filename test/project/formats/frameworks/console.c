/* printf of the C library, through the semihosting of the start-up code. */
#include <stdio.h>

void console_write(const char *text);

static void put(char character) {
    const char text[2] = {character, 0};
    console_write(text);
}

#if defined(__riscv)
static int put_stream(char character, FILE *stream) {
    (void)stream;
    put(character);
    return (unsigned char)character;
}

static FILE console = FDEV_SETUP_STREAM(put_stream, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
#else
int _write(int file, const char *text, int count);
int _write(int file, const char *text, int count) {
    (void)file;
    for (int i = 0; i < count; i++) {
        put(text[i]);
    }
    return count;
}

void *_sbrk(int count);
void *_sbrk(int count) {
    static char heap[16384];
    static int used;
    if (count > (int)sizeof heap - used) {
        return (void *)-1;
    }
    used += count;
    return heap + used - count;
}
#endif
