package postgres_test

import (
	"context"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
)

// The search finds the same slots as one that is told everything that is taken, row by row: also behind stretches of up to
// two days, between lapsed holds and those of the asker, on several lanes, and when many calendars are read in parts.
func TestSearchReadsAllThatIsInTheWay(t *testing.T) {
	const rounds, blocksARound = 25, 12
	p := open(t)
	p.colleagues(30)
	if _, err := p.Owner.Exec(context.Background(), "update resource set lanes = 2 where id = $1", p.ben); err != nil {
		t.Fatal(err)
	}
	directory, err := p.DB.Directory(context.Background(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := clinic.NewSchedule(directory, p.data.Weekly, p.data.Overrides)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	token := uuid.New()
	found := 0
	for round := range rounds {
		for range blocksARound {
			p.block(random, token)
		}
		q := clinic.Query{
			Service: p.visit, Limit: 1 + random.IntN(200), From: p.at(1+random.IntN(20), 9, 0), Exclude: uuid.New(),
			Practitioners: [][]uuid.UUID{nil, {p.ada}, {p.ada, p.ben}}[random.IntN(3)],
		}
		if random.IntN(2) == 0 {
			q.Hold = token
		}
		got, err := p.DB.Search(context.Background(), p.id, q)
		if err != nil {
			t.Fatal(err)
		}
		search, err := schedule.NewSearch(q, p.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		all := clinic.Stage{From: q.From, Until: monday.AddDate(0, 0, 91)}
		want := search.Free([]clinic.Slot{}, all, p.everythingTaken(q.Hold))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d, %+v (-want +got):\n%s", round, q, diff)
		}
		found += len(got)
	}
	if found == 0 {
		t.Error("nothing was ever free: the test shows nothing")
	}
}

// block takes some time of somebody, up to two days of it, as long as nobody has it: blocked, held, or held until a moment ago.
func (p *practice) block(random *rand.Rand, token uuid.UUID) {
	p.t.Helper()
	who := p.data.Directory.Practitioners[random.IntN(len(p.data.Directory.Practitioners))].ID
	from := p.at(random.IntN(20), random.IntN(24), random.IntN(60)).Add(time.Duration(random.IntN(2)) * 1500 * time.Microsecond)
	length := time.Duration(1+random.IntN(120)) * time.Minute
	if random.IntN(3) == 0 {
		length = time.Duration(1+random.IntN(48)) * time.Hour
	}
	var expires, held *time.Time
	var holder *uuid.UUID
	state := 3
	if kind := random.IntN(3); kind > 0 {
		at := p.Clock.Now().Add(time.Duration(2*kind-3) * time.Minute)
		state, expires, held, holder = 1, &at, &from, &token
	}
	if _, err := p.Owner.Exec(context.Background(), `
		insert into allocation (clinic_id, id, resource_id, lane, state, starts_at, ends_at, expires_at, hold_token, held_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
		p.id, uuid.New(), who, random.IntN(3)-1, state, from, from.Add(length), expires, holder, held); err != nil {
		p.t.Fatal(err)
	}
}

// everythingTaken is every row of the table that counts, but for a hold.
func (p *practice) everythingTaken(token uuid.UUID) []clinic.Busy {
	p.t.Helper()
	rows, err := p.Owner.Query(context.Background(), `
		select resource_id as resource, lane::integer as lane, starts_at as start, ends_at as end from allocation
		where state > 0 and (expires_at is null or expires_at > $1) and hold_token is distinct from $2`, p.Clock.Now(), token)
	if err != nil {
		p.t.Fatal(err)
	}
	busy, err := pgx.CollectRows(rows, pgx.RowToStructByName[clinic.Busy])
	if err != nil {
		p.t.Fatal(err)
	}
	return busy
}

// Both ways of reading are index-only scans that begin where they must, also as the role to which row-level security applies.
func TestSearchReadsIndexesAlone(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	p.colleagues(10)
	if _, err := p.Owner.Exec(ctx, `
		insert into allocation (clinic_id, id, resource_id, state, starts_at, ends_at)
		select $1, gen_random_uuid(), p.id, 3, $2::timestamptz + n * interval '30 minutes', $2::timestamptz + (n + 1) * interval '30 minutes'
		from practitioner p, generate_series(0, 199) n`, p.id, p.at(0, 9, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Owner.Exec(ctx, "vacuum analyze allocation"); err != nil {
		t.Fatal(err)
	}
	for i, statement := range postgres.TakenStatements {
		rows, err := p.DB.Scope(p.id).Query(ctx, "explain (analyze, costs off, timing off, summary off) "+statement,
			p.id, []uuid.UUID{p.ada, p.ben}, p.at(1, 0, 0), p.at(2, 0, 0), monday, uuid.Nil, uuid.Nil)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(lines, "\n")
		for _, part := range []string{"Index Only Scan using allocation_busy", "Index Only Scan using allocation_long", "Heap Fetches: 0"} {
			if !strings.Contains(plan, part) {
				t.Errorf("statement %d: no %q in the plan\n%s", i, part, plan)
			}
		}
		if scan := regexp.MustCompile(`Index Cond: .*resource_id.*starts_at > .*starts_at < .*ends_at > `); !scan.MatchString(plan) {
			t.Errorf("statement %d reads more than it must:\n%s", i, plan)
		}
		if strings.Contains(plan, "Seq Scan") {
			t.Errorf("statement %d reads the table:\n%s", i, plan)
		}
	}
}
