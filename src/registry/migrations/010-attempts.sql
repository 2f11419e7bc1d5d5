-- The whole story of an attempt: who made it, where, with what, on which chip, and how long each stage took.
--
-- One home for each fact. An attempt is one try with a reservation; station_runs has one row for all tries of a board
-- at a slot, also those that ended before there was a reservation, and figures are made of that one. What the names
-- here stand for is kept elsewhere (batches, stations, profiles). They are plain text without a reference: a station
-- that is cut off cannot look them up, and history outlives what it names.
alter table attempts
  add column station          TEXT,
  add column slot             INTEGER,
  add column port             TEXT,
  add column operator         TEXT,
  add column tool_version     TEXT,
  add column batch            TEXT,
  -- profiles.sha256
  add column profile          TEXT,
  add column chip             TEXT,
  add column chip_description TEXT,
  add column chip_revision    TEXT,
  add column flash_size       BIGINT,
  -- Bits per second that the link bore in the end.
  add column baud             INTEGER,
  -- Milliseconds of each stage that ran, {"connect": 812.5, ...}; without confirm, which this is written in.
  add column stages_ms        JSONB;

-- The devices of a station and of a batch, newest first.
create index idx_attempts_station on attempts (station, device_id desc) where station is not null;
create index idx_attempts_batch on attempts (batch, device_id desc) where batch is not null;

-- Every content of a profile that boards were made with. The digest covers name and version too: the same version
-- with two digests was changed without counting up.
create table profiles (
  sha256     TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  version    INTEGER NOT NULL,
  first_seen TIMESTAMPTZ NOT NULL DEFAULT now()
);
create index idx_profiles_name on profiles (name, version);

-- What each port of each station has done: a bad cable or fixture shows in its counts and its baud rate. Counted as
-- attempts end, so that nobody has to read ten million of them.
create table ports (
  station   TEXT NOT NULL,
  port      TEXT NOT NULL,
  attempts  BIGINT NOT NULL DEFAULT 0,
  passes    BIGINT NOT NULL DEFAULT 0,
  baud      INTEGER,
  last_seen TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (station, port)
);

-- Devices by the time of their provisioning, newest first.
create index idx_devices_provisioned on devices (provisioned_at desc, id desc);
