-- A device that is removed stays as a tombstone with the status "removed", and its keys keep the state that they had.
create or replace function record_device_key() returns trigger language plpgsql
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
