// What a sketch needs to compile on a computer.
#pragma once
#include <cstdarg>
#include <cstdio>
struct HostSerial {
  void begin(long) {}
  void printf(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
  }
};
static HostSerial Serial;
static inline void delay(unsigned) {}
