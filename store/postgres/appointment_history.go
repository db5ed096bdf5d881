package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// AppointmentHistory is what happened to an appointment, oldest first: who, when, through which channel, from what to what. Times are
// in the zone that was agreed. The read is audited. [clinic.CodeNotFound] when there is no such appointment, or when it is
// not the actor's to see.
func (d *DB) AppointmentHistory(ctx context.Context, clinicID, appointment uuid.UUID, actor clinic.Actor) ([]clinic.Event, error) {
	a, err := d.appointmentFor(ctx, clinicID, appointment, actor)
	if err != nil {
		return nil, err
	}
	var events []clinic.Event
	err = d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		rows, err := q.AppointmentEvents(ctx, clinicID, appointment)
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		events = make([]clinic.Event, len(rows))
		for i, r := range rows {
			if events[i], err = toEvent(r); err != nil {
				return err
			}
		}
		return audit.add(ctx, auditEntry{
			actor: actor, action: "appointment.history", kind: "appointment", subject: appointment,
			detail: map[string]any{"patient": a.Patient, "events": len(rows)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading history of appointment: %w", err)
	}
	return events, nil
}

func toEvent(r db.AppointmentEventsRow) (clinic.Event, error) {
	e := clinic.Event{
		Version: int(r.Version),
		At:      r.At,
		Kind:    r.Kind,
		Actor:   clinic.Actor{Kind: r.ActorKind, ID: r.ActorID.UUID, Channel: r.Channel, Conversation: r.ConversationID.UUID},
	}
	var err error
	if e.Now, err = fromEvent(r.Now); err != nil {
		return e, err
	}
	e.At = e.At.In(e.Now.Slot.Start.Location())
	if r.Was != nil {
		was, err := fromEvent(r.Was)
		if err != nil {
			return e, err
		}
		e.Was = &was
	}
	return e, nil
}

// fromEvent reads an appointment as an event has it.
func fromEvent(written []byte) (clinic.Appointment, error) {
	var a clinic.Appointment
	if err := json.Unmarshal(written, &a); err != nil {
		return a, fmt.Errorf("decoding event: %w", err)
	}
	return inItsZone(a)
}
