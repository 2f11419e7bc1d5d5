// Says who it is. Copy espmint_identity.h and espmint_identity.c of the ESP-IDF component beside this sketch.
//
// Preferences.getString() answers "" for a missing value, an empty one and one that cannot be read alike, so the sketch
// uses the NVS functions below it. Choose a partition scheme whose NVS is as large as the profile says.
#include <Arduino.h>
#include <nvs_flash.h>
#include "espmint_identity.h"

static espmint_identity_t identity;

void setup() {
  Serial.begin(115200);
  // Arduino's core has opened NVS already; a second call does no harm and says what is wrong.
  esp_err_t err = nvs_flash_init();
  if (err == ESP_OK) err = espmint_identity_read("zc", &identity);
  if (err != ESP_OK) {
    Serial.printf("identity: none: %s; provision this device with espmint\n", esp_err_to_name(err));
    return;
  }
  // The key is never printed.
  Serial.printf("identity: %s\n", identity.uuid);
  Serial.printf("ca: %s\n", identity.ca_url);
  Serial.printf("app: started\n");
}

void loop() {
  delay(1000);
}
