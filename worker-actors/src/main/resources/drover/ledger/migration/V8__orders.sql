-- Orders from outside (a job of the AI Horde) that have to be answered there, whatever becomes of their jobs.

CREATE TABLE orders (
    job_id    VARCHAR(64) PRIMARY KEY,
    source    VARCHAR                  NOT NULL,
    model     VARCHAR                  NOT NULL,
    taken_at  TIMESTAMP WITH TIME ZONE NOT NULL,
    answer_by TIMESTAMP WITH TIME ZONE NOT NULL,
    closed    BOOLEAN                  NOT NULL,
    -- The order as it came; empty once it is closed.
    body      VARCHAR                  NOT NULL,
    -- How far each part has come.
    parts     VARCHAR                  NOT NULL
);

CREATE INDEX orders_by_end ON orders (closed, taken_at);

-- What has been earned since ever.
CREATE TABLE earnings (
    source VARCHAR(200)     NOT NULL,
    model  VARCHAR(500)     NOT NULL,
    good   BIGINT           NOT NULL,
    failed BIGINT           NOT NULL,
    reward DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (source, model)
);
