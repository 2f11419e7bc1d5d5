// Reads what espmint wrote. Every return code is looked at: a value that cannot be read is never taken for one that is not there.
#include "espmint_identity.h"
#include <string.h>
#include "nvs.h"

#define TRY(call)                   \
    do {                            \
        esp_err_t err = (call);     \
        if (err != ESP_OK)          \
            return err;             \
    } while (0)

// nvs_get_str checks the size itself: a text that is longer than its buffer is ESP_ERR_NVS_INVALID_LENGTH.
static esp_err_t must_have(nvs_handle_t nvs, const char *key, char *text, size_t size)
{
    return nvs_get_str(nvs, key, text, &size);
}

// Found or not: only that it is not there is no failure.
static esp_err_t may_have(nvs_handle_t nvs, const char *key, char *text, size_t size, bool *found)
{
    esp_err_t err = nvs_get_str(nvs, key, text, &size);
    *found = err == ESP_OK;
    return err == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : err;
}

static esp_err_t read_portal(nvs_handle_t nvs, espmint_identity_t *out)
{
    TRY(nvs_get_u8(nvs, "wifi_sec_ver", &out->security));
    if (out->security == 1)
        return must_have(nvs, "wifi_pop", out->pop, sizeof out->pop);
    if (out->security == 2) {
        out->sec2_salt_len = sizeof out->sec2_salt;
        out->sec2_verifier_len = sizeof out->sec2_verifier;
        TRY(nvs_get_blob(nvs, "wifi_sec2_salt", out->sec2_salt, &out->sec2_salt_len));
        return nvs_get_blob(nvs, "wifi_sec2_vrf", out->sec2_verifier, &out->sec2_verifier_len);
    }
    return out->security == 0 ? ESP_OK : ESP_ERR_INVALID_STATE;
}

static esp_err_t read_wps(nvs_handle_t nvs, espmint_identity_t *out)
{
    TRY(nvs_get_u8(nvs, "wifi_wps_type", &out->wps_type));
    if (out->wps_type == 2)
        return must_have(nvs, "wifi_wps_pin", out->wps_pin, sizeof out->wps_pin);
    return out->wps_type == 1 ? ESP_OK : ESP_ERR_INVALID_STATE;
}

static esp_err_t read_smartconfig(nvs_handle_t nvs, espmint_identity_t *out)
{
    bool has_key;
    TRY(nvs_get_u8(nvs, "wifi_sc_type", &out->sc_type));
    return may_have(nvs, "wifi_sc_key", out->sc_key, sizeof out->sc_key, &has_key);
}

static esp_err_t read_wifi(nvs_handle_t nvs, espmint_identity_t *out)
{
    char mode[16];
    bool has_mode, has_ssid;
    TRY(may_have(nvs, "wifi_mode", mode, sizeof mode, &has_mode));
    if (!has_mode) {
        TRY(may_have(nvs, "wifi_ssid", out->ssid, sizeof out->ssid, &has_ssid));
        if (!has_ssid)
            return ESP_OK;
        out->wifi_mode = ESPMINT_WIFI_STATIC;
        // An open network has an empty password; one that is missing is a fault.
        return must_have(nvs, "wifi_password", out->password, sizeof out->password);
    }
    if (strcmp(mode, "portal") == 0) {
        out->wifi_mode = ESPMINT_WIFI_PORTAL;
        return read_portal(nvs, out);
    }
    if (strcmp(mode, "wps") == 0) {
        out->wifi_mode = ESPMINT_WIFI_WPS;
        return read_wps(nvs, out);
    }
    if (strcmp(mode, "smartconfig") == 0) {
        out->wifi_mode = ESPMINT_WIFI_SMARTCONFIG;
        return read_smartconfig(nvs, out);
    }
    return ESP_ERR_INVALID_STATE;
}

static esp_err_t read_all(nvs_handle_t nvs, espmint_identity_t *out)
{
    TRY(must_have(nvs, "global_uuid", out->uuid, sizeof out->uuid));
    TRY(must_have(nvs, "psk_secret", out->psk, sizeof out->psk));
    TRY(must_have(nvs, "ca_service_url", out->ca_url, sizeof out->ca_url));
    if (strlen(out->uuid) != ESPMINT_UUID_SIZE - 1 || strlen(out->psk) != ESPMINT_PSK_SIZE - 1)
        return ESP_ERR_INVALID_STATE;
    return read_wifi(nvs, out);
}

esp_err_t espmint_identity_read(const char *name_space, espmint_identity_t *out)
{
    nvs_handle_t nvs;
    memset(out, 0, sizeof *out);
    TRY(nvs_open(name_space, NVS_READONLY, &nvs));
    esp_err_t err = read_all(nvs, out);
    nvs_close(nvs);
    if (err != ESP_OK)
        memset(out, 0, sizeof *out);
    return err;
}
