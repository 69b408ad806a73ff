/* The part of the Arduino API that the firmware uses, as its documentation describes it; for compiling only.
 */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

class SerialPort {
  public:
    void begin(unsigned long rate);
    void end();
    int available();
    int read();
    void flush();
    size_t write(const uint8_t *from, size_t count);
    size_t print(char value);
    size_t print(const char *text);
    size_t print(double value, int digits);
    size_t println();
    size_t println(int value);
    size_t println(const char *text);
    operator bool();
};

extern SerialPort Serial;

/* On processors that read flash as they read RAM; avr/pgmspace.h has others for AVR. */
#define PROGMEM
#define F(text) (text)
#define pgm_read_byte(address) (*(const uint8_t *)(address))

void yield(void);
void delay(unsigned long milliseconds);
unsigned long micros(void);

#if defined(ARDUINO_ARCH_ESP32)
class EspClass {
  public:
    uint32_t getCycleCount();
};
extern EspClass ESP;
uint32_t getCpuFrequencyMhz();
#elif defined(ARDUINO_ARCH_RP2040)
class RP2040 {
  public:
    uint32_t getCycleCount();
    uint32_t f_cpu();
};
extern RP2040 rp2040;
#endif

void setup();
void loop();

#endif
