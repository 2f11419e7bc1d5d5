-- Sealed secrets, and what an attempt was about to write.

-- An envelope is longer than the 32 digits of a plain key. Widening a varchar rewrites nothing.
alter table devices alter column psk_secret type VARCHAR(255);

-- Keys that seal the secrets of this registry, each wrapped by a master key that is never in the database.
create table data_keys (
  id         TEXT PRIMARY KEY,
  wrapped    TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Stored before the first erase: after a crash the board's flash tells by these whether the key is on the chip.
alter table attempts add column image_offset BIGINT;
alter table attempts add column image_size BIGINT;
-- Whether it ran from the journal while the registry was out of reach.
alter table attempts add column offline BOOLEAN NOT NULL DEFAULT false;
