-- The outbox.

-- name: InsertDelivery :exec
insert into delivery (clinic_id, id, conversation_id, channel, recipient, recipient_index, body, purpose, created_at)
values (@clinic_id, @id, @conversation_id, @channel, @recipient, @recipient_index, @body, @purpose, @created_at);

-- name: TakeDelivery :one
-- One more attempt at a delivery that is not settled yet.
update delivery
set state = 'sending', attempts = attempts + 1
where clinic_id = @clinic_id and id = @id and state in ('queued', 'sending')
returning conversation_id, channel, recipient, body, purpose;

-- name: DeliveryState :one
select state from delivery
where clinic_id = @clinic_id and id = @id;

-- name: MarkDeliverySent :exec
update delivery
set state = 'sent', external_id = nullif(@external_id::text, ''), sent_at = @at
where clinic_id = @clinic_id and id = @id and state in ('queued', 'sending');

-- name: MarkDeliveryFailed :exec
update delivery
set state = 'failed', error_code = @error_code
where clinic_id = @clinic_id and id = @id and state in ('queued', 'sending');
