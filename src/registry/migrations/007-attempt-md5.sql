-- The chip tells the MD5 of a region at once, where reading it back takes long: by this an open attempt is settled.
alter table attempts add column image_md5 TEXT;
