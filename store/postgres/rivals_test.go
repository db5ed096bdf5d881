package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// begin is a rival's transaction, rolled back at the end.
func begin(t *testing.T, e *storetest.Env) pgx.Tx {
	t.Helper()
	tx, err := e.Owner.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func mustExec(t *testing.T, tx pgx.Tx, sql string, args ...any) {
	t.Helper()
	if _, err := tx.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// waitsFor waits until somebody waits for a lock that this transaction has, or work is done; true for the former.
func waitsFor(t *testing.T, e *storetest.Env, tx pgx.Tx, done <-chan error) (waits bool, err error) {
	t.Helper()
	var pid int
	if err := tx.QueryRow(context.Background(), "select pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case err := <-done:
			return false, err
		case <-deadline:
			t.Fatal("nobody waits, and nothing is done")
		case <-tick.C:
		}
		if scalar[int](t, e, "select count(*) from pg_stat_activity where $1 = any(pg_blocking_pids(pid))", pid) > 0 {
			return true, nil
		}
	}
}

// Two who work on the same displaced appointment decide otherwise, and whoever moved it is interrupted before the patient
// was told: that is made up for, whatever was written down last.
func TestADecisionOverAnotherLeavesNobodyUntold(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.agree(p.ann, true)
	a := p.mustBook("ann", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	displaced := p.proposed()[0]
	key := fmt.Sprintf("displaced/move/%s/%d", a.ID, a.Version)
	p.exec("insert into settlement (clinic_id, appointment_id, version, way, created_at) values ($1, $2, $3, 'move', now())", p.id, a.ID, a.Version)
	_, err := p.DB.Move(t.Context(), p.id, clinic.MoveRequest{Key: key, Appointment: a.ID, Version: a.Version, Slot: *displaced.Proposal, Actor: operator})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.settle(displaced, clinic.SettleCancel)
	wantCode(t, "cancelling what was moved", err, clinic.CodeWrongState)
	finished, err := p.DB.FinishSettling(t.Context(), p.id, true, operator)
	if err != nil || len(finished) != 1 || finished[0].Way != clinic.SettleMove || finished[0].Told != clinic.ToldByText {
		t.Errorf("finished %+v, %v", finished, err)
	}
	if again, err := p.DB.FinishSettling(t.Context(), p.id, true, operator); err != nil || len(again) != 0 {
		t.Errorf("finished again: %+v, %v", again, err)
	}
}

// An import changes a practitioner before whom, in the order of locks, stands one whose visits it brings.
func TestImportLocksWhatItChangesInOrder(t *testing.T) {
	t.Parallel()
	for _, changed := range []string{"ada", "ben"} {
		e := empty(t)
		imported(t, e.DB, small())
		visited := map[string]string{"ada": "ben", "ben": "ada"}[changed]
		id := func(who string) uuid.UUID {
			return scalar[uuid.UUID](t, e, "select id from resource where external_id = $1", who)
		}
		rival := begin(t, e) // a booking that has what the import changes, and wants what the import's visits take
		mustExec(t, rival, "set local lock_timeout = '10s'")
		mustExec(t, rival, "select from resource where id = $1 for no key update", id(changed))
		done := make(chan error, 1)
		go func() {
			f := small().only("practitioners.csv", "appointments.csv").
				with("practitioners.csv", "id,given_name,family_name,specialties,lanes\n"+changed+",New,Name,general,2\n").
				with("appointments.csv", "id,patient,practitioner,service,start\nB1,P1,"+visited+",visit,2026-03-10 09:00\n")
			_, err := e.DB.Import(context.Background(), postgres.ImportRequest{Files: f.files(t)})
			done <- err
		}()
		if waits, err := waitsFor(t, e, rival, done); !waits {
			t.Fatalf("%s: the import went on without the lock: %v", changed, err)
		}
		if id(changed).String() < id(visited).String() { // the order in which everybody locks
			mustExec(t, rival, "select from resource where id = $1 for no key update", id(visited))
		}
		mustExec(t, rival, "commit")
		if err := <-done; err != nil {
			t.Errorf("%s: %v", changed, err)
		}
	}
}

// Both read the hours first and write what they make of them.
func TestImportAndClosureWorkOneAfterTheOther(t *testing.T) {
	t.Parallel()
	e := empty(t)
	imported(t, e.DB, small())
	rival := begin(t, e) // a closure that is being written
	mustExec(t, rival, "select pg_advisory_xact_lock(hashtextextended('closure/' || clinic_id::text, 0)) from clinic")
	done := make(chan error, 1)
	go func() {
		f := folder{"hours.csv": "practitioner,weekday,opens,closes\nada,Monday,10:00,12:00\n"}
		_, err := e.DB.Import(context.Background(), postgres.ImportRequest{Files: f.files(t)})
		done <- err
	}()
	waits, err := waitsFor(t, e, rival, done)
	if !waits {
		t.Fatalf("the import did not wait for the closure: %v", err)
	}
	mustExec(t, rival, "commit")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Somebody who wants the time of holds that have lapsed drops them in an order of their own.
func TestDeletingWhatHasExpiredWaitsForNobody(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 30)), Actor: as(p.ann)})
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ben, p.at(1, 9, 30)), Actor: as(p.bob)})
	p.Clock.Advance(2 * time.Hour)
	rival := begin(t, p.Env)
	mustExec(t, rival, "delete from allocation where resource_id = $1 and state = 1", p.ada)
	done := make(chan error, 1)
	go func() {
		_, err := p.DB.DeleteExpired(context.Background())
		done <- err
	}()
	if waits, err := waitsFor(t, p.Env, rival, done); waits || err != nil {
		t.Errorf("it waits: %v, %v", waits, err)
	}
	mustExec(t, rival, "rollback")
	if n := p.count("select count(*) from allocation where state = 1 and resource_id = $1", p.ben); n != 0 {
		t.Errorf("%d rows of the other hold are left", n)
	}
}

// Who has a connection and waits for a second one waits for those who do the same.
func TestJoiningTheWaitlistNeedsOneConnection(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	p := openWith(t, func(c *postgres.Config) {
		c.MaxConns, c.DirectoryTTL = 1, time.Nanosecond // the directory is out of date whenever it is asked for
		c.Now = func() time.Time { return monday.Add(time.Duration(looks.Add(1)) * time.Millisecond) }
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := p.DB.JoinWaitlist(ctx, p.id, clinic.JoinRequest{Key: "k", Patient: p.ann, Service: p.visit, Actor: as(p.ann)})
	if err != nil {
		t.Error(err)
	}
}
