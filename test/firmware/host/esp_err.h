// The part of ESP-IDF's esp_err.h that the examples use, with its numbers.
#pragma once
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_ERR_INVALID_STATE 0x103
#ifdef __cplusplus
extern "C"
#endif
const char *esp_err_to_name(esp_err_t code);
