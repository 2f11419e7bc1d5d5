-- Where somebody was who did something: a computer, or the address from which it was asked for.
alter table events add column origin TEXT;

-- Devices by the end of their MAC, which is what people type of it: the last six digits, from the back. That of its
-- start, and that of the start of a UUID, is served by the indexes that are there.
create index idx_devices_mac_end on devices (reverse(right(mac_key, 6)));
