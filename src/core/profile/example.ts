// The profile that `espmint profile init` writes: every setting, with its default and what it is for.

export const PROFILE_EXAMPLE = `# Your editor completes it after: espmint profile schema > profile.schema.json
# yaml-language-server: $schema=profile.schema.json
# An espmint profile: all that is the same for every board of one product.
# Use it with: espmint provision --profile THIS-FILE --port /dev/ttyUSB0

name: sensor
# Count it up with every change that boards can see.
version: 1

# Boards with any other chip are refused. Leave it out to accept each chip that espmint supports.
chip: esp32

# Where the certificate authority answers; http or https, at most 255 bytes.
caUrl: https://ca.example.com:8443

# Leave it out for devices that get their network in another way.
wifi:
  ssid: Lab
  # Secrets are references, never values: file:PATH (relative to this file) or env:NAME.
  password: env:ESPMINT_WIFI_PASSWORD
  # char-array: firmware reads into char[32] and char[64] with nvs_get_str (31 and 63 bytes fit).
  # standard: 32 bytes and 64 hex digits fit.
  limits: char-array
  # static: credentials in flash. improv, console: handed over in the run, once the firmware has started. portal, wps,
  # smartconfig: the firmware gets them later, or in the run too (docs/guides/wifi.md).
  mode: static
  # zc: keys of the firmware's own; net80211: the store of esp_wifi; both.
  target: zc
  # A board passes only when its boot log proves that it is on the network.
  # join:
  #   timeoutMs: 30000

# Where the image goes. Default: the board's own partition of type data/nvs, in its full size.
# target:
#   partition: nvs
# or
#   offset: 0x9000
#   size: 0x10000
# and, where the firmware moves its partition table (CONFIG_PARTITION_TABLE_OFFSET) and boards may hold another one too:
#   partitionTableOffset: 0xc000

# How the UUID is made from the MAC: rfc9562, hex-text, dashed-text or mac-bytes.
identity:
  recipe: rfc9562

# Names that the firmware looks for (at most 15 characters each), and further entries of your own.
nvs:
  # replace: a fresh image; merge: keep what other software stored there (Wi-Fi calibration, counters).
  mode: replace
  # true puts a plain NVS where a board holds an encrypted one; such a board is refused otherwise.
  replaceEncrypted: false
  # For firmware with CONFIG_NVS_ENCRYPTION: each board gets a key of its own, in its partition of type nvs_keys.
  # encryption: { scheme: flash }
  # Or the key that is in the eFuses of all chips (HMAC), or of each (a secret hex column of its list of values):
  # encryption: { scheme: hmac, hmacKey: env:ESPMINT_HMAC_KEY }
  namespace: zc
  keys:
    uuid: global_uuid
    psk: psk_secret
    caUrl: ca_service_url
    ssid: wifi_ssid
    password: wifi_password
  rows:
    - key: serial
      type: string
      value: 'SN-{{macHex}}'
    - key: report_s
      type: u16
      value: 60

# Flash the firmware in the same run (docs/guides/firmware.md): flasher_args.json of an ESP-IDF or Arduino build, the
# manifest of an ESP Web Tools page, a merged image, or NAME@VERSION of a bundle in the registry.
# firmware: build/flasher_args.json

# Values of its own for each board, from a list (espmint values import LIST FILE --profile THIS-FILE).
# values:
#   list: sensors-2026
#   match: next          # or mac, serial, uuid: the row that names the board; batch: all its boards share it
#   columns:
#     - { name: passcode, type: u32, unique: true, secret: true }
#     - { name: cert, file: true, width: 4000 }
# and {{passcode}} in a row above or in a region.

# What else goes to flash, each by the name of its partition or by an offset: rows of a further NVS partition, an image
# from a file, or raw data.
# regions:
#   - partition: factory_data
#     nvs:
#       namespace: factory
#       rows:
#         - { key: serial, type: string, value: 'SN-{{macHex}}' }
#   - partition: storage
#     file: build/storage.bin

# Boards that are not so are refused before anything is written.
# expect:
#   firmware: '>=2.1 <3'
#   flash: 4MB
#   revision: '>=3.0'

# What no board may leave with; espmint verify looks for it. A namespace, a key, a pattern of the value, or several together.
# ship:
#   absent:
#     - { namespace: factory_test }
#     - { key: wifi_ssid, value: '^Factory' }

# Recorded with each device. Without firmwareVersion: what the application on the board says of itself.
# firmwareVersion: 1.0.0
hardwareRevision: A
location: Line 1

# Read the log after the reset; a board whose firmware does not start fails. Leave it out for boards without firmware.
# boot:
#   # banner (the ROM started), application (ESP-IDF calls app_main), got-ip, or a line of your own: { pattern: 'READY' }
#   success: application
#   failure: ['provisioning error']
#   timeoutMs: 10000
#   baud: 115200

policy:
  # A device that is already provisioned: keep its key, rotate (make a new one), or refuse.
  known: keep
  # md5 (the chip's own digest of the region), or readback (also read it back and compare key by key).
  verify: md5
  # Whole tries for a board whose link fails.
  attempts: 3
  # Highest rate to try, bits per second.
  baud: 921600
  # Whether a label template that says "secret: true" may show the key of a device.
  secretsOnLabels: false
`;
