package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// A feed shows what was in the last days, and what is to come as far ahead as the clinic books, at least.
const (
	feedPast      = 30 // days
	feedLeast     = 30 * 24 * time.Hour
	feedTokenSize = 32 // bytes
)

// CreateFeed makes a feed of a practitioner and the token that reads it: 256 random bits in the letters of a URL. The token is
// not kept and cannot be shown again. [clinic.CodeNotFound] when there is no such practitioner.
func (d *DB) CreateFeed(ctx context.Context, clinicID, practitioner uuid.UUID, actor clinic.Actor) (clinic.Feed, string, error) {
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return clinic.Feed{}, "", fmt.Errorf("creating calendar feed: %w", err)
	}
	if _, ok := schedule.Practitioner(practitioner); !ok {
		return clinic.Feed{}, "", clinic.Refuse(clinic.CodeNotFound, "There is no such practitioner here.")
	}
	token := newFeedToken()
	feed := clinic.Feed{ID: newID(), Practitioner: practitioner, Created: d.now()}
	err = d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		err := q.InsertFeed(ctx, db.InsertFeedParams{
			ClinicID: clinicID, ID: feed.ID, PractitionerID: practitioner, TokenHash: hashFeedToken(token), At: feed.Created,
		})
		if err != nil {
			return fmt.Errorf("writing feed: %w", err)
		}
		return audit.add(ctx, feedEntry(actor, "calendar_feed.create", feed.ID, practitioner))
	})
	if err != nil {
		return clinic.Feed{}, "", fmt.Errorf("creating calendar feed: %w", err)
	}
	return feed, token, nil
}

// Feeds lists the feeds of a practitioner, revoked ones too; of all for the zero id.
func (d *DB) Feeds(ctx context.Context, clinicID, practitioner uuid.UUID) ([]clinic.Feed, error) {
	rows, err := d.queries(clinicID).Feeds(ctx, clinicID, null(practitioner))
	if err != nil {
		return nil, fmt.Errorf("listing calendar feeds: %w", err)
	}
	feeds := make([]clinic.Feed, len(rows))
	for i, r := range rows {
		feeds[i] = clinic.Feed{ID: r.ID, Practitioner: r.PractitionerID, Created: r.CreatedAt, Read: orZero(r.ReadAt), Revoked: orZero(r.RevokedAt)}
	}
	return feeds, nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// RevokeFeed makes a feed's token useless; one that is revoked stays so. [clinic.CodeNotFound] when there is none.
func (d *DB) RevokeFeed(ctx context.Context, clinicID, feed uuid.UUID, actor clinic.Actor) error {
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		now := d.now()
		practitioner, err := q.RevokeFeed(ctx, &now, clinicID, feed)
		if noRows(err) {
			return clinic.Refuse(clinic.CodeNotFound, "There is no such calendar feed.")
		}
		if err != nil {
			return fmt.Errorf("writing feed: %w", err)
		}
		return audit.add(ctx, feedEntry(actor, "calendar_feed.revoke", feed, practitioner))
	})
	if err != nil {
		return fmt.Errorf("revoking calendar feed: %w", err)
	}
	return nil
}

// ReadFeed is what the feed of a token shows now. The read is audited. A token is found by its hash, so that the time it takes
// tells nothing of those that there are. [clinic.CodeNotFound] when there is none, or it was revoked.
func (d *DB) ReadFeed(ctx context.Context, token string) (clinic.FeedContent, error) {
	found, err := d.anyClinic().FindFeed(ctx, hashFeedToken(token))
	if noRows(err) {
		return clinic.FeedContent{}, refuseNoFeed()
	}
	if err != nil {
		return clinic.FeedContent{}, fmt.Errorf("finding calendar feed: %w", err)
	}
	schedule, err := d.schedule(ctx, found.FoundClinicID)
	if err != nil {
		return clinic.FeedContent{}, fmt.Errorf("reading calendar feed: %w", err)
	}
	r := &feedReading{d: d, schedule: schedule.Schedule, clinic: found.FoundClinicID, feed: found.FoundID, now: d.now()}
	err = d.auditedTx(ctx, r.clinic, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error { return r.read(ctx, q, audit) })
	if err != nil {
		return clinic.FeedContent{}, fmt.Errorf("reading calendar feed: %w", err)
	}
	return r.content, nil
}

func refuseNoFeed() error {
	return clinic.Refuse(clinic.CodeNotFound, "There is no such calendar, or it is no longer shared.")
}

func feedEntry(actor clinic.Actor, action string, feed, practitioner uuid.UUID) auditEntry {
	return auditEntry{actor: actor, action: action, kind: "calendar_feed", subject: feed, detail: map[string]any{"practitioner": practitioner}}
}

func newFeedToken() string {
	secret := make([]byte, feedTokenSize)
	_, _ = rand.Read(secret) // since Go 1.24 it cannot fail
	return base64.RawURLEncoding.EncodeToString(secret)
}

// hashFeedToken needs no key: nobody can try 256 random bits.
func hashFeedToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// feedReading is one read of a feed.
type feedReading struct {
	d        *DB
	schedule *clinic.Schedule
	clinic   uuid.UUID
	feed     uuid.UUID
	now      time.Time
	content  clinic.FeedContent
}

func (r *feedReading) read(ctx context.Context, q *db.Queries, audit *auditTrail) error {
	feed, err := q.ReadFeed(ctx, &r.now, r.clinic, r.feed)
	if noRows(err) {
		return refuseNoFeed()
	}
	if err != nil {
		return fmt.Errorf("noting the read: %w", err)
	}
	r.begin(feed)
	rows, err := q.FeedAppointments(ctx, db.FeedAppointmentsParams{
		ClinicID: r.clinic, PractitionerID: feed.PractitionerID, Since: r.content.From, Until: r.content.Until,
	})
	if err != nil {
		return fmt.Errorf("reading appointments: %w", err)
	}
	for _, row := range rows {
		if err := r.add(row); err != nil {
			return err
		}
	}
	return audit.add(ctx, auditEntry{
		actor: clinic.Actor{Kind: clinic.ActorStaff, Channel: "calendar"}, action: "calendar_feed.read", kind: "calendar_feed", subject: r.feed,
		detail: map[string]any{"practitioner": feed.PractitionerID, "appointments": len(rows)},
	})
}

// begin says whose the calendar is and what time it covers: whole days, so that it stays the same through a day.
func (r *feedReading) begin(feed db.ReadFeedRow) {
	directory, zone := r.schedule.Directory(), r.schedule.Zone(uuid.Nil)
	practitioner, _ := r.schedule.Practitioner(feed.PractitionerID)
	today := localtime.DateOf(r.now, zone)
	midnight := localtime.Open(today, localtime.Midnight, zone)
	r.content = clinic.FeedContent{
		Clinic: directory.Clinic.Name, Practitioner: practitioner.DisplayName(), Zone: zone,
		From:     localtime.Open(today.AddDays(-feedPast), localtime.Midnight, zone),
		Until:    localtime.Open(today.AddDays(1), localtime.Midnight, zone).Add(r.ahead()),
		Modified: latest(midnight, feed.CreatedAt),
		Entries:  []clinic.FeedEntry{},
	}
}

// ahead is the longest booking window of the clinic.
func (r *feedReading) ahead() time.Duration {
	window := feedLeast
	for _, s := range r.schedule.Directory().Services {
		window = max(window, s.Window)
	}
	return window
}

func (r *feedReading) add(row db.FeedAppointmentsRow) error {
	zone, err := zoneOf(row.Zone)
	if err != nil {
		return fmt.Errorf("reading appointment's time zone: %w", err)
	}
	entry := clinic.FeedEntry{
		ID: row.ID, Version: int(row.Version), State: clinic.AppointmentState(row.State),
		Start: row.StartsAt.In(zone), End: row.EndsAt.In(zone), Modified: row.UpdatedAt,
	}
	if s, ok := r.schedule.Service(row.ServiceID); ok {
		entry.Service, entry.Mode = s.DisplayName(), s.Mode
	}
	if l := byID(r.schedule.Directory().Locations, row.LocationID, func(l clinic.Location) uuid.UUID { return l.ID }); l != nil {
		entry.Place, entry.Address = l.Name, l.Address
	}
	r.content.Modified = latest(r.content.Modified, row.UpdatedAt)
	r.content.Entries = append(r.content.Entries, entry)
	return nil
}
