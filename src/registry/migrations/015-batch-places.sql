-- Places of a batch that a station holds ahead, for boards that it makes while this database is out of reach. They count
-- against the quantity until their station has told what became of them, however long that takes: no lease ends them.

create table batch_places (
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
create index idx_batch_places_held on batch_places (batch_id) where state = 'held';
create index idx_batch_places_serials on batch_places (batch_id, serial) where state = 'returned';

-- The row of the list that belongs to a place until a board has it.
alter table batch_identifiers add column place_id UUID;
create index idx_batch_identifiers_place on batch_identifiers (place_id) where place_id is not null;
