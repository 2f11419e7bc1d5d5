// Says who it is. It never erases NVS by itself: the identity lies there, and nobody but espmint can write it again.
#include <stdio.h>
#include "espmint_identity.h"
#include "nvs_flash.h"

static const char *const WIFI_MODES[] = {"none", "static", "portal", "wps", "smartconfig"};

void app_main(void)
{
    // ESP-IDF's examples erase the partition when this fails. Here that would destroy the identity.
    esp_err_t err = nvs_flash_init();
    if (err != ESP_OK) {
        printf("identity: NVS cannot be opened: %s\n", esp_err_to_name(err));
        return;
    }
    static espmint_identity_t identity; // a kilobyte: not on the task's stack
    err = espmint_identity_read("zc", &identity);
    if (err != ESP_OK) {
        printf("identity: none: %s; provision this device with espmint\n", esp_err_to_name(err));
        return;
    }
    // The key is never printed.
    printf("identity: %s\n", identity.uuid);
    printf("ca: %s\n", identity.ca_url);
    printf("wifi: %s %s\n", WIFI_MODES[identity.wifi_mode], identity.ssid);
    printf("app: started\n");
}
