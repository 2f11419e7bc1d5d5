-- What the board printed before its boot check failed: its last lines, secrets masked before they come here.
alter table attempts add column boot_log TEXT;
