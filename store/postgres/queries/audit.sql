-- name: InsertAudit :exec
insert into audit (clinic_id, id, at, actor_kind, actor_id, channel, action, subject_kind, subject_id, detail)
values (@clinic_id, @id, @at, @actor_kind, @actor_id, @channel, @action, @subject_kind, @subject_id, @detail);
