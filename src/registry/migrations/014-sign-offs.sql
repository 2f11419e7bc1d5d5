-- Who has signed off the report of a batch, and by which content: signatures are added and never changed.

create table batch_sign_offs (
  id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id  BIGINT NOT NULL REFERENCES batches (id),
  signed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  signed_by TEXT NOT NULL,
  note      TEXT NOT NULL DEFAULT '',
  -- SHA-256 of the content of the report, lower-case hex.
  digest    VARCHAR(64) NOT NULL CHECK (length(digest) = 64)
);
create index idx_batch_sign_offs_batch on batch_sign_offs (batch_id, id);
