-- The jobs for one model, newest first, also for a model that few jobs are for.
CREATE INDEX jobs_by_model ON jobs (model, ordinal);
