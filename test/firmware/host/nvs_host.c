// A second reader of the NVS format, written from its documentation: an image in the file that NVS_IMAGE names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nvs.h"
#include "nvs_flash.h"

#define PAGE 4096
#define SLOTS 126
enum { U8 = 0x01, STR = 0x21, BLOB_DATA = 0x42, BLOB_INDEX = 0x48 };

static uint8_t *image;
static size_t image_size;

const char *esp_err_to_name(esp_err_t code)
{
    static char text[16];
    switch (code) {
    case ESP_OK: return "ESP_OK";
    case ESP_ERR_INVALID_STATE: return "ESP_ERR_INVALID_STATE";
    case ESP_ERR_NVS_NOT_FOUND: return "ESP_ERR_NVS_NOT_FOUND";
    case ESP_ERR_NVS_TYPE_MISMATCH: return "ESP_ERR_NVS_TYPE_MISMATCH";
    case ESP_ERR_NVS_INVALID_LENGTH: return "ESP_ERR_NVS_INVALID_LENGTH";
    default: snprintf(text, sizeof text, "0x%x", code); return text;
    }
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t length)
{
    while (length-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
    }
    return crc;
}

static uint32_t u32(const uint8_t *at) { return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24; }
static uint16_t u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

esp_err_t nvs_flash_init(void)
{
    const char *path = getenv("NVS_IMAGE");
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    if (file == NULL)
        return 0x1105; // ESP_ERR_NVS_PART_NOT_FOUND is another number; any failure will do
    fseek(file, 0, SEEK_END);
    image_size = (size_t)ftell(file);
    rewind(file);
    image = malloc(image_size);
    size_t got = fread(image, 1, image_size, file);
    fclose(file);
    return got == image_size ? ESP_OK : 0x1105;
}

static int is_whole(const uint8_t *slot)
{
    uint32_t crc = crc32(crc32(0, slot, 4), slot + 8, 24);
    return ~crc == u32(slot + 4);
}

// The written entry of that namespace and key; of a blob's chunk also with that chunk index. NULL: there is none.
static const uint8_t *find(uint8_t ns, const char *key, int type, int chunk)
{
    for (size_t page = 0; page + PAGE <= image_size; page += PAGE) {
        uint32_t state = u32(image + page);
        if (state != 0xfffffffeu && state != 0xfffffffcu)
            continue;
        for (int i = 0; i < SLOTS;) {
            const uint8_t *slot = image + page + 64 + i * 32;
            int bits = image[page + 32 + i / 4] >> (i % 4 * 2) & 3;
            if (bits != 2 || !is_whole(slot)) {
                i++;
                continue;
            }
            int fits = slot[0] == ns && strncmp((const char *)slot + 8, key, 16) == 0;
            int is_chunk = slot[1] == BLOB_DATA;
            if (fits && (chunk >= 0 ? is_chunk && slot[3] == chunk : !is_chunk && (type == 0 || slot[1] == type)))
                return slot;
            i += slot[2] > 0 ? slot[2] : 1;
        }
    }
    return NULL;
}

static esp_err_t lookup(uint8_t ns, const char *key, int type, const uint8_t **slot)
{
    *slot = find(ns, key, type, -1);
    if (*slot != NULL)
        return ESP_OK;
    return find(ns, key, 0, -1) == NULL ? ESP_ERR_NVS_NOT_FOUND : ESP_ERR_NVS_TYPE_MISMATCH;
}

esp_err_t nvs_open(const char *name_space, nvs_open_mode_t mode, nvs_handle_t *out)
{
    const uint8_t *slot;
    (void)mode;
    if (image == NULL)
        return 0x1101; // ESP_ERR_NVS_NOT_INITIALIZED
    esp_err_t err = lookup(0, name_space, U8, &slot);
    if (err == ESP_OK)
        *out = slot[24];
    return err;
}

void nvs_close(nvs_handle_t handle) { (void)handle; }

esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out)
{
    const uint8_t *slot;
    esp_err_t err = lookup((uint8_t)handle, key, U8, &slot);
    if (err == ESP_OK)
        *out = slot[24];
    return err;
}

// The data of a string or a chunk stands in the slots behind its entry.
static esp_err_t copy(const uint8_t *slot, uint8_t *out)
{
    if (~crc32(0, slot + 32, u16(slot + 24)) != u32(slot + 28))
        return ESP_ERR_NVS_NOT_FOUND; // as firmware does: what is broken is gone
    memcpy(out, slot + 32, u16(slot + 24));
    return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out, size_t *length)
{
    const uint8_t *slot;
    esp_err_t err = lookup((uint8_t)handle, key, STR, &slot);
    if (err != ESP_OK)
        return err;
    size_t room = *length;
    *length = u16(slot + 24);
    if (room < *length)
        return ESP_ERR_NVS_INVALID_LENGTH;
    return copy(slot, (uint8_t *)out);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out, size_t *length)
{
    const uint8_t *slot;
    esp_err_t err = lookup((uint8_t)handle, key, BLOB_INDEX, &slot);
    if (err != ESP_OK)
        return err;
    size_t room = *length;
    *length = u32(slot + 24);
    if (room < *length)
        return ESP_ERR_NVS_INVALID_LENGTH;
    uint8_t *at = out;
    for (int chunk = slot[29]; chunk < slot[29] + slot[28]; chunk++) {
        const uint8_t *data = find((uint8_t)handle, key, 0, chunk);
        if (data == NULL || (err = copy(data, at)) != ESP_OK)
            return ESP_ERR_NVS_NOT_FOUND;
        at += u16(data + 24);
    }
    return ESP_OK;
}
