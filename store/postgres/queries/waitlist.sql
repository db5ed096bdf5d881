-- name: SomebodyWaits :one
select exists (select from waitlist_entry where clinic_id = $1 and state = 'waiting');
