package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Kinds of values by which a patient is found exactly, and the columns in which they are sealed.
const (
	indexPhone       = "phone"      // E.164
	indexBirthDate   = "birth_date" // YYYY-MM-DD
	columnPhone      = "patient.phone"
	columnBirthDate  = "patient.birth_date"
	consentToTexts   = "appointment_texts"
	consentByWebForm = "web_form"
)

// PatientName is the given name of a patient, for addressing them; [clinic.CodeNotFound] when there is no such chart.
func (d *DB) PatientName(ctx context.Context, clinicID, patient uuid.UUID) (string, error) {
	name, err := d.queries(clinicID).PatientGivenName(ctx, clinicID, patient)
	if noRows(err) {
		return "", clinic.Refuse(clinic.CodeNotFound, "We could not find the chart.")
	}
	if err != nil {
		return "", fmt.Errorf("reading patient's name: %w", err)
	}
	return name, nil
}

// chartOf finds the chart that a claim proves: the number and the date of birth are the evidence. Names decide between
// several, such as twins with one number, and keep one twin out of the other's only chart; ok is false when there is none, or
// names leave it open.
func (d *DB) chartOf(ctx context.Context, q *db.Queries, clinicID uuid.UUID, claim clinic.Claim) (chart db.PatientsByPhoneAndBirthDateRow, ok bool, err error) {
	charts, err := q.PatientsByPhoneAndBirthDate(ctx, clinicID,
		d.index(clinicID, indexPhone, claim.Phone), d.index(clinicID, indexBirthDate, claim.BirthDate.String()))
	if err != nil {
		return chart, false, fmt.Errorf("looking for the chart: %w", err)
	}
	if len(charts) == 1 {
		return charts[0], mayBe(charts[0].GivenName, charts[0].FamilyName, claim), nil
	}
	for _, c := range charts {
		if sameName(c.GivenName, c.FamilyName, claim) {
			return c, true, nil // of two charts for one person, the older one
		}
	}
	return chart, false, nil
}

// sameName compares names without case, accents, spaces and punctuation.
func sameName(given, family string, claim clinic.Claim) bool {
	return plainName(given) == plainName(claim.GivenName) && plainName(family) == plainName(claim.FamilyName)
}

// lettersAlike is how many first letters make two given names versions of one: Sam and Samuel, Jon and Jonathan.
const lettersAlike = 3

// mayBe reports whether a claim's given name can be that of a chart: it is none, the same, the short form of the other, or, in
// the same family, begins alike.
func mayBe(given, family string, claim clinic.Claim) bool {
	known, said := plainName(given), plainName(claim.GivenName)
	if said == "" || said == known {
		return true
	}
	if alike := sharedLetters(known, said); alike < lettersAlike {
		return false
	}
	if strings.HasPrefix(known, said) || strings.HasPrefix(said, known) {
		return true
	}
	return claim.FamilyName != "" && plainName(family) == plainName(claim.FamilyName)
}

// sharedLetters is how many letters two names begin with alike.
func sharedLetters(a, b string) int {
	others := []rune(b)
	for i, letter := range []rune(a) {
		if i == len(others) || others[i] != letter {
			return i
		}
	}
	return len([]rune(a))
}

func plainName(name string) string {
	decomposed := norm.NFKD.String(cases.Fold().String(name))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, decomposed)
}

// enrol makes a chart for a claim whose number is proven. When it looks like somebody whom the clinic knows already, staff
// get a task to look, and the chart says so.
func (v *codeCheck) enrol(ctx context.Context, claim clinic.Claim) (uuid.UUID, error) {
	double, err := v.resembles(ctx, claim)
	if err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	phoneIndex := v.d.index(v.clinic, indexPhone, claim.Phone)
	err = v.q.EnrolPatient(ctx, db.EnrolPatientParams{
		ClinicID: v.clinic, ID: id, GivenName: claim.GivenName, FamilyName: claim.FamilyName,
		BirthDate:      v.d.seal(v.clinic, columnBirthDate, id, []byte(claim.BirthDate.String())),
		BirthDateIndex: v.d.index(v.clinic, indexBirthDate, claim.BirthDate.String()),
		Phone:          v.d.seal(v.clinic, columnPhone, id, []byte(claim.Phone)),
		PhoneIndex:     phoneIndex,
		At:             &v.now, Language: cmp.Or(claim.Language, v.endpoint.Language), PossibleDuplicate: double,
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("enrolling patient: %w", err)
	}
	if double {
		if err := v.reportDouble(ctx, id); err != nil {
			return uuid.Nil, err
		}
	}
	return id, v.audit.add(ctx, auditEntry{
		actor: v.actor(id), action: "patient.enrol", kind: "patient", subject: id,
		detail: map[string]any{"conversation": v.endpoint.ConversationID, "possible_duplicate": double},
	})
}

// resembles reports whether there is a chart with the same number, or with the same name and date of birth.
func (v *codeCheck) resembles(ctx context.Context, claim clinic.Claim) (bool, error) {
	known, err := v.q.PhoneIsKnown(ctx, v.clinic, v.d.index(v.clinic, indexPhone, claim.Phone))
	if err != nil || known {
		return known, err
	}
	sameDay, err := v.q.PatientsByBirthDate(ctx, v.clinic, v.d.index(v.clinic, indexBirthDate, claim.BirthDate.String()))
	if err != nil {
		return false, err
	}
	for _, c := range sameDay {
		if sameName(c.GivenName, c.FamilyName, claim) {
			return true, nil
		}
	}
	return false, nil
}

func (v *codeCheck) reportDouble(ctx context.Context, id uuid.UUID) error {
	_, err := v.d.addTask(ctx, v.q, v.audit, v.clinic, clinic.Task{
		Kind: "duplicate", Conversation: v.endpoint.ConversationID, Patient: id, Key: "duplicate/" + id.String(),
		Details: "A new chart was made in the chat after the number was verified. There is another one with the same number, " +
			"or with the same name and date of birth. Please compare the two and merge them if they are one person's.",
	})
	return err
}

// recordConsent writes down what the patient agreed to about texts, if they did.
func (v *codeCheck) recordConsent(ctx context.Context, claim clinic.Claim, patient uuid.UUID) error {
	if claim.Consent == "" {
		return nil
	}
	return v.q.InsertConsent(ctx, db.InsertConsentParams{
		ClinicID: v.clinic, ID: uuid.Must(uuid.NewV7()), PatientID: null(patient), PhoneIndex: v.d.index(v.clinic, indexPhone, claim.Phone),
		Purpose: consentToTexts, Wording: claim.Consent, Source: consentByWebForm, Given: true, At: v.now,
	})
}
