-- +goose Up

-- The transaction that wrote an allocation last: processes that keep calendars at hand ask which ones changed since they read
-- them. Holds are left out, for they lapse without being written, and are read afresh. Null: written before this column was.
alter table allocation add column changed_in xid8;
alter table allocation alter column changed_in set default pg_current_xact_id();
create index allocation_changed on allocation (clinic_id, changed_in) include (resource_id) where state <> 1 and changed_in is not null;

-- +goose StatementBegin
create function note_change_of_allocation() returns trigger
language plpgsql
as $$ begin new.changed_in := pg_current_xact_id(); return new; end $$;

-- What was taken is released, never deleted, so that nobody's calendar keeps it. The owner, who may, waits out the keeping.
create function refuse_loss_of_allocation() returns trigger
language plpgsql
as $$ begin raise exception 'allocations of appointments are released, not deleted'; end $$;
-- +goose StatementEnd
create trigger allocation_changed before update on allocation for each row execute function note_change_of_allocation();
create trigger allocation_kept before delete on allocation for each row when (old.state > 1 and current_user = 'agentcare_app')
  execute function refuse_loss_of_allocation();

-- +goose Down
drop trigger allocation_kept on allocation;
drop trigger allocation_changed on allocation;
drop function refuse_loss_of_allocation(), note_change_of_allocation();
drop index allocation_changed;
alter table allocation drop column changed_in;
