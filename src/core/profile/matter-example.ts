// The profile that `espmint profile init --matter` writes: factory data as esp-matter reads it (namespace chip-factory), in
// the order in which esp-matter-mfg-tool writes it.

export const MATTER_EXAMPLE = `# Your editor completes it after: espmint profile schema > profile.schema.json
# yaml-language-server: $schema=profile.schema.json
# An espmint profile for a Matter product: each board gets the factory data of its own row.
# 1. Rows: espmint values matter --count 100 --vendor-id 0xFFF1 --product-id 0x8001 --attestation DIR --out rows.csv
# 2. Into the registry: espmint values import rows.csv --profile THIS-FILE
# 3. Boards: espmint provision --profile THIS-FILE --port /dev/ttyUSB0

name: matter-sensor
version: 1
caUrl: https://ca.example.com:8443

values:
  list: matter-sensor
  columns:
    - { name: discriminator, type: u16 }
    - { name: passcode, type: u32, unique: true, secret: true }
    - { name: iterations, type: u32 }
    - { name: salt }
    - { name: verifier, secret: true }
    # What stands on the product: secret in the registry, shown by its label.
    - { name: qr_code, secret: true, label: true }
    - { name: manual_code, secret: true, label: true }
    # Each of a board's own, from the certificate authority: certificate (DER), private key (32 bytes), public key (65 bytes).
    - { name: dac_cert, file: true }
    - { name: dac_key, file: true, secret: true }
    - { name: dac_pub_key, file: true }
    - { name: pai_cert, file: true }
    - { name: cert_dclrn, file: true }

regions:
  # CONFIG_CHIP_FACTORY_NAMESPACE_PARTITION_LABEL of the firmware; "nvs" in the examples of esp-matter, which takes the identity.
  - partition: fctry
    size: 0x6000
    nvs:
      namespace: chip-factory
      rows:
        - { key: discriminator, type: u32, value: '{{discriminator}}' }
        - { key: iteration-count, type: u32, value: '{{iterations}}' }
        - { key: salt, type: string, value: '{{salt}}' }
        - { key: vendor-id, type: u32, value: 0xFFF1 }
        - { key: vendor-name, type: string, value: Example Works }
        - { key: product-id, type: u32, value: 0x8001 }
        - { key: product-name, type: string, value: Sensor }
        - { key: hardware-ver, type: u32, value: 1 }
        - { key: hw-ver-str, type: string, value: '1.0' }
        - { key: serial-num, type: string, value: '{{macHex}}' }
        - { key: dac-cert, type: base64, value: '{{dac_cert}}' }
        - { key: dac-key, type: base64, value: '{{dac_key}}' }
        - { key: dac-pub-key, type: base64, value: '{{dac_pub_key}}' }
        - { key: pai-cert, type: base64, value: '{{pai_cert}}' }
        - { key: verifier, type: string, value: '{{verifier}}' }
        - { key: cert-dclrn, type: base64, value: '{{cert_dclrn}}' }
`;
