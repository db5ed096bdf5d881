package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// writing is the second round trip of a change: all its rows.
type writing struct {
	p        *pipeline
	change   *change
	schedule *clinic.Schedule
	facts    *facts
	trail    *auditTrail
}

// all writes down every step, and the answer that is kept under the key.
func (w *writing) all(ctx context.Context, steps []step) ([]clinic.Appointment, error) {
	if w.facts.lapsed {
		dropLapsed(ctx, w.p, w.trail.clinic, w.schedule, w.change.want.visits, w.facts.now)
	}
	made := make([]clinic.Appointment, len(steps))
	for i := range steps {
		var err error
		if steps[i].is, err = inItsZone(steps[i].is); err != nil {
			return nil, err
		}
		if err := w.step(ctx, steps[i]); err != nil {
			return nil, err
		}
		made[i] = steps[i].is
	}
	response, err := w.change.kept(made)
	if err != nil {
		return nil, err
	}
	key := w.change.want.key
	_ = w.p.q.KeepAnswer(ctx, db.KeepAnswerParams{
		ClinicID: w.trail.clinic, Key: key.key, RequestHash: key.hash, Response: response, At: w.facts.now,
	})
	return made, nil
}

func (w *writing) step(ctx context.Context, st step) error {
	if st.was == nil {
		w.insert(ctx, st.is)
	} else {
		w.update(ctx, *st.was, st.is)
	}
	if st.frees {
		_ = w.p.q.ReleaseAllocations(ctx, w.trail.clinic, st.is.ID, st.since)
	}
	if len(st.takes) > 0 {
		rows := columnsOf(st.takes)
		_ = w.p.q.BookAllocations(ctx, db.BookAllocationsParams{
			ClinicID: w.trail.clinic, AppointmentID: null(st.is.ID),
			Ids: rows.ids, Resources: rows.resources, Lanes: rows.lanes, Starts: rows.starts, Ends: rows.ends,
		})
	}
	if st.is.State == clinic.StateCancelled { // and nobody waits for another time instead of one that is given up
		now := w.facts.now
		_ = w.p.q.LeaveInstead(ctx, db.LeaveInsteadParams{ClinicID: w.trail.clinic, PatientID: st.is.Patient, InsteadID: st.is.ID, At: &now})
	}
	if st.seen {
		_ = w.p.q.PatientSeen(ctx, w.facts.now, w.trail.clinic, st.is.Patient)
	}
	return w.history(ctx, st)
}

func (w *writing) insert(ctx context.Context, a clinic.Appointment) {
	_ = w.p.q.InsertAppointment(ctx, db.InsertAppointmentParams{
		ClinicID:       w.trail.clinic,
		ID:             a.ID,
		ServiceID:      a.Slot.Service,
		PractitionerID: a.Slot.Practitioner,
		LocationID:     a.Slot.Location,
		PatientID:      a.Patient,
		State:          string(a.State),
		Version:        int32(a.Version), //nolint:gosec // it rises by one
		StartsAt:       a.Slot.Start,
		EndsAt:         a.Slot.End,
		LocalStart:     wall(a.Slot.Start),
		Zone:           a.Zone,
		ConversationID: null(w.change.actor.Conversation),
		At:             w.facts.now,
	})
}

// update relies on the locks: nobody else can have changed the version that was read under them.
func (w *writing) update(ctx context.Context, was, is clinic.Appointment) {
	_, _ = w.p.q.UpdateAppointment(ctx, db.UpdateAppointmentParams{
		ClinicID:       w.trail.clinic,
		ID:             is.ID,
		ServiceID:      is.Slot.Service,
		PractitionerID: is.Slot.Practitioner,
		LocationID:     is.Slot.Location,
		State:          string(is.State),
		WasVersion:     int32(was.Version), //nolint:gosec // it rises by one
		NewVersion:     int32(is.Version),  //nolint:gosec // it rises by one
		StartsAt:       is.Slot.Start,
		EndsAt:         is.Slot.End,
		LocalStart:     wall(is.Slot.Start),
		Zone:           is.Zone,
		At:             w.facts.now,
	})
}

// history writes down the event and the audit row.
func (w *writing) history(ctx context.Context, st step) error {
	was, is, err := st.beforeAndAfter()
	if err != nil {
		return err
	}
	actor := w.change.actor
	_ = w.p.q.InsertAppointmentEvent(ctx, db.InsertAppointmentEventParams{
		ClinicID: w.trail.clinic, ID: newID(), AppointmentID: st.is.ID, Version: int32(st.is.Version), //nolint:gosec // it rises by one
		At: w.facts.now, Kind: st.kind, ActorKind: actor.Kind, ActorID: null(actor.ID), Channel: actor.Channel,
		ConversationID: null(actor.Conversation), Was: was, Now: is,
	})
	row, err := w.trail.row(auditEntry{
		actor: actor, action: w.change.action, kind: "appointment", subject: st.is.ID,
		detail: map[string]any{"patient": st.is.Patient, "version": st.is.Version},
	})
	if err != nil {
		return err
	}
	_ = w.p.q.InsertAudit(ctx, row)
	w.trail.written = append(w.trail.written, row)
	return nil
}

func (st step) beforeAndAfter() (was, is []byte, err error) {
	if st.was != nil {
		if was, err = json.Marshal(st.was); err != nil {
			return nil, nil, fmt.Errorf("encoding event: %w", err)
		}
	}
	if is, err = json.Marshal(st.is); err != nil {
		return nil, nil, fmt.Errorf("encoding event: %w", err)
	}
	return was, is, nil
}
