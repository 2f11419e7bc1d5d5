// Prints everything that the component reads, a line a field, for a test to compare.
#include <stdio.h>
#include "espmint_identity.h"
#include "nvs_flash.h"

static void hex(const char *name, const uint8_t *bytes, size_t length)
{
    printf("%s=", name);
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    espmint_identity_t id;
    esp_err_t err = nvs_flash_init();
    if (err == ESP_OK)
        err = espmint_identity_read(argc > 1 ? argv[1] : "zc", &id);
    printf("result=%s\n", esp_err_to_name(err));
    if (err != ESP_OK)
        return 0;
    printf("uuid=%s\npsk=%s\nca_url=%s\nwifi_mode=%d\nssid=%s\npassword=%s\n", id.uuid, id.psk, id.ca_url, id.wifi_mode,
           id.ssid, id.password);
    printf("security=%d\npop=%s\nwps_type=%d\nwps_pin=%s\nsc_type=%d\nsc_key=%s\n", id.security, id.pop, id.wps_type,
           id.wps_pin, id.sc_type, id.sc_key);
    hex("salt", id.sec2_salt, id.sec2_salt_len);
    hex("verifier", id.sec2_verifier, id.sec2_verifier_len);
    return 0;
}
