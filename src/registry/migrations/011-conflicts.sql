-- A second name of the silicon, and boards that contradict the registry.

-- The 128-bit unique id of the chip's eFuses, 32 lower-case hex digits; null where the chip has none or it was not read.
alter table devices add column hardware_id VARCHAR(32);
create index idx_devices_hardware_id on devices (hardware_id) where hardware_id is not null;

-- One row for each board that was refused, however often it came: what it was, whom it contradicts, what was decided.
create table conflicts (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code          TEXT NOT NULL,
  state         TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'replaced', 'set-aside')),
  -- The device that it contradicts, and the names that this one had then.
  device_id     INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  registered    JSONB NOT NULL,
  -- The refused board.
  mac_key       VARCHAR(17) NOT NULL,
  global_uuid   VARCHAR(36) NOT NULL,
  hardware_id   VARCHAR(32),
  facts         JSONB NOT NULL DEFAULT '{}',
  -- A key that is on the refused board already: it was provisioned while the registry was out of reach.
  key_id        BIGINT REFERENCES device_keys (id),
  times         INTEGER NOT NULL DEFAULT 1,
  seen_by       TEXT NOT NULL,
  first_seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_seen_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
  decided_at    TIMESTAMPTZ,
  decided_by    TEXT,
  reason        TEXT
);
create unique index idx_conflicts_board
  on conflicts (device_id, code, mac_key, global_uuid, (coalesce(hardware_id, '')));
create index idx_conflicts_open on conflicts (id) where state = 'open';
