-- Whose job it is. Jobs from before there were tenants belong to the default one.

ALTER TABLE jobs ADD COLUMN tenant VARCHAR(64) DEFAULT 'default' NOT NULL;
