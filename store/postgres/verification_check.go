package postgres

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// codeCheck is one run of [DB.CheckCode].
type codeCheck struct {
	d        *DB
	q        *db.Queries
	audit    *auditTrail
	clinic   uuid.UUID
	request  clinic.CheckRequest
	endpoint db.LockEndpointRow
	now      time.Time
}

// CheckCode checks the code that was sent last at an endpoint. A wrong one counts, whatever comes after. When it is right,
// the chart with the number and the date of birth of the claim is whom the endpoint is about from now on; if there is none and
// the claim said so, one is made. The same key again changes nothing and gets the same answer.
//
// Refusals: [clinic.CodeWrongCode]; [clinic.CodeExpiredCode] when the code is too old, used, or was tried too often, and
// when there is none.
func (d *DB) CheckCode(ctx context.Context, clinicID uuid.UUID, r clinic.CheckRequest) (clinic.Verified, error) {
	if r.Key == "" {
		return clinic.Verified{}, errors.New("checking code: the request has no key")
	}
	var verified clinic.Verified
	var refusal error // a wrong code is refused and yet committed
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		check := codeCheck{d: d, q: q, audit: audit, clinic: clinicID, request: r, now: d.now()}
		verified, refusal, err = check.run(ctx)
		return err
	})
	if err := cmp.Or(err, refusal); err != nil {
		return clinic.Verified{}, fmt.Errorf("checking code: %w", err)
	}
	return verified, nil
}

func (v *codeCheck) run(ctx context.Context) (verified clinic.Verified, refusal, err error) {
	if v.endpoint, err = v.q.LockEndpoint(ctx, v.clinic, v.request.Endpoint); err != nil {
		return verified, nil, endpointError(err)
	}
	before, err := v.q.VerificationTriedBy(ctx, v.request.Key, v.clinic, v.request.Endpoint)
	if err == nil {
		verified, refusal = v.answerBefore(before)
		return verified, refusal, nil
	}
	if !noRows(err) {
		return verified, nil, err
	}
	last, err := v.q.LastVerification(ctx, v.clinic, v.request.Endpoint)
	if noRows(err) {
		return verified, v.refuse(clinic.CodeExpiredCode, phraseNoCode), nil
	}
	if err != nil {
		return verified, nil, err
	}
	if refusal := v.unusable(last); refusal != nil {
		return verified, refusal, nil
	}
	if !hmac.Equal(last.CodeHash, v.d.hashCode(v.request.Endpoint, v.request.Code)) {
		return verified, v.wrong(len(last.WrongKeys) + 1), v.countWrong(ctx, last.ID)
	}
	verified, err = v.right(ctx, last)
	return verified, nil, err
}

// answerBefore is what the same message got when it brought its code the first time.
func (v *codeCheck) answerBefore(before db.VerificationTriedByRow) (clinic.Verified, error) {
	if !before.Used {
		return clinic.Verified{}, v.wrong(slices.Index(before.WrongKeys, v.request.Key) + 1)
	}
	return clinic.Verified{
		Patient: before.PatientID.UUID, GivenName: before.GivenName, New: before.Enrolled, Unlocked: before.Unlocked,
	}, nil
}

// wrong refuses the try-th wrong code.
func (v *codeCheck) wrong(try int) error {
	if try >= clinic.CodeTries {
		return v.refuse(clinic.CodeExpiredCode, phraseCodeTried)
	}
	return v.refuse(clinic.CodeWrongCode, phraseCodeWrong)
}

// unusable says why a code cannot be tried, or nil.
func (v *codeCheck) unusable(last db.LastVerificationRow) error {
	switch {
	case last.UsedAt != nil:
		return v.refuse(clinic.CodeExpiredCode, phraseCodeUsed)
	case len(last.WrongKeys) >= clinic.CodeTries:
		return v.refuse(clinic.CodeExpiredCode, phraseCodeTried)
	case !v.now.Before(last.ExpiresAt):
		return v.refuse(clinic.CodeExpiredCode, phraseCodeExpired)
	}
	return nil
}

func (v *codeCheck) refuse(code string, key phraseKey) error {
	return clinic.Refuse(code, phrase(v.endpoint.Language, key))
}

func (v *codeCheck) countWrong(ctx context.Context, verification uuid.UUID) error {
	if err := v.q.CountWrongCode(ctx, v.request.Key, v.clinic, verification); err != nil {
		return fmt.Errorf("counting wrong code: %w", err)
	}
	return v.audit.add(ctx, auditEntry{
		actor: v.request.Actor, action: "code.wrong", kind: "verification", subject: verification,
		detail: map[string]any{"conversation": v.endpoint.ConversationID, "endpoint": v.request.Endpoint},
	})
}

// right is what a right code leads to.
func (v *codeCheck) right(ctx context.Context, last db.LastVerificationRow) (clinic.Verified, error) {
	details, err := v.d.openDetails(v.clinic, last.ID, last.Details)
	if err != nil {
		return clinic.Verified{}, err
	}
	verified, err := v.identify(ctx, details)
	if err != nil {
		return clinic.Verified{}, err
	}
	if err := v.recordConsent(ctx, details.Claim, verified.Patient); err != nil {
		return clinic.Verified{}, fmt.Errorf("recording consent: %w", err)
	}
	if verified.Patient != uuid.Nil {
		if verified.Unlocked, err = v.attach(ctx, verified.Patient); err != nil {
			return clinic.Verified{}, err
		}
	}
	err = v.q.UseVerification(ctx, db.UseVerificationParams{
		ClinicID: v.clinic, ID: last.ID, At: &v.now, Key: v.request.Key,
		PatientID: null(verified.Patient), Enrolled: verified.New, Unlocked: verified.Unlocked,
	})
	if err != nil {
		return clinic.Verified{}, fmt.Errorf("using code up: %w", err)
	}
	return verified, v.audit.add(ctx, auditEntry{
		actor: v.actor(verified.Patient), action: "patient.verify", kind: "patient", subject: verified.Patient,
		detail: map[string]any{"verification": last.ID, "conversation": v.endpoint.ConversationID, "endpoint": v.request.Endpoint},
	})
}

// identify finds whom a claim is about, or makes their chart.
func (v *codeCheck) identify(ctx context.Context, details claimDetails) (clinic.Verified, error) {
	claim := details.Claim
	chart, found, err := v.d.chartOf(ctx, v.q, v.clinic, claim)
	switch {
	case err != nil:
		return clinic.Verified{}, err
	case found:
		return clinic.Verified{Patient: chart.ID, GivenName: chart.GivenName}, v.q.MarkPhoneVerified(ctx, &v.now, v.clinic, chart.ID)
	case !details.Enrol || claim.GivenName == "" || claim.FamilyName == "":
		return clinic.Verified{}, nil
	}
	id, err := v.enrol(ctx, claim)
	return clinic.Verified{Patient: id, GivenName: claim.GivenName, New: true}, err
}

// attach makes the endpoint the patient's. What was said before is shown again, but for what was said before the last time
// that somebody else proved to be here than before: there, two patients' words are mixed, and it stays hidden from both.
func (v *codeCheck) attach(ctx context.Context, patient uuid.UUID) (unlocked bool, err error) {
	mixedAfter, err := v.q.SetConversationPatient(ctx, null(patient), v.clinic, v.endpoint.ConversationID)
	if err != nil {
		return false, fmt.Errorf("attaching patient: %w", err)
	}
	err = v.q.VerifyEndpoint(ctx, db.VerifyEndpointParams{
		ClinicID: v.clinic, ID: v.request.Endpoint, PatientID: null(patient), At: &v.now, VisibleAfter: mixedAfter,
	})
	if err != nil {
		return false, fmt.Errorf("raising endpoint's level: %w", err)
	}
	return v.endpoint.VisibleAfter > mixedAfter, nil
}

// actor is the patient, who is known by now.
func (v *codeCheck) actor(patient uuid.UUID) clinic.Actor {
	actor := v.request.Actor
	actor.ID = patient
	return actor
}
