-- Portable between H2 and PostgreSQL. Bodies are JSON text; the columns beside them are for queries and people.

CREATE TABLE jobs (
    id          VARCHAR(64) PRIMARY KEY,
    -- Order of acceptance; time stamps of one millisecond have none.
    ordinal     BIGINT                   NOT NULL UNIQUE,
    state       VARCHAR(16)              NOT NULL,
    ended       BOOLEAN                  NOT NULL,
    priority    VARCHAR(16)              NOT NULL,
    model       VARCHAR                  NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deadline    TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at  TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts    INTEGER                  NOT NULL,
    -- Number of the last event that this snapshot has taken in.
    seq         INTEGER                  NOT NULL,
    body        VARCHAR                  NOT NULL
);

CREATE INDEX jobs_by_state ON jobs (state, ordinal);
CREATE INDEX jobs_by_end ON jobs (ended, ordinal);

-- Only ever added to. A job is the fold over its events; the row in jobs is a snapshot of it.
CREATE TABLE job_events (
    job_id      VARCHAR(64)              NOT NULL,
    seq         INTEGER                  NOT NULL,
    kind        VARCHAR(32)              NOT NULL,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body        VARCHAR                  NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE idempotency_keys (
    request_key  VARCHAR(255) PRIMARY KEY,
    request_hash VARCHAR(128)             NOT NULL,
    job_id       VARCHAR(64)              NOT NULL,
    created_at   TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE INDEX idempotency_keys_by_job ON idempotency_keys (job_id);
