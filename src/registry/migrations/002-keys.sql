-- Every key that a device ever had or may have, so that no key is ever overwritten, and every try to provision one.

-- The MAC in one spelling, however a program wrote it: twelve lower-case hex digits.
alter table devices add column mac_key VARCHAR(17)
  generated always as (regexp_replace(lower(mac_address), '[^0-9a-f]', '', 'g')) stored;
create index idx_devices_mac_key on devices (mac_key);

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

-- One try to provision one board. Its id is the reservation's. What the device is to become is written to devices
-- with the proof: until then the chip may hold what it held before.
create table attempts (
  id           UUID PRIMARY KEY,
  device_id    INTEGER REFERENCES devices (id) ON DELETE SET NULL,
  key_id       BIGINT NOT NULL REFERENCES device_keys (id),
  outcome      TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'passed', 'failed')),
  stage        TEXT,
  code         TEXT,
  image_sha256 TEXT,
  wanted       JSONB NOT NULL,
  started_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
  ended_at     TIMESTAMPTZ
);
create index idx_attempts_device on attempts (device_id, started_at);
create index idx_attempts_key on attempts (key_id);
create index idx_attempts_open on attempts (started_at) where outcome = 'open';

-- Follows psk_secret wherever it is written from. espmint writes a key here before it writes it there, and then this
-- finds nothing to do; a plain upsert of another program gets its key recorded, and the one it replaces is kept.
create function record_device_key() returns trigger language plpgsql
  -- That other program needs rights on devices only.
  security definer set search_path from current as $$
declare
  wanted constant text := case when new.status = 'pending' then 'pending' else 'current' end;
begin
  if tg_op = 'UPDATE' and new.psk_secret = old.psk_secret and new.status is not distinct from old.status then
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
