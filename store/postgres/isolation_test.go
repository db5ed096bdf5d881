package postgres_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/postgres/db"
	"github.com/agentcare/agentcare/store/storetest"
)

// appendOnly are the tables whose rows the application can neither change nor delete.
var appendOnly = []string{"appointment_event", "audit", "audit_seal", "consent"}

// neverDeleted are the tables whose rows the application changes, and keeps for good.
var neverDeleted = []string{"closure", "settlement", "calendar_feed"}

// ownersOnly are the tables that the application only reads.
var ownersOnly = []string{"clinic", "clinic_address", "directory_version"}

// withoutClinic are the tables that hold nothing of any clinic.
var withoutClinic = []string{"goose_db_version", "worker"}

// sample is what a column gets in the sample row of its table where its type alone does not do.
var sample = map[string]any{
	"allocation.state": 0, "allocation.expires_at": nil, "allocation.ends_at": "2026-03-02T11:00:00Z",
	"appointment.ends_at": "2026-03-02T11:00:00Z", "appointment.state": "booked",
	"appointment_event.actor_kind": "patient", "appointment_event.kind": "booked",
	"clinic.slug": "isolated", "clinic_address.kind": "origin",
	"closure.until_min":         2,
	"conversation.answered_seq": 0, "conversation.asked_seq": 0,
	"date_override.closed": true, "date_override.opens_min": nil, "date_override.closes_min": nil,
	"delivery.channel": "sms", "delivery.state": "queued", "endpoint.channel": "web", "endpoint.level": 0,
	"knowledge_embedding.embedding": "[1]", "knowledge_page.audience": "public",
	"message.channel": "web", "message.role": "agent", "message_option.kind": "slot",
	"resource.kind": "room", "service.mode": "in_person", "service.new_patients": "any", "settlement.told": "text", "settlement.way": "move",
	"staff.role": "admin", "task.kind": "alert", "task.state": "open", "turn.state": "done",
	"waitlist_entry.state": "waiting", "waitlist_offer.state": "open",
	"weekly_hours.opens_min": 540, "weekly_hours.closes_min": 600,
}

// table is one with a clinic, and a row of it.
type table struct {
	name    string
	columns []string // without generated ones
	row     []byte   // JSON
}

func (tb table) insert() string {
	list := strings.Join(tb.columns, ", ")
	return fmt.Sprintf("insert into %s (%s) select %s from jsonb_populate_record(null::%s, $1)", tb.name, list, list, tb.name)
}

func TestNoTableIsWithoutRowLevelSecurity(t *testing.T) {
	e := storetest.Open(t)
	names := column[string](t, e, `
		select relname from pg_class c
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and relname not like 'river\_%'
		  and not (relrowsecurity and exists (select from pg_policy where polrelid = c.oid)
		           and exists (select from pg_attribute where attrelid = c.oid and attname = 'clinic_id' and attnotnull))
		order by relname`)
	if !slices.Equal(names, withoutClinic) {
		t.Errorf("without a clinic or its policy: %v, want %v alone", names, withoutClinic)
	}
	if n := len(column[string](t, e, "select rolname from pg_roles where rolname = 'agentcare_app' and (rolsuper or rolbypassrls or rolcanlogin)")); n > 0 {
		t.Error("the application's role can do more than it should")
	}
	if owned := column[string](t, e, "select relname from pg_class where relowner = 'agentcare_app'::regrole"); len(owned) > 0 {
		t.Errorf("the application owns %v, to which security does not apply", owned)
	}
	if open := column[string](t, e, `
		select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
		  and not exists (select from unnest(proconfig) c where c like 'search\_path=%')`); len(open) > 0 {
		t.Errorf("these functions run as the owner on a search path that the caller sets: %v", open)
	}
}

// Each table, with a row of clinic A, is tried from clinic B, from no clinic, and from A for comparison.
func TestNothingCrossesFromOneClinicToAnother(t *testing.T) {
	e := storetest.Open(t)
	a, b := uuid.New(), uuid.New()
	tables := sampleTables(t, e, a)
	if len(tables) < 30 {
		t.Fatalf("only %d tables were found", len(tables))
	}
	foreign := map[string]db.DBTX{"clinic B": e.DB.Scope(b), "no clinic": e.DB.Unscoped()}
	for _, tb := range tables {
		t.Run(tb.name, func(t *testing.T) {
			if n := rowsOf(t, e.DB.Scope(a), "select count(*) from "+tb.name); n != 1 {
				t.Errorf("its own clinic sees %d rows, want 1", n)
			}
			for from, scope := range foreign {
				tryFrom(t, from, scope, tb)
			}
		})
	}
}

// tryFrom reads, changes, deletes and forges a row that is another clinic's.
func tryFrom(t *testing.T, from string, scope db.DBTX, tb table) {
	t.Helper()
	ctx := context.Background()
	if n := rowsOf(t, scope, "select count(*) from "+tb.name); n != 0 {
		t.Errorf("%s reads %d rows", from, n)
	}
	for _, change := range []string{"update %s set clinic_id = clinic_id", "delete from %s"} {
		tag, err := scope.Exec(ctx, fmt.Sprintf(change, tb.name))
		if err != nil && !isCode(err, "42501") {
			t.Errorf("%s: %v", from, err)
		}
		if tag.RowsAffected() != 0 {
			t.Errorf("%s: "+change+" reached %d rows", from, tb.name, tag.RowsAffected())
		}
	}
	if _, err := scope.Exec(ctx, tb.insert(), tb.row); !isCode(err, "42501") {
		t.Errorf("%s forges a row: %v", from, err)
	}
}

// Within its own clinic, the application appends where it may only append, and reads where it may only read.
func TestAppendOnly(t *testing.T) {
	e := storetest.Open(t)
	a := uuid.New()
	ctx := context.Background()
	own := e.DB.Scope(a)
	for _, tb := range sampleTables(t, e, a) {
		_, updateErr := own.Exec(ctx, fmt.Sprintf("update %s set clinic_id = clinic_id", tb.name))
		_, deleteErr := own.Exec(ctx, fmt.Sprintf("delete from %s where false", tb.name))
		closed := slices.Contains(appendOnly, tb.name) || slices.Contains(ownersOnly, tb.name)
		kept := closed || slices.Contains(neverDeleted, tb.name)
		if isCode(updateErr, "42501") != closed || isCode(deleteErr, "42501") != kept {
			t.Errorf("%s: update %v, want it refused: %v; delete %v, want it refused: %v", tb.name, updateErr, closed, deleteErr, kept)
		}
		_, insertErr := own.Exec(ctx, tb.insert(), tb.row)
		if refused := isCode(insertErr, "42501"); refused != slices.Contains(ownersOnly, tb.name) {
			t.Errorf("%s: insert %v", tb.name, insertErr)
		}
	}
}

// Where there are two URLs, the processes log in as somebody who owns nothing and is a member of the application's role.
func TestALoginOfTheApplication(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	name, password := "agentcare_test_"+strings.ToLower(rand.Text()[:10]), rand.Text()
	if _, err := p.Owner.Exec(ctx, fmt.Sprintf("create role %s login password '%s' in role agentcare_app", name, password)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := p.Owner.Exec(ctx, "drop role "+name); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, password)
	d, err := postgres.Open(ctx, postgres.Config{URL: u.String(), Keys: p.Keys, Logger: discard(), Now: p.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
	r := clinic.BookRequest{Key: "k", Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann, Actor: as(p.ann)}
	if _, err := d.Book(ctx, p.id, r); err != nil {
		t.Errorf("booking: %v", err)
	}
	if n := rowsOf(t, d.Pool(), "select count(*) from patient"); n != 0 {
		t.Errorf("outside any clinic, %d patients can be read", n)
	}
	if _, err := d.Seed(ctx, p.data); !isCode(err, "42501") {
		t.Errorf("seeding: %v", err)
	}
}

// sampleTables puts a row of the clinic into every table that has one.
func sampleTables(t *testing.T, e *storetest.Env, clinicID uuid.UUID) []table {
	t.Helper()
	ctx := context.Background()
	tx, err := e.Owner.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "set local session_replication_role = replica"); err != nil { // no foreign keys, no triggers
		t.Fatal(err)
	}
	var tables []table
	for _, name := range column[string](t, e, `
		select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id'
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`) {
		tb := sampleRow(t, e, name, clinicID)
		if _, err := tx.Exec(ctx, tb.insert(), tb.row); err != nil {
			t.Fatalf("%s: the sample row does not fit: %v", name, err)
		}
		tables = append(tables, tb)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return tables
}

func sampleRow(t *testing.T, e *storetest.Env, name string, clinicID uuid.UUID) table {
	t.Helper()
	rows, err := e.Owner.Query(context.Background(), `
		select attname, format_type(atttypid, null) from pg_attribute
		where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`, name)
	if err != nil {
		t.Fatal(err)
	}
	tb := table{name: name}
	row := map[string]any{}
	var attribute, kind string
	_, err = pgx.ForEachRow(rows, []any{&attribute, &kind}, func() error {
		tb.columns = append(tb.columns, attribute)
		value, given := sample[name+"."+attribute]
		if !given {
			value = sampleOf(kind)
		}
		row[attribute] = value
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	row["clinic_id"] = clinicID
	if tb.row, err = json.Marshal(row); err != nil {
		t.Fatal(err)
	}
	return tb
}

func sampleOf(kind string) any {
	switch kind {
	case "uuid":
		return uuid.New()
	case "smallint", "integer", "bigint":
		return 1
	case "boolean":
		return true
	case "timestamp with time zone", "timestamp without time zone", "date":
		return "2026-03-02T10:00:00Z"
	case "text[]":
		return []string{}
	case "jsonb":
		return map[string]any{}
	case "bytea":
		return `\x00`
	default:
		return "x"
	}
}

func column[T any](t *testing.T, e *storetest.Env, query string) []T {
	t.Helper()
	rows, err := e.Owner.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// rower is a pool or a scope.
type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func rowsOf(t *testing.T, scope rower, query string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var n int
	if err := scope.QueryRow(ctx, query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
