// The part of ESP-IDF's nvs.h that the examples use, with its numbers; nvs_host.c reads an image behind it.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"
#ifdef __cplusplus
extern "C" {
#endif
#define ESP_ERR_NVS_NOT_FOUND 0x1102
#define ESP_ERR_NVS_TYPE_MISMATCH 0x1103
#define ESP_ERR_NVS_INVALID_LENGTH 0x110c
typedef uint32_t nvs_handle_t;
typedef enum { NVS_READONLY, NVS_READWRITE } nvs_open_mode_t;
esp_err_t nvs_open(const char *name_space, nvs_open_mode_t mode, nvs_handle_t *out);
esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out);
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out, size_t *length);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out, size_t *length);
void nvs_close(nvs_handle_t handle);
#ifdef __cplusplus
}
#endif
