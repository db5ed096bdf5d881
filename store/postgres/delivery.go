package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Columns of a delivery that are sealed.
const (
	deliveryRecipient = "delivery.recipient"
	deliveryBody      = "delivery.body"
)

// addDelivery writes one message to send, and returns the job that sends it, to be queued in the same transaction.
func (d *DB) addDelivery(ctx context.Context, q *db.Queries, clinicID uuid.UUID, delivery chat.Delivery) (chat.DeliverArgs, error) {
	id := delivery.ID
	if id == uuid.Nil {
		id = uuid.Must(uuid.NewV7())
	}
	err := q.InsertDelivery(ctx, db.InsertDeliveryParams{
		ClinicID: clinicID, ID: id, ConversationID: null(delivery.Conversation), Channel: string(delivery.Channel),
		Recipient:      d.seal(clinicID, deliveryRecipient, id, []byte(delivery.To)),
		RecipientIndex: d.index(clinicID, addressKind(delivery.Channel), delivery.To),
		Body:           d.seal(clinicID, deliveryBody, id, []byte(delivery.Text)),
		Purpose:        delivery.Purpose, CreatedAt: d.now(),
	})
	if err != nil {
		return chat.DeliverArgs{}, fmt.Errorf("writing delivery: %w", err)
	}
	return chat.DeliverArgs{Clinic: clinicID, Delivery: id}, nil
}

// addressKind is what an address on this channel is, so that it is found among the patients' too.
func addressKind(c chat.Channel) string {
	if c == chat.Email {
		return "email"
	}
	return "phone"
}

// Delivery reads one that is to be sent and counts the attempt; [chat.ErrSettled] when it was sent, failed or suppressed already.
func (d *DB) Delivery(ctx context.Context, args chat.DeliverArgs) (chat.Delivery, error) {
	row, err := d.queries(args.Clinic).TakeDelivery(ctx, args.Clinic, args.Delivery)
	if noRows(err) {
		return chat.Delivery{}, d.whyNotTaken(ctx, args)
	}
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("taking delivery: %w", err)
	}
	to, err := d.open(args.Clinic, deliveryRecipient, args.Delivery, row.Recipient)
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("opening recipient of delivery: %w", err)
	}
	text, err := d.open(args.Clinic, deliveryBody, args.Delivery, row.Body)
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("opening body of delivery: %w", err)
	}
	return chat.Delivery{
		ID: args.Delivery, Clinic: args.Clinic, Conversation: row.ConversationID.UUID, Channel: chat.Channel(row.Channel),
		To: string(to), Text: string(text), Purpose: row.Purpose,
	}, nil
}

// whyNotTaken tells a delivery that is settled from one that there is not.
func (d *DB) whyNotTaken(ctx context.Context, args chat.DeliverArgs) error {
	if _, err := d.queries(args.Clinic).DeliveryState(ctx, args.Clinic, args.Delivery); err != nil {
		return fmt.Errorf("reading delivery: %w", err)
	}
	return fmt.Errorf("taking delivery: %w", chat.ErrSettled)
}

// MarkSent settles a delivery that its channel has accepted, under the channel's id of it ("" for none).
// One that is settled stays as it is.
func (d *DB) MarkSent(ctx context.Context, args chat.DeliverArgs, externalID string) error {
	now := d.now()
	if err := d.queries(args.Clinic).MarkDeliverySent(ctx, db.MarkDeliverySentParams{
		ClinicID: args.Clinic, ID: args.Delivery, ExternalID: externalID, At: &now,
	}); err != nil {
		return fmt.Errorf("marking delivery as sent: %w", err)
	}
	return nil
}

// MarkFailed settles a delivery that will not be tried again. One that is settled stays as it is.
func (d *DB) MarkFailed(ctx context.Context, args chat.DeliverArgs, code string) error {
	if err := d.queries(args.Clinic).MarkDeliveryFailed(ctx, code, args.Clinic, args.Delivery); err != nil {
		return fmt.Errorf("marking delivery as failed: %w", err)
	}
	return nil
}
