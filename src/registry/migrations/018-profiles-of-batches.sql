-- The profile that the boards of a batch get, as its file was: a station that fills the batch needs no copy of it.
alter table batches add column profile_text TEXT;
