package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

const (
	shortestOffer = 5 * time.Minute  // nobody can answer faster; unless all offers are shorter
	lapseGrace    = 30 * time.Second // so much longer is a time kept than is said: passing it on takes a moment
	mostFreed     = 100              // starts that are looked at in freed time

	// When texts are sent, as reminders are.
	textsFrom  localtime.Clock = 8 * 60
	textsUntil localtime.Clock = 21 * 60
)

// Announce says an offer in the language of the conversation that it is said in, to a browser in a zone; nil: not known.
type Announce = func(ctx context.Context, clinicID uuid.UUID, offer clinic.WaitlistOffer, language string, zone *time.Location) (chat.Body, error)

// OfferFreed offers some of the time that has become free to the first in line whom it fits, keeps it for them for as long
// as ttl says, and tells them, all in one transaction; found is false when nobody waits for such a time, or it is not free.
// What is left of it is offered by calling it again, until nothing is found. Calling it twice, or at once, offers no time
// and nobody twice.
//
// The line is in the order in which its people joined; who cannot be told, who declined this very time or let it lapse, and
// who is offered something else at the moment, is passed over. What would suit somebody who decides about something else is
// looked at again when they should have: they may wait on. An offer ends before it is too late to book the time.
func (d *DB) OfferFreed(ctx context.Context, freed chat.FreedArgs, ttl time.Duration, announce Announce) (offered chat.Offered, found bool, err error) {
	schedule, err := d.schedule(ctx, freed.Clinic)
	if err != nil {
		return chat.Offered{}, false, err
	}
	practitioner, known := schedule.Practitioner(freed.Practitioner)
	now := d.now()
	if !known || practitioner.Retired || !freed.Until.After(now) {
		return chat.Offered{}, false, nil
	}
	line, err := d.line(ctx, freed.Clinic, schedule.Schedule, practitioner.Services, now)
	if err != nil {
		return chat.Offered{}, false, err
	}
	o := &offering{
		d: d, schedule: schedule.Schedule, freed: freed, ttl: ttl, announce: announce, now: now, free: map[uuid.UUID][]clinic.Slot{},
	}
	for _, w := range line {
		if offered, found, err = o.offer(ctx, w); found || err != nil {
			return offered, found, err
		}
	}
	return chat.Offered{}, false, o.comeBack(ctx)
}

// offering is one walk along the line.
type offering struct {
	d        *DB
	schedule *clinic.Schedule
	freed    chat.FreedArgs
	ttl      time.Duration
	announce Announce
	now      time.Time
	free     map[uuid.UUID][]clinic.Slot // of the freed time, by service
	deciding []uuid.UUID                 // entries that are offered something else, and whom some of the time would suit
}

// Why somebody is passed over.
var (
	errNotInLine   = errors.New("they do not wait any more, or are offered something else")
	errUnreachable = errors.New("there is no way to tell them")
)

// offer makes an offer to one, if there is anything for them.
func (o *offering) offer(ctx context.Context, w waiter) (offered chat.Offered, found bool, err error) {
	if w.over && w.State == clinic.WaitlistWaiting {
		_, err := o.d.leave(ctx, o.freed.Clinic, w, o.now)
		return offered, false, err
	}
	slots, err := o.slots(ctx, w)
	if err != nil || len(slots) == 0 {
		return offered, false, err
	}
	if w.deciding != uuid.Nil {
		o.deciding = append(o.deciding, w.deciding)
		return offered, false, nil
	}
	way, err := o.wayTo(ctx, w)
	if errors.Is(err, errUnreachable) {
		return offered, false, nil
	}
	if err != nil {
		return offered, false, err
	}
	for _, slot := range slots {
		offered, err = o.keep(ctx, w, slot, way)
		switch {
		case err == nil:
			return offered, true, nil
		case errors.Is(err, errNotInLine):
			return chat.Offered{}, false, nil
		case clinic.CodeOf(err) == "" && !errors.Is(err, errUnreachable):
			return chat.Offered{}, false, fmt.Errorf("offering freed time: %w", err)
		}
	}
	return chat.Offered{}, false, nil
}

// comeBack queues the same once more for when the first of those who decide should have decided.
func (o *offering) comeBack(ctx context.Context) error {
	if len(o.deciding) == 0 {
		return nil
	}
	return o.d.tx(ctx, o.freed.Clinic, func(tx pgx.Tx, q *db.Queries) error {
		expires, err := q.FirstExpiry(ctx, o.freed.Clinic, o.deciding)
		if err != nil && !noRows(err) { // none: they have decided in this moment
			return fmt.Errorf("reading when offers end: %w", err)
		}
		again := &river.InsertOpts{Queue: chat.QueueWaitlist, ScheduledAt: latest(expires, o.now).Add(lapseGrace)}
		if _, err := o.d.jobs.InsertTx(ctx, tx, o.freed, again); err != nil {
			return fmt.Errorf("queueing another look at freed time: %w", err)
		}
		return nil
	})
}

// slots are what somebody can be offered of the freed time, earliest first.
func (o *offering) slots(ctx context.Context, w waiter) ([]clinic.Slot, error) {
	if w.Instead == uuid.Nil { // most of the line waits for something else: one search tells that for all of them
		free, known := o.free[w.Service]
		if !known {
			var err error
			if free, err = o.search(ctx, clinic.WaitlistEntry{Service: w.Service}); err != nil {
				return nil, err
			}
			o.free[w.Service] = free
		}
		if len(o.fitting(w, free)) == 0 {
			return nil, nil
		}
	}
	free, err := o.search(ctx, w.WaitlistEntry)
	return o.fitting(w, free), err
}

// search are the free slots that take some of the freed time; those of an entry without a patient are in nobody's way.
func (o *offering) search(ctx context.Context, e clinic.WaitlistEntry) ([]clinic.Slot, error) {
	service, _ := o.schedule.Service(e.Service)
	query := e.Query(o.freed.Practitioner, o.freed.From, o.freed.Until, service)
	query.Patient, query.Limit = e.Patient, mostFreed
	slots, err := o.d.Search(ctx, o.freed.Clinic, query)
	if err != nil && clinic.CodeOf(err) == "" { // a refusal is an answer: nothing of this service can be booked then
		return nil, fmt.Errorf("searching freed time: %w", err)
	}
	return slots, nil
}

func (o *offering) fitting(w waiter, free []clinic.Slot) []clinic.Slot {
	var slots []clinic.Slot
	for _, slot := range free {
		if _, inTime := o.expiry(w, slot); inTime && w.takes(slot, o.schedule.Zone(slot.Location)) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// expiry is when an offer of a slot ends: before it is too late to book it, and to give up the other appointment. One that is
// made at night lasts into the morning. False when that is too soon for anybody to answer.
func (o *offering) expiry(w waiter, slot clinic.Slot) (time.Time, bool) {
	service, _ := o.schedule.Service(w.Service)
	expires := o.daytime().Add(o.ttl)
	if latest := slot.Start.Add(-service.Notice); latest.Before(expires) {
		expires = latest
	}
	if latest := w.instead.Add(-service.ChangeNotice); !w.instead.IsZero() && latest.Before(expires) {
		expires = latest
	}
	return expires, o.answerable(o.now, expires)
}

// answerable reports whether there is time for an answer.
func (o *offering) answerable(from, until time.Time) bool {
	return until.Sub(from) >= min(o.ttl, shortestOffer)
}

// daytime is now, or the next morning if it is night at the clinic: nobody is texted then.
func (o *offering) daytime() time.Time {
	zone := o.schedule.Zone(uuid.Nil)
	today, clock := localtime.DateOf(o.now, zone), localtime.ClockOf(o.now, zone)
	switch {
	case clock < textsFrom:
		return localtime.Open(today, textsFrom, zone)
	case clock >= textsUntil:
		return localtime.Open(today.AddDays(1), textsFrom, zone)
	}
	return o.now
}

// keep keeps a slot for somebody and tells them. A refusal by the rules says that this slot is not for them.
func (o *offering) keep(ctx context.Context, w waiter, slot clinic.Slot, way way) (chat.Offered, error) {
	expires, _ := o.expiry(w, slot)
	offer := clinic.WaitlistOffer{
		ID: newID(), Entry: w.WaitlistEntry, State: clinic.OfferOpen,
		Hold: clinic.Hold{Token: uuid.New(), Slot: slot, Expires: expires}, // not a v7 as ids are: it is a secret, all of it random
	}
	said, err := o.say(ctx, offer, way)
	if err != nil {
		return chat.Offered{}, err
	}
	var offered chat.Offered
	request := clinic.HoldRequest{
		Slot: slot, Token: offer.Hold.Token, Expires: expires.Add(lapseGrace), Exclude: w.Instead,
		Actor: clinic.Actor{Kind: clinic.ActorPatient, ID: w.Patient, Conversation: w.Conversation},
	}
	_, err = o.d.holdThen(ctx, o.freed.Clinic, request, func(tx pgx.Tx, q *db.Queries, _ clinic.Hold) error {
		if err := o.write(ctx, q, offer); err != nil {
			return err
		}
		offered, err = o.tell(ctx, tx, q, offer, said)
		return err
	})
	return offered, err
}

// write writes an offer down, in a transaction that keeps its slot.
func (o *offering) write(ctx context.Context, q *db.Queries, offer clinic.WaitlistOffer) error {
	waited, err := q.OfferEntry(ctx, o.freed.Clinic, offer.Entry.ID)
	if err != nil {
		return fmt.Errorf("marking entry as offered: %w", err)
	}
	if waited == 0 {
		return errNotInLine
	}
	slot, err := json.Marshal(offer.Hold.Slot)
	if err != nil {
		return fmt.Errorf("encoding slot: %w", err)
	}
	err = q.InsertWaitlistOffer(ctx, db.InsertWaitlistOfferParams{
		ClinicID: o.freed.Clinic, ID: offer.ID, EntryID: offer.Entry.ID, HoldToken: offer.Hold.Token, Slot: slot,
		ExpiresAt: offer.Hold.Expires, At: o.now, FreedFrom: &o.freed.From, FreedUntil: &o.freed.Until,
	})
	if err != nil {
		return fmt.Errorf("writing offer: %w", err)
	}
	return nil
}
