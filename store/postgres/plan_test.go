package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/postgres/db"
	"github.com/agentcare/agentcare/store/storetest"
)

// The search reads from the index alone, also as the role to which row-level security applies.
func TestBusyIsAnIndexOnlyScan(t *testing.T) {
	e := storetest.Open(t)
	ctx := context.Background()
	data, err := demo.Dataset(monday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.DB.Seed(ctx, data); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Owner.Exec(ctx, "vacuum analyze allocation"); err != nil {
		t.Fatal(err)
	}
	arg := db.BusyParams{
		ClinicID: demo.ClinicID, Earliest: monday.AddDate(0, 0, -1), Since: monday.AddDate(0, 0, 1), Until: monday.AddDate(0, 0, 4), Now: monday,
	}
	for _, p := range data.Directory.Practitioners[:3] {
		arg.Resources = append(arg.Resources, p.ID)
	}
	sql, args := postgres.BusyStatement(ctx, arg)
	rows, err := e.DB.Scope(demo.ClinicID).Query(ctx, "explain (analyze, costs off, timing off, summary off) "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	if !strings.Contains(plan, "Index Only Scan using allocation_busy") || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Heap Fetches: 0") {
		t.Errorf("the plan is\n%s", plan)
	}
}
