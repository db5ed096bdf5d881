-- +goose Up

-- River's tables have no clinic: jobs carry ids alone. Processes work as the application role and enqueue in their own transactions.
-- A later version of River that brings a table needs the same grants in a step after it; a test says so.
-- +goose StatementBegin
do $$
declare t text;
begin
  for t in
    select relname from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname like 'river\_%' and relname <> 'river_migration'
  loop
    execute format('grant select, insert, update, delete on %I to agentcare_app', t);
  end loop;
  for t in
    select relname from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'S' and relname like 'river\_%'
  loop
    execute format('grant usage, select on sequence %I to agentcare_app', t);
  end loop;
end
$$;
-- +goose StatementEnd
grant select on river_migration to agentcare_app;

-- Two indexes of River's serve lists of jobs by their arguments and metadata, which nobody asks for here. Kept up to date
-- at every insert and at every change of a job's state, they are a fifth of what Postgres does for a turn.
drop index if exists river_job_args_index, river_job_metadata_index;

-- The version of the schema, for readiness.
grant select on goose_db_version to agentcare_app;

-- +goose Down
create index if not exists river_job_args_index on river_job using gin (args);
create index if not exists river_job_metadata_index on river_job using gin (metadata);
revoke all on goose_db_version, river_migration from agentcare_app;
