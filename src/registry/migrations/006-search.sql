-- Lists and searches that stay quick with ten million devices.

-- The newest devices of a status, rare or common.
create index idx_devices_status_id on devices (status, id desc);

-- A text anywhere in UUID, MAC or location. Where the server lacks the extension pg_trgm, or its owner may not add it,
-- searching works all the same, by reading the table.
do $$
begin
  create extension if not exists pg_trgm;
  create index idx_devices_text on devices
    using gin (global_uuid gin_trgm_ops, mac_address gin_trgm_ops, location gin_trgm_ops);
exception
  when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
    raise notice 'pg_trgm is not to be had: text searches read the whole table';
end $$;
