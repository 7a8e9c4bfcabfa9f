-- Counts who has been the writer. A Drover whose connection broke looks here whether another has taken over meanwhile.
CREATE TABLE ledger_writer (
    id    INTEGER PRIMARY KEY,
    epoch BIGINT NOT NULL
);

INSERT INTO ledger_writer (id, epoch) VALUES (1, 0);

-- What has not ended is found by its states, in jobs_by_state; one index less makes every write cheaper.
DROP INDEX jobs_by_end;
