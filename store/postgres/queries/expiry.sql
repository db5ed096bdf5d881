-- name: DeleteExpired :one
-- In every clinic; the application role reaches it through the function alone.
select delete_expired(sqlc.arg(at));
