package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// How long a code works and how often one may be tried and asked for. Six digits, five tries and ten codes a day leave
// somebody who guesses a chance of 1 in 20,000 a day at one number. An address may be that of a whole family or clinic.
const (
	codeLife          = 10 * time.Minute
	codesRecently     = 15 * time.Minute
	codesLately       = 24 * time.Hour
	numberMaxRecently = 5
	numberMaxLately   = 10
	endpointMaxLately = 15
	callerMaxRecently = 20
	callerMaxLately   = 200 // a mobile network has many behind one
	clinicMaxMinute   = 120 // texts cost money, whoever asks for them
)

const columnDetails = "verification.details"

// claimDetails is what a verification remembers of its request, sealed.
type claimDetails struct {
	Claim clinic.Claim `json:"claim"`
	Enrol bool         `json:"enrol"`
}

// codeRequest is one run of [DB.BeginVerification].
type codeRequest struct {
	d        *DB
	tx       pgx.Tx
	q        *db.Queries
	audit    *auditTrail
	clinic   uuid.UUID
	request  clinic.VerifyRequest
	endpoint db.LockEndpointRow
	now      time.Time
}

// BeginVerification sends a one-time code to the number of a claim, in the transaction that records it. No chart is looked
// for, so that the answer and the time it takes are the same whether or not there is such a patient. The same key again
// sends nothing and gets the same answer, and so does a request for a number that had enough codes. [clinic.CodeRateLimited]
// when too many were asked for at this endpoint, from its address, or in the whole clinic; [clinic.CodeNotFound] when another
// code is wanted and there was none before.
func (d *DB) BeginVerification(ctx context.Context, clinicID uuid.UUID, r clinic.VerifyRequest) (clinic.Verification, error) {
	if r.Key == "" {
		return clinic.Verification{}, errors.New("beginning verification: the request has no key")
	}
	var sent clinic.Verification
	err := d.auditedTx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		request := codeRequest{d: d, tx: tx, q: q, audit: audit, clinic: clinicID, request: r, now: d.now()}
		sent, err = request.run(ctx)
		return err
	})
	if err != nil {
		return clinic.Verification{}, fmt.Errorf("beginning verification: %w", err)
	}
	return sent, nil
}

func (c *codeRequest) run(ctx context.Context) (sent clinic.Verification, err error) {
	if c.endpoint, err = c.q.LockEndpoint(ctx, c.clinic, c.request.Endpoint); err != nil {
		return sent, endpointError(err)
	}
	before, err := c.q.VerificationAskedBy(ctx, c.clinic, c.request.Endpoint, c.request.Key)
	if err == nil {
		details, err := c.d.openDetails(c.clinic, before.ID, before.Details)
		return announce(before.ID, before.ExpiresAt, details.Claim.Phone), err
	}
	if !noRows(err) {
		return sent, err
	}
	details, err := c.details(ctx)
	if err != nil {
		return sent, err
	}
	number := c.d.index(c.clinic, indexPhone, details.Claim.Phone)
	send, err := c.mayAsk(ctx, number)
	if err != nil {
		return sent, err
	}
	if !send {
		return c.withhold(ctx, c.issue(details, number))
	}
	return c.send(ctx, c.issue(details, number))
}

// endpointError says what it means that an endpoint was not found.
func endpointError(err error) error {
	if noRows(err) {
		return refuseMessage(chat.CodeEnded, "")
	}
	return err
}

// details are those of the request, or of the last one at this endpoint when only another code is wanted.
func (c *codeRequest) details(ctx context.Context) (claimDetails, error) {
	if !c.request.Again {
		return claimDetails{Claim: c.request.Claim, Enrol: c.request.Enrol}, nil
	}
	last, err := c.q.LastVerification(ctx, c.clinic, c.request.Endpoint)
	if noRows(err) {
		return claimDetails{}, clinic.Refuse(clinic.CodeNotFound, phrase(c.endpoint.Language, phraseNoCode))
	}
	if err != nil {
		return claimDetails{}, err
	}
	details, err := c.d.openDetails(c.clinic, last.ID, last.Details)
	details.Enrol = details.Enrol || c.request.Enrol
	return details, err
}

// mayAsk holds the limits of whoever asks, and says whether the number may get another text. The address and the number
// are locked, so that requests at several endpoints are counted one after the other.
func (c *codeRequest) mayAsk(ctx context.Context, number []byte) (send bool, err error) {
	for _, counted := range [][]byte{c.endpoint.CallerIndex, number} {
		if counted == nil {
			continue
		}
		if err := c.q.LockCounted(ctx, counted); err != nil {
			return false, fmt.Errorf("waiting to count codes: %w", err)
		}
	}
	counts, err := c.q.CountCodes(ctx, db.CountCodesParams{
		ClinicID: c.clinic, PhoneIndex: number, EndpointID: c.request.Endpoint, CallerIndex: c.endpoint.CallerIndex,
		Recently: c.now.Add(-codesRecently), Lately: c.now.Add(-codesLately), LastMinute: c.now.Add(-time.Minute),
	})
	if err != nil {
		return false, fmt.Errorf("counting codes: %w", err)
	}
	if counts.OwnRecently >= numberMaxRecently || counts.OwnLately >= numberMaxLately || // whoever had them all knows of them
		counts.EndpointLately >= endpointMaxLately || counts.ClinicLastMinute >= clinicMaxMinute ||
		counts.CallerRecently >= callerMaxRecently || counts.CallerLately >= callerMaxLately {
		return false, clinic.Refuse(clinic.CodeRateLimited, phrase(c.endpoint.Language, phraseManyCodes))
	}
	return counts.NumberRecently < numberMaxRecently && counts.NumberLately < numberMaxLately, nil
}

// send records the code and queues the text that carries it.
func (c *codeRequest) send(ctx context.Context, issued issuedCode) (clinic.Verification, error) {
	if err := c.record(ctx, issued); err != nil {
		return clinic.Verification{}, err
	}
	of, err := readClinic(ctx, c.q, c.clinic)
	if err != nil {
		return clinic.Verification{}, err
	}
	args, err := c.d.addDelivery(ctx, c.q, c.clinic, chat.Delivery{
		Conversation: c.endpoint.ConversationID, Channel: chat.SMS, To: issued.details.Claim.Phone, Purpose: "code",
		Text: fmt.Sprintf(phrase(c.endpoint.Language, phraseCodeText), of.Name, issued.code, int(codeLife.Minutes())),
	})
	if err != nil {
		return clinic.Verification{}, err
	}
	if err := c.d.dispatch(ctx, c.tx, args); err != nil {
		return clinic.Verification{}, err
	}
	err = c.audit.add(ctx, auditEntry{
		actor: c.request.Actor, action: "code.sent", kind: "verification", subject: issued.id,
		detail: map[string]any{"conversation": c.endpoint.ConversationID, "endpoint": c.request.Endpoint, "delivery": args.Delivery},
	})
	return issued.announce(), err
}

// withhold records a code that goes nowhere, because the number had enough of them. Saying so would tell a stranger that
// the number is in use here. The last code that this endpoint got for the number keeps working, with the tries it has left.
func (c *codeRequest) withhold(ctx context.Context, issued issuedCode) (clinic.Verification, error) {
	last, err := c.q.LastVerification(ctx, c.clinic, c.request.Endpoint)
	if err != nil && !noRows(err) {
		return clinic.Verification{}, err
	}
	works := last.UsedAt == nil && c.now.Before(last.ExpiresAt) && len(last.WrongKeys) < clinic.CodeTries
	if works && bytes.Equal(last.PhoneIndex, issued.number) {
		issued.hash, issued.wrong, issued.expires = last.CodeHash, last.WrongKeys, last.ExpiresAt
	}
	issued.withheld = true
	if err := c.record(ctx, issued); err != nil {
		return clinic.Verification{}, err
	}
	err = c.audit.add(ctx, auditEntry{
		actor: c.request.Actor, action: "code.withheld", kind: "verification", subject: issued.id,
		detail: map[string]any{"conversation": c.endpoint.ConversationID, "endpoint": c.request.Endpoint},
	})
	return issued.announce(), err
}

// issuedCode is a code with all that is recorded of it.
type issuedCode struct {
	id       uuid.UUID
	code     string
	hash     []byte
	wrong    []string // messages that tried it and failed
	number   []byte   // its index
	expires  time.Time
	details  claimDetails
	withheld bool
}

func (c *codeRequest) issue(details claimDetails, number []byte) issuedCode {
	code := newCode()
	return issuedCode{
		id: uuid.Must(uuid.NewV7()), code: code, hash: c.d.hashCode(c.request.Endpoint, code), wrong: []string{},
		number: number, expires: c.now.Add(codeLife), details: details,
	}
}

func (i issuedCode) announce() clinic.Verification {
	return announce(i.id, i.expires, i.details.Claim.Phone)
}

func (c *codeRequest) record(ctx context.Context, issued issuedCode) error {
	plaintext, err := json.Marshal(issued.details)
	if err != nil {
		return errors.New("encoding the claim failed") // the encoder's error could quote from it
	}
	err = c.q.InsertVerification(ctx, db.InsertVerificationParams{
		ClinicID: c.clinic, ID: issued.id, EndpointID: c.request.Endpoint, Key: c.request.Key,
		PhoneIndex: issued.number, CallerIndex: c.endpoint.CallerIndex, Sent: !issued.withheld,
		Details:  c.d.seal(c.clinic, columnDetails, issued.id, plaintext),
		CodeHash: issued.hash, WrongKeys: issued.wrong, ExpiresAt: issued.expires, CreatedAt: c.now,
	})
	if err != nil {
		return fmt.Errorf("recording code: %w", err)
	}
	return nil
}

func (d *DB) openDetails(clinicID, verification uuid.UUID, sealed []byte) (claimDetails, error) {
	plaintext, err := d.open(clinicID, columnDetails, verification, sealed)
	if err != nil {
		return claimDetails{}, fmt.Errorf("opening the claim: %w", err)
	}
	var details claimDetails
	if json.Unmarshal(plaintext, &details) != nil { // its error would quote from the claim
		return claimDetails{}, errors.New("decoding the claim: it is not what was sealed once")
	}
	return details, nil
}

// announce is what may be said of a code on its way.
func announce(id uuid.UUID, expires time.Time, phone string) clinic.Verification {
	return clinic.Verification{ID: id, Expires: expires, LastDigits: phone[max(0, len(phone)-2):]}
}

// newCode makes six digits that nobody can foresee.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("postgres: since Go 1.24 reading random bytes cannot fail: " + err.Error())
	}
	return fmt.Sprintf("%06d", n)
}

// hashCode is what is kept of a code: a million codes are soon tried, but not without the key ring.
func (d *DB) hashCode(endpoint uuid.UUID, code string) []byte {
	return d.keys.Index("verification.code/"+endpoint.String(), code)
}
