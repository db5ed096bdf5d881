package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// ImportRequest brings files.
type ImportRequest struct {
	Clinic   string // slug; "": the one of clinic.csv, or the only clinic there is
	Files    *exchange.Files
	DryRun   bool                             // looks and changes nothing
	Progress func(doing string, done, of int) // told now and then while rows are written; nil: nobody
}

// ErrProblems means that files have problems, which the report lists, so that nothing was changed.
var ErrProblems = errors.New("there are problems in the files; nothing was changed")

// errDryRun ends a transaction that was to look only.
var errDryRun = errors.New("this is a dry run")

// Import brings a clinic to what files say, all of it or nothing, in one transaction; while it runs, nobody else can book
// what its visits take. What is there and not in the files stays. It works as whoever the URL logs in, who must own the
// tables. The report says what it did, or would do; with [ErrProblems] it says why not.
func (d *DB) Import(ctx context.Context, r ImportRequest) (exchange.Report, error) {
	var report exchange.Report
	var trail *auditTrail
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		i := &importing{d: d, tx: tx, q: db.New(tx), now: d.now(), progress: r.Progress}
		if i.progress == nil {
			i.progress = func(string, int, int) {}
		}
		err := i.plan(ctx, r)
		if i.p != nil {
			report = i.p.Report()
			report.DryRun = r.DryRun
		}
		if err != nil {
			return err
		}
		if r.DryRun {
			return errDryRun
		}
		trail, err = i.write(ctx, report)
		return err
	})
	switch {
	case errors.Is(err, errDryRun):
		return report, nil
	case errors.Is(err, ErrProblems):
		return report, ErrProblems
	case err != nil:
		return report, fmt.Errorf("importing clinic: %w", err)
	}
	trail.log(ctx)
	d.forget(trail.clinic)
	return report, nil
}

// importing is one run of [DB.Import].
type importing struct {
	d        *DB
	tx       pgx.Tx
	q        *db.Queries
	now      time.Time
	clinic   uuid.UUID
	settings clinic.Settings // as they are; columns change some of them
	p        *exchange.Plan
	progress func(doing string, done, of int)
}

// plan reads files and what is there, and finds out what is to be done and what is wrong.
func (i *importing) plan(ctx context.Context, r ImportRequest) error {
	there, err := i.there(ctx, r)
	if err != nil {
		return err
	}
	i.progress("checking", 0, 0)
	i.p = exchange.NewPlan(r.Files, there, i.now, newID)
	i.clinic = i.p.Clinic.UUID
	if err := i.checkOrigins(ctx); err != nil {
		return err
	}
	taken, err := i.lock(ctx)
	if err != nil {
		return err
	}
	i.p.Place(taken)
	if i.p.Report().Errors() > 0 {
		return ErrProblems
	}
	return nil
}

// there reads what is there of the clinic, and the files by its language and region. A clinic that is yet to be made has nothing.
func (i *importing) there(ctx context.Context, r ImportRequest) (*exchange.Data, error) {
	slug := r.Clinic
	if rows := r.Files.Clinic.Rows; len(rows) > 0 {
		if slug != "" && slug != rows[0].T.Slug {
			return nil, clinic.Refuse(clinic.CodeInvalid, fmt.Sprintf("clinic.csv is of %q, and not of %q.", rows[0].T.Slug, slug))
		}
		slug = rows[0].T.Slug
	}
	if err := i.q.LoadingAlone(ctx, "import"); err != nil {
		return nil, fmt.Errorf("waiting for another import: %w", err)
	}
	e := &exporting{d: i.d, q: i.q}
	locale := exchange.Locale{Today: localtime.DateOf(i.now, time.UTC)}
	var err error
	e.clinic, err = clinicBySlug(ctx, i.q, slug)
	switch {
	case err == nil:
		if err := i.q.ClosingAlone(ctx, e.clinic.String()); err != nil { // it makes other hours of those that it has read, too
			return nil, fmt.Errorf("waiting for a closure: %w", err)
		}
		if err := e.directory(ctx); err != nil {
			return nil, err
		}
		locale.Region = e.data.Clinic[0].Region
	case clinic.CodeOf(err) != clinic.CodeNotFound || !r.Files.Clinic.Given:
		return nil, err
	}
	if rows := r.Files.Clinic.Rows; len(rows) > 0 {
		locale.Region = rows[0].T.Region
	}
	if err := r.Files.Read(locale); err != nil {
		return nil, err
	}
	if len(e.data.Clinic) == 0 {
		return &e.data, nil
	}
	return &e.data, i.people(ctx, e, r.Files)
}

// people reads the patients and appointments that the files speak of, and the clinic's settings.
func (i *importing) people(ctx context.Context, e *exporting, files *exchange.Files) error {
	of, err := readClinic(ctx, i.q, e.clinic)
	if err != nil {
		return err
	}
	i.settings = of.Settings
	keys := files.PatientKeys()
	err = e.patients(ctx, db.ExportPatientsParams{ClinicID: e.clinic, Keys: list(keys), Ids: uuidsAmong(keys)})
	if err != nil {
		return err
	}
	keys = files.AppointmentKeys()
	rows, err := i.q.ImportedAppointments(ctx, e.clinic, list(keys), uuidsAmong(keys))
	if err != nil {
		return fmt.Errorf("reading appointments: %w", err)
	}
	for _, row := range rows {
		e.appointment(row)
	}
	return nil
}

// uuidsAmong are the keys that are ids of ours: what has no other id is exported under them.
func uuidsAmong(keys []string) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, key := range keys {
		if id, err := uuid.Parse(key); err == nil && id.String() == key {
			ids = append(ids, id)
		}
	}
	return ids
}

func (i *importing) checkOrigins(ctx context.Context) error {
	for _, row := range i.p.Files.Clinic.Rows {
		others, err := i.q.OriginsOfOthers(ctx, i.clinic, list(row.T.Origins))
		if err != nil {
			return fmt.Errorf("looking whose origins they are: %w", err)
		}
		for _, origin := range others {
			i.p.OriginTaken(row.Line, origin)
		}
	}
	return nil
}

// lock keeps everybody else from booking what the visits may take, and reads what of it is taken. Resources that are written
// are locked with them: a write locks too, and has to come in the order of all locks.
func (i *importing) lock(ctx context.Context) ([]exchange.Taken, error) {
	ids, from, until := i.p.Resources()
	if _, err := i.q.LockResources(ctx, i.clinic, sorted(append(i.rewritten(), ids...))); err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	ids = sorted(ids)
	earliest := from.Add(-longestAllocation)
	err := i.q.DropLapsedHolds(ctx, db.DropLapsedHoldsParams{
		ClinicID: i.clinic, Resources: ids, Now: i.now, Earliest: earliest, Since: from, Until: until,
	})
	if err != nil {
		return nil, fmt.Errorf("dropping lapsed holds: %w", err)
	}
	rows, err := i.q.TakenBy(ctx, db.TakenByParams{
		ClinicID: i.clinic, Resources: ids, Earliest: earliest, Since: from, Until: until, Now: i.now, Exclude: i.changed(),
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is taken: %w", err)
	}
	taken := make([]exchange.Taken, len(rows))
	for n, r := range rows {
		taken[n] = exchange.Taken{
			Busy: clinic.Busy{Resource: r.ResourceID, Lane: int(r.Lane), Start: r.StartsAt, End: r.EndsAt}, By: takenBy(r),
		}
	}
	return taken, nil
}

// rewritten are practitioners, rooms and devices that are there and will be otherwise.
func (i *importing) rewritten() []uuid.UUID {
	ids := []uuid.UUID{}
	for _, row := range i.p.Practitioners.Rows {
		if row.Is == exchange.Changed {
			ids = append(ids, row.T.UUID)
		}
	}
	for _, row := range i.p.Rooms.Rows {
		if row.Is == exchange.Changed {
			ids = append(ids, row.T.UUID)
		}
	}
	return ids
}

func takenBy(r db.TakenByRow) string {
	switch {
	case r.Appointment != "":
		return fmt.Sprintf("appointment %q, which is here", r.Appointment)
	case r.State == stateHeld:
		return "somebody who decides at this moment; try again in a few minutes"
	default:
		return "something that is blocked here"
	}
}

const stateHeld = 1

// changed are the appointments that are there and will be otherwise.
func (i *importing) changed() []uuid.UUID {
	ids := []uuid.UUID{}
	for _, row := range i.p.Appointments.Rows {
		if row.Is == exchange.Changed {
			ids = append(ids, row.T.UUID)
		}
	}
	return ids
}

// write does what is planned. Its audit row is there for the log, once all is committed.
func (i *importing) write(ctx context.Context, report exchange.Report) (*auditTrail, error) {
	if report.Changes() > 0 {
		for _, write := range []func(context.Context) error{i.directory, i.patients, i.appointments} {
			if err := write(ctx); err != nil {
				return nil, err
			}
		}
		if err := i.analyze(ctx); err != nil {
			return nil, err
		}
	}
	trail := &auditTrail{d: i.d, q: i.q, clinic: i.clinic}
	err := trail.add(ctx, auditEntry{
		actor: cliActor, action: "clinic.import", kind: "clinic", subject: i.clinic, detail: map[string]any{"files": report.Files},
	})
	return trail, err
}

// analyze tells Postgres what it has now: until it finds out by itself it would plan for tables that are empty.
func (i *importing) analyze(ctx context.Context) error {
	i.progress("analyzing", 0, 0)
	_, err := i.tx.Exec(ctx, "analyze resource, patient, patient_link, appointment, appointment_event, allocation, service_resource, weekly_hours, date_override")
	if err != nil {
		return fmt.Errorf("analyzing tables: %w", err)
	}
	return nil
}
