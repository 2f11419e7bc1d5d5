-- The table that other programs share with espmint: they read it by its columns, and write it with a plain
-- INSERT ... ON CONFLICT (global_uuid) DO UPDATE ... RETURNING id.
-- provisioned_at is a time of day without a zone; espmint writes UTC there.
create table if not exists devices (
  id                SERIAL PRIMARY KEY,
  global_uuid       VARCHAR(36) UNIQUE NOT NULL,
  mac_address       VARCHAR(17) NOT NULL,
  psk_secret        VARCHAR(32) NOT NULL,
  ca_service_url    VARCHAR(255),
  wifi_ssid         VARCHAR(32),
  provisioned_at    TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  firmware_version  VARCHAR(20),
  hardware_revision VARCHAR(10),
  location          VARCHAR(100),
  status            VARCHAR(20) DEFAULT 'provisioned'
);

create index if not exists idx_devices_uuid on devices (global_uuid);
create index if not exists idx_devices_mac on devices (mac_address);
create index if not exists idx_devices_status on devices (status);
