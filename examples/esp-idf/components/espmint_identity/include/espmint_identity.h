// What espmint wrote into the flash of this device: its identity, and how it gets onto Wi-Fi.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

// Room for the longest legal value of each key, with the zero byte at its end.
#define ESPMINT_UUID_SIZE 37
#define ESPMINT_PSK_SIZE 33
#define ESPMINT_CA_URL_SIZE 256
#define ESPMINT_SSID_SIZE 33
#define ESPMINT_PASSWORD_SIZE 65
#define ESPMINT_POP_SIZE 65
#define ESPMINT_WPS_PIN_SIZE 9
#define ESPMINT_SC_KEY_SIZE 17
#define ESPMINT_SEC2_SALT_SIZE 64
#define ESPMINT_SEC2_VERIFIER_SIZE 384

typedef enum {
    ESPMINT_WIFI_NONE,        // no network was given: esp_wifi's own store, Improv, a console, or none at all
    ESPMINT_WIFI_STATIC,      // ssid and password; an empty password is an open network
    ESPMINT_WIFI_PORTAL,      // unified provisioning: security, pop (1) or salt and verifier (2)
    ESPMINT_WIFI_WPS,         // wps_type 1: push button; 2: wps_pin
    ESPMINT_WIFI_SMARTCONFIG, // sc_type is a smartconfig_type_t; sc_key only for version 2
} espmint_wifi_mode_t;

typedef struct {
    char uuid[ESPMINT_UUID_SIZE];
    char psk[ESPMINT_PSK_SIZE]; // 32 hex digits: 16 bytes. Never print it.
    char ca_url[ESPMINT_CA_URL_SIZE];
    espmint_wifi_mode_t wifi_mode;
    char ssid[ESPMINT_SSID_SIZE];
    char password[ESPMINT_PASSWORD_SIZE]; // 64 characters are a raw key in hex digits, not a passphrase
    uint8_t security;
    char pop[ESPMINT_POP_SIZE];
    uint8_t sec2_salt[ESPMINT_SEC2_SALT_SIZE];
    size_t sec2_salt_len;
    uint8_t sec2_verifier[ESPMINT_SEC2_VERIFIER_SIZE];
    size_t sec2_verifier_len;
    uint8_t wps_type;
    char wps_pin[ESPMINT_WPS_PIN_SIZE];
    uint8_t sc_type;
    char sc_key[ESPMINT_SC_KEY_SIZE];
} espmint_identity_t;

// Reads everything from the default NVS partition, which nvs_flash_init() has opened. `name_space` is that of the profile
// ("zc" unless it says otherwise).
//
// ESP_OK: all is there and whole. ESP_ERR_NVS_NOT_FOUND: the device was not provisioned, or a key is missing that must be
// there. ESP_ERR_INVALID_STATE: the values contradict each other. Anything else is what NVS said. Whatever is not ESP_OK
// leaves `out` all zero: half an identity is none.
esp_err_t espmint_identity_read(const char *name_space, espmint_identity_t *out);

#ifdef __cplusplus
}
#endif
