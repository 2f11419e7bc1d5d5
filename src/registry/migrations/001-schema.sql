-- The schema of the registry.
--
-- Until espmint 1.0 there is this one file: who changes the schema edits it, for no released version has data to keep. A
-- database of another build is refused with REGISTRY_SCHEMA_CHANGED. From 1.0 on this file stays as it is, and each
-- change is a file of its own with the next number.

-- The table that other programs share with espmint: they read it by its columns, and write it with a plain
-- INSERT ... ON CONFLICT (global_uuid) DO UPDATE ... RETURNING id. It may be there before espmint comes, with rows.
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

-- What espmint adds to it.
alter table devices
  -- The MAC in one spelling, however a program wrote it: twelve lower-case hex digits.
  add column mac_key VARCHAR(17)
    generated always as (regexp_replace(lower(mac_address), '[^0-9a-f]', '', 'g')) stored,
  -- The 128-bit unique id of the chip's eFuses, 32 lower-case hex digits; null where the chip has none or it was not
  -- read.
  add column hardware_id VARCHAR(32),
  -- A sealed key is longer than the 32 digits of a plain one. Widening a varchar rewrites nothing.
  alter column psk_secret type VARCHAR(255),
  -- Whether a text is rare decides which way a search goes: there can be many more locations than a sample of a hundred.
  alter column location set statistics 1000;
create index idx_devices_mac_key on devices (mac_key);
create index idx_devices_hardware_id on devices (hardware_id) where hardware_id is not null;
-- Devices by the end of their MAC, which is what people type of it: the last six digits, from the back. That of its
-- start, and that of the start of a UUID, is served by the indexes above.
create index idx_devices_mac_end on devices (reverse(right(mac_key, 6)));
-- The newest devices of a status, rare or common.
create index idx_devices_status_id on devices (status, id desc);
-- Devices by the time of their provisioning, newest first.
create index idx_devices_provisioned on devices (provisioned_at desc, id desc);

-- Every key that a device ever had or may have, so that no key is ever overwritten.
-- pending: stored, may be on the chip.  current: proven on the chip.  superseded: replaced by a proven one.
-- The names stand beside the reference: the history stays when a row of devices is deleted.
create table device_keys (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device_id     INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  global_uuid   VARCHAR(36) NOT NULL,
  mac_key       VARCHAR(17) NOT NULL,
  psk_secret    TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('pending', 'current', 'superseded')),
  created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
  proven_at     TIMESTAMPTZ,
  superseded_at TIMESTAMPTZ
);
create index idx_device_keys_device on device_keys (device_id);
create index idx_device_keys_mac on device_keys (mac_key);
create unique index idx_device_keys_one_current on device_keys (device_id) where state = 'current';

-- Follows psk_secret wherever it is written from. espmint writes a key here before it writes it there, and then this
-- finds nothing to do; a plain upsert of another program gets its key recorded, and the one it replaces is kept.
-- A device that is removed stays as a tombstone with the status "removed", and its keys keep the state that they had.
create function record_device_key() returns trigger language plpgsql
  -- That other program needs rights on devices only.
  security definer set search_path from current as $$
declare
  wanted constant text := case when new.status = 'pending' then 'pending' else 'current' end;
begin
  if tg_op = 'UPDATE' and new.psk_secret = old.psk_secret and new.status is not distinct from old.status then
    return null;
  end if;
  if tg_op = 'UPDATE' and new.psk_secret = old.psk_secret and new.status = 'removed' then
    return null;
  end if;
  if exists (select from device_keys k
             where k.device_id = new.id and k.psk_secret = new.psk_secret and k.state = wanted) then
    return null;
  end if;
  if wanted = 'current' then
    update device_keys set state = 'superseded', superseded_at = now()
      where device_id = new.id and state = 'current';
  end if;
  update device_keys k
    set state = wanted, superseded_at = null, proven_at = case when wanted = 'current' then now() end
    where k.id = (select max(same.id) from device_keys same
                  where same.device_id = new.id and same.psk_secret = new.psk_secret);
  if not found then
    insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state, proven_at)
      values (new.id, new.global_uuid, new.mac_key, new.psk_secret, wanted,
              case when wanted = 'current' then now() end);
  end if;
  return null;
end $$;

create trigger devices_record_key after insert or update on devices
  for each row execute function record_device_key();

-- Rows that were there before espmint came.
insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state, created_at, proven_at)
  select id, global_uuid, mac_key, psk_secret, 'current',
         coalesce(provisioned_at at time zone 'UTC', now()), provisioned_at at time zone 'UTC'
  from devices;

-- One try to provision one board: who made it, where, with what, on which chip, and how it ended. Its id is the
-- reservation's. What the device is to become is written to devices with the proof: until then the chip may hold what
-- it held before.
--
-- One home for each fact. An attempt is one try with a reservation; station_runs has one row for all tries of a board
-- at a slot, also those that ended before there was a reservation, and figures are made of that one. What the names
-- here stand for is kept elsewhere (batches, stations, profiles). They are plain text without a reference: a station
-- that is cut off cannot look them up, and history outlives what it names.
create table attempts (
  id               UUID PRIMARY KEY,
  device_id        INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  key_id           BIGINT NOT NULL REFERENCES device_keys (id),
  outcome          TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'passed', 'failed')),
  stage            TEXT,
  code             TEXT,
  image_sha256     TEXT,
  wanted           JSONB NOT NULL,
  started_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  ended_at         TIMESTAMPTZ,
  -- Stored before the first erase: after a crash the board's flash tells by these whether the key is on the chip.
  image_offset     BIGINT,
  image_size       BIGINT,
  -- Whether it ran from the journal while the registry was out of reach.
  offline          BOOLEAN NOT NULL DEFAULT false,
  -- The chip tells the MD5 of a region at once, where reading it back takes long: by this an open attempt is settled.
  image_md5        TEXT,
  station          TEXT,
  slot             INTEGER,
  port             TEXT,
  operator         TEXT,
  tool_version     TEXT,
  batch            TEXT,
  -- profiles.sha256
  profile          TEXT,
  chip             TEXT,
  chip_description TEXT,
  chip_revision    TEXT,
  flash_size       BIGINT,
  -- What the board starts: {"typed": …, "app": {"version": …, "project": …, …}, "bundle": …}.
  firmware         JSONB,
  -- Bits per second that the link bore in the end.
  baud             INTEGER,
  -- Milliseconds of each stage that ran, {"connect": 812.5, ...}; without confirm, which this is written in.
  stages_ms        JSONB,
  -- What the board printed before its boot check failed: its last lines, secrets masked before they come here.
  boot_log         TEXT,
  -- How the board gets onto Wi-Fi and what of it was proven: {"mode": "improv", "result": "joined", "address": ...}.
  wifi             JSONB
);
create index idx_attempts_device on attempts (device_id, started_at);
-- The devices of a station and of a batch, newest first.
create index idx_attempts_station on attempts (station, device_id desc) where station is not null;
create index idx_attempts_batch on attempts (batch, device_id desc) where batch is not null;

-- The audit trail: what was done to devices and keys, by whom, and why. Rows are only ever added.
create table events (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  kind        TEXT NOT NULL,
  actor       TEXT NOT NULL,
  global_uuid VARCHAR(36),
  mac_key     VARCHAR(17),
  detail      JSONB NOT NULL DEFAULT '{}',
  -- Where somebody was who did something: a computer, or the address from which it was asked for.
  origin      TEXT
);
create index idx_events_mac on events (mac_key, id);
-- The newest of a kind, or by somebody, however rare; and those of a time.
create index idx_events_kind on events (kind, id);
create index idx_events_actor on events (actor, id);
create index idx_events_at on events (at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the table % only takes new rows', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger events_only_grow before update or delete or truncate on events
  for each statement execute function refuse_change();

-- Keys that seal the secrets of this registry, each wrapped by a master key that is never in the database.
create table data_keys (
  id         TEXT PRIMARY KEY,
  wrapped    TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

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
  -- What a person said; where the rule of a station paused it, {"code", "count", "station"} instead.
  reason            TEXT NOT NULL DEFAULT '',
  stopped           JSONB,
  created_at        TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_by        TEXT NOT NULL,
  closed_at         TIMESTAMPTZ,
  closed_by         TEXT,
  -- The profile that its boards get, as its file was: a station that fills the batch needs no copy of it.
  profile_text      TEXT
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
-- A device is found by the serial number of its unit, and by the name and the lot of its batch.
create index idx_batch_units_mac on batch_units (mac_key);

-- Lists of identifiers from another system, in their order. A row belongs to one board for good: its key may be on it.
create table batch_identifiers (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id    BIGINT NOT NULL REFERENCES batches (id),
  serial      VARCHAR(64) UNIQUE,
  global_uuid VARCHAR(36) UNIQUE,
  psk_secret  TEXT,
  mac_key     VARCHAR(17),
  claimed_at  TIMESTAMPTZ,
  -- The row of the list that belongs to a place until a board has it.
  reserved_unit_id    UUID,
  UNIQUE (batch_id, mac_key)
);
create index idx_batch_identifiers_free on batch_identifiers (batch_id, id) where mac_key is null;
create index idx_batch_identifiers_reserved on batch_identifiers (reserved_unit_id) where reserved_unit_id is not null;

-- Places of a batch that a station holds ahead, for boards that it makes while this database is out of reach. They count
-- against the quantity until their station has reported what became of them, however long that takes: no lease ends them.
create table reserved_units (
  id       UUID PRIMARY KEY,
  batch_id BIGINT NOT NULL REFERENCES batches (id),
  station  TEXT NOT NULL,
  -- held; used by a board; returned unused; released by a person, to be given to others
  state    TEXT NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'used', 'returned', 'released')),
  -- Drawn from the batch's template. That of a returned place is the next one to be given.
  serial   VARCHAR(64) UNIQUE,
  -- The board that used it, and what that came to.
  mac_key  VARCHAR(17),
  outcome  TEXT CHECK (outcome IN ('counted', 'counted before', 'not good', 'lost')),
  held_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
  ended_at TIMESTAMPTZ
);
create index idx_reserved_units_held on reserved_units (batch_id) where state = 'held';
create index idx_reserved_units_serials on reserved_units (batch_id, serial) where state = 'returned';

-- Who has signed off the report of a batch, and by which content: signatures are added and never changed.
create table batch_sign_offs (
  id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id  BIGINT NOT NULL REFERENCES batches (id),
  signed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  signed_by TEXT NOT NULL,
  note      TEXT NOT NULL DEFAULT '',
  -- SHA-256 of the content of the report, lower-case hex.
  digest    VARCHAR(64) NOT NULL CHECK (length(digest) = 64)
);
create index idx_batch_sign_offs_batch on batch_sign_offs (batch_id, id);

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

-- Which boards may be provisioned. A board that is denied never is; where anything is allowed, nothing else is.
-- An entry is a UUID, or a range of MACs as twelve lower-case hex digits, both ends in it.
create table device_lists (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list        TEXT NOT NULL CHECK (list IN ('allow', 'deny')),
  global_uuid VARCHAR(36),
  mac_first   VARCHAR(12),
  mac_last    VARCHAR(12),
  reason      TEXT NOT NULL DEFAULT '',
  created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_by  TEXT NOT NULL,
  CHECK (global_uuid IS NOT NULL AND mac_first IS NULL AND mac_last IS NULL
         OR global_uuid IS NULL AND mac_first IS NOT NULL AND mac_last >= mac_first)
);
create unique index idx_device_lists_uuid on device_lists (list, global_uuid);
create unique index idx_device_lists_mac on device_lists (list, mac_first, mac_last);

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

-- Devices that are sent to tables and services of the user's own: where to, and what is still to be sent.

create table push_targets (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  kind       TEXT NOT NULL CHECK (kind IN ('sql', 'webhook')),
  -- Address, statement, signing secret and whether keys are sent: sealed, so that nobody who can only write this
  -- database can send keys elsewhere.
  settings   TEXT NOT NULL,
  events     TEXT[] NOT NULL,
  paused     BOOLEAN NOT NULL DEFAULT false,
  -- While the target itself is out of order, one delivery tries it now and then, and the others wait.
  failures   INTEGER NOT NULL DEFAULT 0,
  retry_at   TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_by TEXT NOT NULL
);

-- The outbox: one row for each target and event, written in the transaction of the event. What is sent is read from
-- devices when it is delivered. The names stand beside the reference: another program may delete the device's row.
create table push_deliveries (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The same with every try: by it the receiver knows what it has had already.
  message_id   UUID NOT NULL DEFAULT gen_random_uuid(),
  target_id    BIGINT NOT NULL REFERENCES push_targets (id) ON DELETE CASCADE,
  device_id    INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  global_uuid  VARCHAR(36) NOT NULL,
  mac_key      VARCHAR(17) NOT NULL,
  event        TEXT NOT NULL CHECK (event IN ('provisioned', 'rotated', 'removed', 'restored')),
  state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  occurred_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
  tries        INTEGER NOT NULL DEFAULT 0,
  first_try_at TIMESTAMPTZ,
  due_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  -- The process that delivers it now; when the lease has run out, another one may.
  lease_holder UUID,
  lease_until  TIMESTAMPTZ,
  ended_at     TIMESTAMPTZ,
  error_code   TEXT,
  error        TEXT
);
create index idx_push_deliveries_pending on push_deliveries (target_id, due_at) include (occurred_at)
  where state = 'pending';
create index idx_push_deliveries_order on push_deliveries (target_id, mac_key, id) where state = 'pending';
create index idx_push_deliveries_dead on push_deliveries (id) include (target_id) where state = 'dead';
-- What failed last at a target.
create index idx_push_deliveries_failed on push_deliveries (target_id, (coalesce(ended_at, due_at)))
  where error is not null;
create index idx_push_deliveries_delivered on push_deliveries (target_id, ended_at) where state = 'delivered';
create index idx_push_deliveries_device on push_deliveries (device_id);

-- A text anywhere in UUID, MAC or location, or in the serial number of a unit. A MAC is searched by its digits: between
-- colons there are too few of them for an index on three characters. The extension may stand in any schema that its
-- administrator has chosen; the functions above keep the path that they were made with. Where the server lacks pg_trgm,
-- or its owner may not add it, searching works all the same, by reading the table.
do $$
begin
  create extension if not exists pg_trgm;
  perform set_config('search_path', concat_ws(', ', quote_ident(current_schema()), quote_ident(nspname), 'pg_temp'), true)
    from pg_namespace where oid = (select extnamespace from pg_extension where extname = 'pg_trgm');
  create index idx_devices_text on devices
    using gin (global_uuid gin_trgm_ops, mac_key gin_trgm_ops, location gin_trgm_ops);
  create index idx_batch_units_serial on batch_units using gin (serial gin_trgm_ops);
exception
  when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
    raise notice 'pg_trgm is not to be had: text searches read the whole table';
end $$;

-- Lists of values of its own for each board. A row belongs to one board for good: what it holds may be on it.
create table value_lists (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  -- As the profile of the first import declares them: [{"name": …, "type": …, "secret": …}, …].
  columns    JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  created_by TEXT NOT NULL
);

create table value_rows (
  list_id     BIGINT NOT NULL REFERENCES value_lists (id),
  -- Counts from 1 in the order of the imports.
  number      INTEGER NOT NULL,
  -- returned: a person took it back from its board, and it is free again. shared: all boards of a batch have it.
  state       TEXT NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'used', 'shared', 'scrapped', 'returned')),
  -- What names the board or the batch that it is for, for people; null: it is for any board.
  wanted      TEXT,
  -- {"column": "text", …}; columns that are secret are in sealed, the same in one envelope.
  open_values JSONB NOT NULL,
  sealed      TEXT,
  mac_key     VARCHAR(17),
  station     TEXT,
  claimed_at  TIMESTAMPTZ,
  reason      TEXT,
  -- A station holds it with this unit, for a board that it makes while this database is out of reach.
  reserved_unit_id UUID REFERENCES reserved_units (id),
  PRIMARY KEY (list_id, number)
);
create index idx_value_rows_free on value_rows (list_id, number)
  where state in ('free', 'returned') and reserved_unit_id is null;
-- The rows of a state that few are in; the others are found along the list.
create index idx_value_rows_state on value_rows (list_id, state, number) where state in ('shared', 'scrapped', 'returned');
create index idx_value_rows_reserved on value_rows (reserved_unit_id) where reserved_unit_id is not null;
create unique index idx_value_rows_board on value_rows (list_id, mac_key) where state = 'used';

-- The board's row among those that batches share: the last one that it was given.
create table value_shares (
  list_id  BIGINT NOT NULL REFERENCES value_lists (id),
  mac_key  VARCHAR(17) NOT NULL,
  number   INTEGER NOT NULL,
  station  TEXT,
  given_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (list_id, mac_key),
  FOREIGN KEY (list_id, number) REFERENCES value_rows (list_id, number)
);
create index idx_value_shares_row on value_shares (list_id, number);

-- SHA-256 of `column=value` for unique columns, and of what names a board or a batch (`mac=…`, `serial=…`, `uuid=…`, `batch=…`, `scan=…`).
create table value_marks (
  list_id BIGINT NOT NULL REFERENCES value_lists (id),
  mark    BYTEA NOT NULL,
  number  INTEGER NOT NULL,
  PRIMARY KEY (list_id, mark)
);

-- Firmware bundles: each version once, with its bytes, so that every station flashes the same.
create table firmware_bundles (
  name     TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  version  TEXT NOT NULL CHECK (length(version) BETWEEN 1 AND 64),
  -- SHA-256 over chips, places and bytes, lower-case hex.
  digest   VARCHAR(64) NOT NULL CHECK (length(digest) = 64),
  chips    TEXT[] NOT NULL,
  size     BIGINT NOT NULL,
  -- [{"chip": …, "name": …, "offset": …, "size": …}, …]
  parts    JSONB NOT NULL,
  content  BYTEA NOT NULL,
  added_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  added_by TEXT NOT NULL,
  PRIMARY KEY (name, version)
);

-- What a board costs this database: one statement for its reservation, one for each update of it, whoever else is
-- reserved or settled with it. These run with the rights of their caller. Boards and proofs come as JSON, made in
-- src/registry/devices; each is looked up by itself, for a plan for many at once reads whole tables while these are small.

-- Adds attempts, also where its profile is new here.
create function insert_attempts(new_attempts jsonb) returns void language plpgsql as $$
begin
  with made as (
    select * from jsonb_to_recordset(new_attempts) as made (
      id uuid, "deviceId" integer, "keyId" bigint, wanted jsonb, "offlineAt" timestamptz, station text, slot integer,
      port text, operator text, "toolVersion" text, batch text, profile text, "profileName" text,
      "profileVersion" integer, chip text, "chipDescription" text, "chipRevision" text, "flashSize" bigint,
      firmware jsonb)),
  new_profiles as (
    insert into profiles (sha256, name, version)
      select distinct on (profile) profile, "profileName", "profileVersion" from made where profile is not null
      order by profile
    on conflict (sha256) do nothing)
  insert into attempts (id, device_id, key_id, wanted, station, slot, port, operator, tool_version, batch, profile,
                        chip, chip_description, chip_revision, flash_size, firmware, started_at, offline)
  select id, "deviceId", "keyId", wanted, station, slot, port, operator, "toolVersion", batch, profile,
         chip, "chipDescription", "chipRevision", "flashSize", firmware, coalesce("offlineAt", now()), "offlineAt" is not null
  from made;
end $$;

-- Reserves the boards that no device has a name of and that the lists admit: device, key and attempt, pending. What is
-- left out is for a closer look. All names are locked first, in their order, until the transaction ends.
create function reserve_new_devices(names text[], boards jsonb, asks_lists boolean)
  returns setof uuid language plpgsql as $$
declare
  board record;
  device integer;
  made jsonb[] := '{}';
begin
  -- The aggregate takes them in the order of the array.
  perform count(pg_advisory_xact_lock(hashtextextended(name, 0))) from unnest(names) as name;
  for board in
    select b.*, w.*, e.value as whole from jsonb_array_elements(boards) as e,
      jsonb_to_record(e.value) as b (id uuid, mac text, "macKey" text, uuid text, sealed text, wanted jsonb),
      jsonb_to_record(b.wanted) as w (ca_service_url text, wifi_ssid text, firmware_version text,
        hardware_revision text, location text, hardware_id text)
  loop
    continue when exists (select from devices d where d.mac_key = board."macKey")
      or exists (select from devices d where d.global_uuid = board.uuid)
      or exists (select from devices d where d.hardware_id = board.hardware_id);
    continue when asks_lists and (
      exists (select from device_lists l where l.list = 'deny'
                and (l.global_uuid = board.uuid or board."macKey" between l.mac_first and l.mac_last))
      or exists (select from device_lists l where l.list = 'allow')
        and not exists (select from device_lists l where l.list = 'allow'
                          and (l.global_uuid = board.uuid or board."macKey" between l.mac_first and l.mac_last)));
    -- Another program, which takes no locks of ours, may have been quicker.
    insert into devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, provisioned_at,
                         firmware_version, hardware_revision, location, hardware_id, status)
      values (board.uuid, board.mac, board.sealed, board.ca_service_url, board.wifi_ssid, null,
              board.firmware_version, board.hardware_revision, board.location, board.hardware_id, 'pending')
      on conflict (global_uuid) do nothing returning id into device;
    continue when device is null;
    -- The trigger on devices has put the key there.
    made := array_append(made, board.whole || jsonb_build_object('deviceId', device, 'keyId',
      (select k.id from device_keys k where k.device_id = device)));
    return next board.id;
  end loop;
  perform insert_attempts(to_jsonb(made));
end $$;

-- Writes down how attempts ended, each of them named once, and counts them for their ports. One that failed may end
-- again, and then passes: it is one attempt all the same. One that passed stays so. Answers with those that are known.
create function end_attempts(ends jsonb) returns setof uuid language plpgsql as $$
declare
  final record;
  attempt attempts;
begin
  for final in
    select * from jsonb_to_recordset(ends) as final (
      id uuid, outcome text, code text, stage text, image jsonb, "stagesMs" jsonb, baud integer,
      "endedAt" timestamptz, log text, wifi jsonb)
    order by id
  loop
    select * into attempt from attempts a where a.id = final.id for update;
    continue when attempt.id is null;
    return next attempt.id;
    continue when attempt.outcome = 'passed';
    update attempts a set outcome = final.outcome, code = final.code, stage = final.stage,
        image_sha256 = coalesce(final.image ->> 'sha256', a.image_sha256),
        image_md5 = coalesce(final.image ->> 'md5', a.image_md5),
        image_offset = coalesce((final.image ->> 'offsetBytes')::bigint, a.image_offset),
        image_size = coalesce((final.image ->> 'sizeBytes')::bigint, a.image_size),
        stages_ms = coalesce(final."stagesMs", a.stages_ms), baud = coalesce(final.baud, a.baud),
        ended_at = coalesce(final."endedAt", now()), boot_log = coalesce(final.log, a.boot_log),
        wifi = coalesce(final.wifi, a.wifi)
      where a.id = final.id;
    continue when attempt.station is null or attempt.port is null;
    insert into ports as known (station, port, attempts, passes, baud, last_seen)
      values (attempt.station, attempt.port, case attempt.outcome when 'open' then 1 else 0 end,
              case final.outcome when 'passed' then 1 else 0 end, coalesce(final.baud, attempt.baud),
              coalesce(final."endedAt", now()))
      on conflict (station, port) do update set
        attempts = known.attempts + excluded.attempts, passes = known.passes + excluded.passes,
        baud = coalesce(excluded.baud, known.baud), last_seen = greatest(excluded.last_seen, known.last_seen);
  end loop;
end $$;

-- Makes the keys of attempts the current ones of their devices, which become what their reservations wanted; the newest
-- proof of a device decides, also when it is heard of before an older one. Answers with the devices as they are then;
-- is_other: the device has not the names that the attempt has, and nothing was changed. Whether it is another board is
-- for findContradiction in src/registry/conflicts to say; are_judged: it has said that these are not. An attempt that is
-- not known has no answer. The time of a proof that is heard of late is that of its station, whose clock may be ahead:
-- nothing was proven later than now.
create function confirm_attempts(proofs jsonb, who text, whence text, are_judged boolean)
  returns table (attempt_id uuid, is_other boolean, held devices) language plpgsql as $$
declare
  ids constant uuid[] := array(select (e.value ->> 'id')::uuid from jsonb_array_elements(proofs) as e);
  proof record;
  attempt attempts;
  key device_keys;
  -- That was proven to be on the chip before.
  other device_keys;
  proven timestamptz;
  settled jsonb[] := '{}';
begin
  perform from attempts a where a.id = any(ids) order by a.id for update;
  perform from devices d where d.id in (select a.device_id from attempts a where a.id = any(ids)) order by d.id for update;
  for proof in
    select e.value as whole, (e.value ->> 'id')::uuid as id, (e.value ->> 'endedAt')::timestamptz as ended_at
    from jsonb_array_elements(proofs) as e
  loop
    select * into attempt from attempts a where a.id = proof.id;
    select * into held from devices d where d.id = attempt.device_id;
    continue when held.id is null;
    attempt_id := proof.id;
    is_other := false;
    if attempt.outcome = 'passed' then
      return next;
      continue;
    end if;
    select * into key from device_keys k where k.id = attempt.key_id;
    is_other := not are_judged and (held.mac_key, lower(held.global_uuid), held.hardware_id)
      is distinct from (key.mac_key, lower(key.global_uuid), attempt.wanted ->> 'hardware_id');
    if is_other then
      return next;
      continue;
    end if;
    settled := array_append(settled, proof.whole);
    proven := least(proof.ended_at, now());
    select * into other from device_keys k where k.device_id = held.id and k.state = 'current' and k.id <> key.id;
    if other.proven_at > proof.ended_at then
      -- The chip held this key, and holds a later one by now.
      update device_keys k set state = 'superseded', proven_at = proven, superseded_at = now()
        where k.id = key.id and k.state = 'pending';
      return next;
      continue;
    end if;
    -- A target that is being removed is waited for and then left out, instead of failing the device's transaction.
    insert into push_deliveries (target_id, device_id, global_uuid, mac_key, event)
      select t.id, held.id, lower(held.global_uuid), held.mac_key, e.event
      from push_targets t, (select case
        when held.status = 'removed' then 'restored'
        when other.id is not null then 'rotated'
        else 'provisioned' end as event) e
      where e.event = any(t.events) order by t.id for key share of t;
    -- The chip holds this key, and so none of the others that there were when it was proven, whatever state they had.
    update device_keys k set state = 'superseded', superseded_at = now()
      where k.device_id = held.id and k.id <> key.id
        and (k.state = 'current' or k.state = 'pending' and k.created_at <= proven);
    update device_keys k set state = 'current', proven_at = proven, superseded_at = null where k.id = key.id;
    update devices d set psk_secret = key.psk_secret, status = 'provisioned', provisioned_at = proven at time zone 'UTC',
        ca_service_url = attempt.wanted ->> 'ca_service_url', wifi_ssid = attempt.wanted ->> 'wifi_ssid',
        firmware_version = attempt.wanted ->> 'firmware_version',
        hardware_revision = attempt.wanted ->> 'hardware_revision', location = attempt.wanted ->> 'location'
      where d.id = held.id returning d.* into held;
    if other.id is not null then
      insert into events (kind, actor, origin, global_uuid, mac_key, detail)
        values ('key rotated', coalesce(attempt.operator, who), whence, key.global_uuid, key.mac_key,
                jsonb_build_object('attempt', attempt.id, 'key', key.id, 'replaced', other.id));
    end if;
    return next;
  end loop;
  perform end_attempts(to_jsonb(settled));
end $$;
