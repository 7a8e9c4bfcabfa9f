-- What is kept about every replacement of an actor or a process. The columns are for queries and people.

CREATE TABLE incidents (
    id          VARCHAR(64) PRIMARY KEY,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    node        VARCHAR(64)              NOT NULL,
    body        VARCHAR                  NOT NULL
);

CREATE INDEX incidents_by_time ON incidents (happened_at);
