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
