-- What operators have taken out of work and not let back: nodes and models. One row for each.

CREATE TABLE operator_holds (
    kind    VARCHAR(16) NOT NULL,
    subject VARCHAR     NOT NULL,
    body    VARCHAR     NOT NULL,
    PRIMARY KEY (kind, subject)
);
