package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// auditLine is what a log line says of an audit row.
type auditLine struct {
	Level      string
	AuditEvent struct {
		ID, At, Clinic, Actor, Channel, Action, Subject, Detail string
		ActorKind                                               string `json:"actor_kind"`
		SubjectKind                                             string `json:"subject_kind"`
	}
}

func auditLines(t *testing.T, log *bytes.Buffer) []auditLine {
	t.Helper()
	var lines []auditLine
	for text := range strings.Lines(log.String()) {
		var line auditLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line.AuditEvent.ID != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestAuditRowsAreLoggedTooWithoutWords(t *testing.T) {
	t.Parallel()
	log := &bytes.Buffer{}
	quiet := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))
	c := anotherClinic(t, storetest.OpenWith(t, func(config *postgres.Config) { config.Logger = quiet }))
	c.Clock.Set(morning)
	s := c.openSession("")
	c.say(s, "xylophone")
	verified := c.verify(s, jane)
	lines := auditLines(t, log)

	rows := read[int](c, "select count(*) from audit")
	if len(lines) != 3 || rows != 3 {
		t.Fatalf("%d lines and %d rows, want 3 and 3:\n%s", len(lines), rows, log)
	}
	for i, action := range []string{"code.sent", "patient.enrol", "patient.verify"} {
		line := lines[i].AuditEvent
		row := read[string](c, "select concat_ws(' ', action, actor_kind, actor_id, channel, subject_kind, subject_id) from audit where id = $1", line.ID)
		said := strings.Join(strings.Fields(strings.Join([]string{line.Action, line.ActorKind, line.Actor, line.Channel, line.SubjectKind, line.Subject}, " ")), " ")
		if line.Action != action || row != said || line.Clinic != c.id.String() || line.At != morning.Format(time.RFC3339Nano) {
			t.Errorf("line %+v, row %s", line, row)
		}
	}
	if lines[2].AuditEvent.Actor != verified.Patient.String() {
		t.Errorf("who verified is not said: %+v", lines[2])
	}
	everything := log.String() + read[string](c, "select string_agg(audit::text, '') from audit")
	for _, secret := range []string{"xylophone", "Jane", "Doe", "2125550123", "1980"} {
		if strings.Contains(everything, secret) {
			t.Errorf("the audit tells %q", secret)
		}
	}
}

func TestWhatIsRolledBackIsNotLogged(t *testing.T) {
	t.Parallel()
	log := &bytes.Buffer{}
	c := anotherClinic(t, storetest.OpenWith(t, func(config *postgres.Config) { config.Logger = slog.New(slog.NewJSONHandler(log, nil)) }))
	failed := errors.New("on second thoughts")
	err := c.DB.Audited(context.Background(), c.id, clinic.Actor{Kind: "system"}, "patient.read", uuid.New(), failed)
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if rows := read[int](c, "select count(*) from audit"); rows != 0 || len(auditLines(t, log)) != 0 {
		t.Errorf("%d rows and log %s", rows, log)
	}
}

func TestAuditRowsStay(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	if err := c.DB.Audited(context.Background(), c.id, clinic.Actor{Kind: "system"}, "patient.read", uuid.New(), nil); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"update audit set action = 'nothing'", "delete from audit", "truncate audit"} {
		if _, err := c.DB.Scope(c.id).Exec(context.Background(), sql); err == nil {
			t.Errorf("the application may %s", sql)
		}
	}
}
