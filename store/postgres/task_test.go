package postgres_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

func TestATaskIsOpenedOnce(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(time.Date(2026, 12, 4, 21, 30, 0, 0, time.UTC)) // Friday, 16:30 in New York
	s := c.openSession("")
	task := clinic.Task{Kind: "callback", Conversation: s.Conversation.ID, Details: "Wants to talk about the knee.", Key: "conversation/callback/2"}
	want := time.Date(2026, 12, 7, 14, 30, 0, 0, time.UTC) // Monday, 9:30
	var got [8]time.Time
	together(len(got), func(i int) {
		var err error
		if got[i], err = c.DB.OpenTask(context.Background(), c.id, task); err != nil {
			t.Error(err)
		}
	})
	for _, expected := range got {
		if !expected.Equal(want) {
			t.Errorf("expected at %v, want %v", expected, want)
		}
	}
	c.Clock.Advance(72 * time.Hour)
	if again, err := c.DB.OpenTask(context.Background(), c.id, task); err != nil || !again.Equal(want) {
		t.Errorf("asked again on Monday: %v, %v, want what the patient was told", again, err)
	}
	if n, audits := c.count("task", s.Conversation.ID), c.audited("task.open"); n != 1 || audits != 1 {
		t.Errorf("%d tasks and %d audit rows, want 1 and 1", n, audits)
	}
	if sealed := read[[]byte](c, "select details from task"); bytes.Contains(sealed, []byte("knee")) {
		t.Error("the details can be read in the database")
	}
}

func TestOneTaskOfAKindIsOpenInAConversation(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(time.Date(2026, 12, 4, 15, 0, 0, 0, time.UTC)) // Friday, 10:00 in New York
	s, other := c.openSession(""), c.openSession("")
	ask := func(s chat.Session, kind string) time.Time {
		expected, err := c.DB.OpenTask(context.Background(), c.id, clinic.Task{Kind: kind, Conversation: s.Conversation.ID, Details: "x", Key: uuid.NewString()})
		if err != nil {
			t.Fatal(err)
		}
		return expected
	}
	first := ask(s, "alert")
	c.Clock.Advance(time.Hour)
	if again := ask(s, "alert"); !again.Equal(first) || c.count("task", s.Conversation.ID) != 1 || c.audited("task.open") != 1 {
		t.Errorf("a second alert is expected at %v, with %d tasks, want %v and 1", again, c.count("task", s.Conversation.ID), first)
	}
	ask(s, "callback")
	ask(other, "alert")
	if here, there := c.count("task", s.Conversation.ID), c.count("task", other.Conversation.ID); here != 2 || there != 1 {
		t.Errorf("%d tasks of two kinds here and %d in another conversation, want 2 and 1", here, there)
	}
	for i, state := range []string{"acknowledged", "done"} {
		c.exec("update task set state = $2 where conversation_id = $1 and kind = 'alert'", s.Conversation.ID, state)
		if later := ask(s, "alert"); !later.After(first) || c.count("task", s.Conversation.ID) != 3+i {
			t.Errorf("after the earlier ones were %s: expected at %v, %d tasks, want a new one", state, later, c.count("task", s.Conversation.ID))
		}
	}
}

func TestWhatIsSaidLaterIsAddedToTheOpenTask(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	for _, details := range []string{"Wants to be called.", "At +12125550133.", "Wants to be called."} {
		task := clinic.Task{Kind: "callback", Conversation: s.Conversation.ID, Details: details, Key: uuid.NewString()}
		for range 2 { // the turn may run again
			if _, err := c.DB.OpenTask(context.Background(), c.id, task); err != nil {
				t.Fatal(err)
			}
		}
	}
	id := read[uuid.UUID](c, "select id from task")
	place := append(append(c.id[:], id[:]...), "task.details"...)
	got, err := c.Keys.Open(read[[]byte](c, "select details from task"), place)
	if want := "Wants to be called.\n\nAt +12125550133."; err != nil || string(got) != want {
		t.Errorf("staff read %q, %v, want %q", got, err, want)
	}
}

func TestTasksKeepToTheClinicsHours(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(time.Date(2026, 12, 25, 3, 0, 0, 0, time.UTC)) // Thursday evening in New York
	c.exec(`update clinic set settings = '{"staffed_hours": {"friday": [["08:00", "12:00"]], "saturday": [["10:00", "10:30"], ["11:00", "14:00"]]}}'`)
	c.exec("insert into date_override (clinic_id, id, day, closed, reason) values ($1, $2, '2026-12-25', true, 'Christmas Day')", c.id, uuid.New())
	got, err := c.DB.OpenTask(context.Background(), c.id, clinic.Task{Kind: "alert", Details: "x"})
	if want := time.Date(2026, 12, 26, 16, 30, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("expected at %v, %v, want Saturday 11:30", got, err)
	}
}

func TestTasksWithoutAKeyAreSeveral(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	told := time.Date(2027, 1, 4, 15, 0, 0, 0, time.UTC)
	for range 2 {
		got, err := c.DB.OpenTask(context.Background(), c.id, clinic.Task{Kind: "callback", Details: "x", Expected: told})
		if err != nil || !got.Equal(told) {
			t.Errorf("expected at %v, %v, want %v", got, err, told)
		}
	}
	if n := read[int](c, "select count(*) from task"); n != 2 {
		t.Errorf("%d tasks, want 2", n)
	}
	if _, err := c.DB.OpenTask(context.Background(), uuid.New(), clinic.Task{Kind: "callback"}); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("a clinic that there is not: %v", err)
	}
}
