-- Work orders, the boards that fill them, the stations that make them, and every run of a board on a station.

create table batches (
  id                BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name              TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  profile_name      TEXT NOT NULL,
  profile_version   INTEGER NOT NULL,
  quantity          INTEGER NOT NULL CHECK (quantity > 0),
  lot               VARCHAR(64),
  hardware_revision VARCHAR(10),
  firmware_version  VARCHAR(20),
  location          VARCHAR(100),
  serial_template   VARCHAR(32),
  state             TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'closed')),
  reason            TEXT NOT NULL DEFAULT '',
  created_at        TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_by        TEXT NOT NULL,
  closed_at         TIMESTAMPTZ,
  closed_by         TEXT
);

-- A board has one row in a batch, however often it comes. It holds a place while it is passed or its lease lasts.
create table batch_units (
  batch_id     BIGINT NOT NULL REFERENCES batches (id),
  mac_key      VARCHAR(17) NOT NULL,
  passed       BOOLEAN NOT NULL DEFAULT false,
  failed_runs  INTEGER NOT NULL DEFAULT 0,
  claim_id     UUID NOT NULL UNIQUE,
  lease_until  TIMESTAMPTZ,
  station      TEXT NOT NULL,
  -- Given at the first claim and kept: a board that comes again is the same unit.
  serial       VARCHAR(64) UNIQUE,
  global_uuid  VARCHAR(36),
  chip         TEXT,
  image_offset BIGINT,
  image_size   BIGINT,
  image_md5    TEXT,
  image_sha256 TEXT,
  claimed_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
  passed_at    TIMESTAMPTZ,
  PRIMARY KEY (batch_id, mac_key)
);

-- Lists of identifiers from another system, in their order. A row belongs to one board for good: its key may be on it.
create table batch_identifiers (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id    BIGINT NOT NULL REFERENCES batches (id),
  serial      VARCHAR(64) UNIQUE,
  global_uuid VARCHAR(36) UNIQUE,
  psk_secret  TEXT,
  mac_key     VARCHAR(17),
  claimed_at  TIMESTAMPTZ,
  UNIQUE (batch_id, mac_key)
);
create index idx_batch_identifiers_free on batch_identifiers (batch_id, id) where mac_key is null;

-- The next number of each serial template, shared by all batches that use it.
create table serial_counters (
  template    VARCHAR(32) PRIMARY KEY,
  next_number BIGINT NOT NULL
);

create table stations (
  name    TEXT PRIMARY KEY,
  host    TEXT NOT NULL,
  batch   TEXT,
  mode    TEXT NOT NULL,
  slots   INTEGER NOT NULL,
  running INTEGER NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- One run of one board at one slot, with all its tries. Figures are made of these.
create table station_runs (
  id           UUID PRIMARY KEY,
  batch_id     BIGINT REFERENCES batches (id),
  station      TEXT NOT NULL,
  slot         INTEGER NOT NULL,
  mac_key      VARCHAR(17),
  passed       BOOLEAN NOT NULL,
  already_done BOOLEAN NOT NULL DEFAULT false,
  code         TEXT,
  stage        TEXT,
  stages_ms    JSONB NOT NULL DEFAULT '{}',
  started_at   TIMESTAMPTZ NOT NULL,
  ended_at     TIMESTAMPTZ NOT NULL
);
create index idx_station_runs_ended on station_runs (ended_at);
create index idx_station_runs_batch on station_runs (batch_id, ended_at);
