-- +goose Up

-- What lasts long, of which there is little: a search that finds none near need not look two days back in every calendar.
create index allocation_long on allocation (clinic_id, starts_at) where state > 0 and ends_at - starts_at > interval '4 hours';

-- +goose Down
drop index allocation_long;
