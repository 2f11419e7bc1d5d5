-- Devices that are told to tables and services of the user's own: whom to tell, and what is still to be told.

create table push_targets (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  kind       TEXT NOT NULL CHECK (kind IN ('sql', 'webhook')),
  -- Address, statement, signing secret and whether keys are told: sealed, so that nobody who can only write this
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

-- The outbox: one row for each target and event, written in the transaction of the event. What is told is read from
-- devices when it is delivered. The names stand beside the reference: another program may delete the device's row.
create table push_deliveries (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The same with every try: by it the receiver knows what it has had already.
  message_id   UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
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
create index idx_push_deliveries_pending on push_deliveries (target_id, due_at) where state = 'pending';
create index idx_push_deliveries_order on push_deliveries (target_id, mac_key, id) where state = 'pending';
create index idx_push_deliveries_dead on push_deliveries (id) where state = 'dead';
create index idx_push_deliveries_delivered on push_deliveries (target_id, ended_at) where state = 'delivered';
create index idx_push_deliveries_device on push_deliveries (device_id);
