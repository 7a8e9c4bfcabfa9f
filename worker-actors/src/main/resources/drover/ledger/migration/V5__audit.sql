-- What operators have changed: only ever added to. The columns are for queries and people.

CREATE TABLE audit (
    id          VARCHAR(64) PRIMARY KEY,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    who         VARCHAR(64)              NOT NULL,
    action      VARCHAR(64)              NOT NULL,
    body        VARCHAR                  NOT NULL
);

CREATE INDEX audit_by_time ON audit (happened_at);
