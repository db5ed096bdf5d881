package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// purposeChange is the purpose of a text that tells a patient what became of their appointment.
const purposeChange = "appointment_change"

// Settle moves or cancels one displaced appointment and sees to it that the patient is told: a text, where they agreed to
// texts, else a task for staff to call them. Moving and telling are two transactions; what was decided is written down before
// them, so that [DB.FinishSettling] makes up for what an interruption left out. A refusal, such as [clinic.CodeSlotTaken] or
// [clinic.CodeWrongState], leaves the appointment as it is.
func (d *DB) Settle(ctx context.Context, clinicID uuid.UUID, r clinic.SettleRequest) (clinic.Settled, error) {
	a := r.Displaced.Appointment
	if r.Way == clinic.SettleMove && r.Displaced.Proposal == nil {
		return clinic.Settled{}, clinic.Refuse(clinic.CodeNotOffered, "There is no other time to move this appointment to.")
	}
	key := fmt.Sprintf("displaced/%s/%s/%d", r.Way, a.ID, a.Version) // a query finds what was left to tell by it
	err := d.queries(clinicID).DecideSettlement(ctx, db.DecideSettlementParams{
		ClinicID: clinicID, AppointmentID: a.ID, Version: int32(a.Version), //nolint:gosec // it rises by one
		Way: string(r.Way), At: d.now(),
	})
	if err != nil {
		return clinic.Settled{}, fmt.Errorf("writing down what was decided: %w", err)
	}
	now, err := d.carryOutSettlement(ctx, clinicID, key, r)
	if err != nil {
		return clinic.Settled{}, fmt.Errorf("settling displaced appointment: %w", err)
	}
	t := telling{d: d, clinic: clinicID, version: a.Version, way: r.Way, was: &a.Slot, now: now, texts: r.Texts, actor: r.Actor}
	return t.run(ctx)
}

func (d *DB) carryOutSettlement(ctx context.Context, clinicID uuid.UUID, key string, r clinic.SettleRequest) (clinic.Appointment, error) {
	a := r.Displaced.Appointment
	switch r.Way {
	case clinic.SettleMove:
		return d.Move(ctx, clinicID, clinic.MoveRequest{
			Key: key, Appointment: a.ID, Version: a.Version, Slot: *r.Displaced.Proposal, Actor: r.Actor,
		})
	case clinic.SettleCancel:
		return d.Cancel(ctx, clinicID, clinic.CancelRequest{Key: key, Appointment: a.ID, Version: a.Version, Actor: r.Actor})
	default:
		return clinic.Appointment{}, clinic.Refuse(clinic.CodeInvalid, "A displaced appointment is moved or cancelled.")
	}
}

// FinishSettling tells the patients whose appointments were settled by a run that was interrupted before it came to that.
func (d *DB) FinishSettling(ctx context.Context, clinicID uuid.UUID, texts bool, actor clinic.Actor) ([]clinic.Settled, error) {
	rows, err := d.queries(clinicID).UntoldSettlements(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("reading what was left to tell: %w", err)
	}
	var finished []clinic.Settled
	for _, r := range rows {
		t := telling{d: d, clinic: clinicID, version: int(r.Version), way: clinic.SettleWay(r.Way), texts: texts, actor: actor}
		if err := json.Unmarshal(r.Response, &t.now); err != nil {
			return finished, errors.New("decoding what an appointment was settled to: it is not what was stored")
		}
		if t.now, err = inItsZone(t.now); err != nil {
			return finished, err
		}
		settled, err := t.run(ctx)
		if err != nil {
			return finished, err
		}
		finished = append(finished, settled)
	}
	return finished, nil
}

// telling tells one patient what became of their appointment, once.
type telling struct {
	d       *DB
	clinic  uuid.UUID
	version int // of the appointment before it was settled
	way     clinic.SettleWay
	was     *clinic.Slot // nil: not known any more
	now     clinic.Appointment
	texts   bool
	actor   clinic.Actor

	tx    pgx.Tx
	q     *db.Queries
	audit *auditTrail
}

func (t *telling) run(ctx context.Context) (clinic.Settled, error) {
	settled := clinic.Settled{Appointment: t.now, Way: t.way}
	err := t.d.auditedTx(ctx, t.clinic, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		t.tx, t.q, t.audit = tx, q, audit
		settled.Told, err = t.once(ctx)
		return err
	})
	if err != nil {
		return clinic.Settled{}, fmt.Errorf("telling a patient: %w", err)
	}
	return settled, nil
}

// once tells, unless that was done before.
func (t *telling) once(ctx context.Context) (clinic.Told, error) {
	told, err := t.q.LockSettlement(ctx, t.clinic, t.now.ID, int32(t.version)) //nolint:gosec // it rises by one
	if err != nil {
		return "", fmt.Errorf("reading what was decided: %w", err)
	}
	if told != nil {
		return clinic.Told(*told), nil
	}
	how, err := t.tell(ctx)
	if err != nil {
		return "", err
	}
	err = t.q.MarkTold(ctx, db.MarkToldParams{
		ClinicID: t.clinic, AppointmentID: t.now.ID, Version: int32(t.version), //nolint:gosec // it rises by one
		Told: string(how), At: t.d.now(),
	})
	if err != nil {
		return "", fmt.Errorf("noting that the patient is told: %w", err)
	}
	return how, t.audit.add(ctx, auditEntry{
		actor: t.actor, action: "appointment.tell", kind: "appointment", subject: t.now.ID,
		detail: map[string]any{"patient": t.now.Patient, "version": t.now.Version, "way": t.way, "told": how},
	})
}

func (t *telling) tell(ctx context.Context) (clinic.Told, error) {
	row, err := t.q.Appointment(ctx, t.clinic, t.now.ID)
	if err != nil {
		return "", fmt.Errorf("reading appointment: %w", err)
	}
	if int(row.Version) != t.now.Version {
		return clinic.ToldOvertaken, nil
	}
	words, err := t.words(ctx)
	if err != nil {
		return "", err
	}
	sent, err := t.text(ctx, words)
	if err != nil {
		return "", err
	}
	if sent {
		return clinic.ToldByText, nil
	}
	return clinic.ToldByTask, t.task(ctx, words)
}

// words are what can be said of the appointment.
func (t *telling) words(ctx context.Context) (changeWords, error) {
	directory, err := t.d.Directory(ctx, t.clinic)
	if err != nil {
		return changeWords{}, err
	}
	return newChangeWords(directory, t), nil
}

// text sends a text where somebody agreed to it: the patient, else who may book for them, unless the service is confidential.
func (t *telling) text(ctx context.Context, words changeWords) (sent bool, err error) {
	if !t.texts {
		return false, nil
	}
	numbers, err := t.q.TextableNumber(ctx, db.TextableNumberParams{
		ClinicID: t.clinic, PatientID: t.now.Patient, Guardians: !words.confidential, Purpose: consentToTexts,
	})
	if err != nil {
		return false, fmt.Errorf("looking for consent to texts: %w", err)
	}
	if len(numbers) == 0 {
		return false, nil
	}
	phone, err := t.d.open(t.clinic, columnPhone, numbers[0].ID, numbers[0].Phone)
	if err != nil {
		return false, fmt.Errorf("opening number: %w", err)
	}
	args, err := t.d.addDelivery(ctx, t.q, t.clinic, chat.Delivery{
		Channel: chat.SMS, To: string(phone), Text: words.text(numbers[0].Language), Purpose: purposeChange,
	})
	if err != nil {
		return false, err
	}
	return true, t.d.dispatch(ctx, t.tx, args)
}

// task asks staff to call.
func (t *telling) task(ctx context.Context, words changeWords) error {
	expected, err := t.d.expectAnswer(ctx, t.q, t.clinic)
	if err != nil {
		return err
	}
	_, err = t.d.addTask(ctx, t.q, t.audit, t.clinic, clinic.Task{
		Kind: "callback", Patient: t.now.Patient, Expected: expected, Details: words.forStaff(),
		Key: fmt.Sprintf("displaced/%s/%d", t.now.ID, t.version),
	})
	return err
}
