package postgres

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// schedules keeps each clinic's directory and hours. A trigger numbers their versions, so that looking whether they changed
// costs one small query, and bookings look in the transaction they write in.
type schedules struct {
	ttl time.Duration

	mu       sync.Mutex
	byClinic map[uuid.UUID]*kept
}

// kept is one clinic's schedule. It is locked while it is read, so that many askers read it once.
type kept struct {
	busy    chan struct{} // full while somebody has it
	current versioned
	checked time.Time
	read    time.Time
}

// versioned is a schedule and the version of the directory that it was made from.
type versioned struct {
	*clinic.Schedule
	version int64
}

// rereadAfter is when a schedule is made anew although nothing changed: the past days in it become stale.
const rereadAfter = 12 * time.Hour

func newSchedules(ttl time.Duration) schedules {
	return schedules{ttl: ttl, byClinic: map[uuid.UUID]*kept{}}
}

func (s *schedules) of(clinicID uuid.UUID) *kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.byClinic[clinicID]
	if k == nil {
		k = &kept{busy: make(chan struct{}, 1)}
		s.byClinic[clinicID] = k
	}
	return k
}

// lock waits for its turn as long as ctx allows.
func (k *kept) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case k.busy <- struct{}{}:
		return func() { <-k.busy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// schedule is a clinic's schedule, at most the TTL behind the record.
func (d *DB) schedule(ctx context.Context, clinicID uuid.UUID) (versioned, error) {
	k := d.schedules.of(clinicID)
	unlock, err := k.lock(ctx)
	if err != nil {
		return versioned{}, err
	}
	defer unlock()
	now := d.now()
	if k.current.Schedule != nil && now.Sub(k.checked).Abs() < d.schedules.ttl {
		return k.current, nil
	}
	version, err := d.queries(clinicID).DirectoryVersion(ctx, clinicID)
	if noRows(err) {
		return versioned{}, clinic.Refuse(clinic.CodeNotFound, "There is no such clinic here.")
	}
	if err != nil {
		return versioned{}, fmt.Errorf("reading version of directory: %w", err)
	}
	if k.current.Schedule == nil || k.current.version != version || now.Sub(k.read).Abs() > rereadAfter {
		if err := d.reread(ctx, clinicID, k, now); err != nil {
			return versioned{}, err
		}
	}
	k.checked = now
	return k.current, nil
}

// reread reads a schedule with its version, both as of one moment.
func (d *DB) reread(ctx context.Context, clinicID uuid.UUID, k *kept, now time.Time) error {
	var read versioned
	err := d.snapshot(ctx, clinicID, func(q *db.Queries) error {
		var err error
		if read.version, err = q.DirectoryVersion(ctx, clinicID); err != nil {
			return fmt.Errorf("reading version of directory: %w", err)
		}
		read.Schedule, err = readSchedule(ctx, q, clinicID, now)
		return err
	})
	if err != nil {
		return err
	}
	k.current, k.read = read, now
	return nil
}

// forget makes the next asker look whether a clinic's schedule has changed.
func (d *DB) forget(clinicID uuid.UUID) {
	k := d.schedules.of(clinicID)
	k.busy <- struct{}{}
	k.checked = time.Time{}
	<-k.busy
}

// originKey is how an origin is stored: lower case, without a path or the scheme's own port. "" when it is none.
func originKey(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return ""
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}
