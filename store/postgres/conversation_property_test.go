package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/chat"
)

// turnModel drives one conversation through everything that happens to conversations, in any order, and checks after
// each step what must always hold.
type turnModel struct {
	*chatClinic
	session  chat.Session
	workers  []uuid.UUID
	claims   []chat.Claim     // of living and dead workers, the last one is the newest
	sent     []chat.Inbound   // accepted
	answered map[int64]string // seq of a patient's message to the reply that covers it
}

// TestTurnsInAnyOrder: whatever messages, claims, crashes and late answers come in whatever order, each message is answered
// once, by the turn that held the lease, in order.
func TestTurnsInAnyOrder(t *testing.T) {
	steps(t, 40)
	c := newChatClinic(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &turnModel{chatClinic: c, session: c.openSession(""), answered: map[int64]string{}}
		m.workers = []uuid.UUID{c.worker(), c.worker()}
		rt.Repeat(map[string]func(*rapid.T){
			"message": func(*rapid.T) {
				m.sent = append(m.sent, m.inbound(m.session, strconv.Itoa(len(m.sent))))
				m.put(m.sent[len(m.sent)-1])
			},
			"again":     m.sendAgain,
			"claim":     m.claimBy,
			"complete":  m.completeAny,
			"give back": m.giveBackAny,
			"die":       m.die,
			"":          m.check,
		})
		m.finish(rt)
	})
}

// sendAgain repeats a message, as a browser does that got no receipt.
func (m *turnModel) sendAgain(rt *rapid.T) {
	if len(m.sent) == 0 {
		rt.Skip("nothing was sent")
	}
	if in := rapid.SampledFrom(m.sent).Draw(rt, "message"); !m.put(in).Duplicate {
		rt.Fatalf("message %s was accepted twice", in.Text)
	}
}

func (m *turnModel) claimBy(rt *rapid.T) {
	worker := rapid.SampledFrom(m.workers).Draw(rt, "worker")
	claim, err := m.DB.Claim(context.Background(), m.args(m.session), worker, lease)
	switch {
	case errors.Is(err, chat.ErrNotClaimed):
	case err != nil:
		rt.Fatal(err)
	default:
		m.claims = append(m.claims, claim)
	}
}

// completeAny lets any claim ever made try to answer. Only the newest may succeed.
func (m *turnModel) completeAny(rt *rapid.T) {
	if len(m.claims) == 0 {
		rt.Skip("nothing was claimed")
	}
	i := rapid.IntRange(0, len(m.claims)-1).Draw(rt, "claim")
	claim := m.claims[i]
	done := completion(claim, chat.Body{Text: "answer to " + strconv.FormatInt(claim.Epoch, 10)})
	_, err := m.DB.Complete(context.Background(), done)
	if errors.Is(err, chat.ErrLostLease) {
		return
	}
	if err != nil || i != len(m.claims)-1 {
		rt.Fatalf("claim %d of %d was completed: %v", i+1, len(m.claims), err)
	}
	for _, message := range claim.Since {
		if message.Role != chat.RolePatient {
			continue
		}
		if before, twice := m.answered[message.Seq]; twice {
			rt.Fatalf("message %d was answered twice, first by %q", message.Seq, before)
		}
		m.answered[message.Seq] = done.Messages[0].Text
	}
}

func (m *turnModel) giveBackAny(rt *rapid.T) {
	if len(m.claims) == 0 {
		rt.Skip("nothing was claimed")
	}
	i := rapid.IntRange(0, len(m.claims)-1).Draw(rt, "claim")
	err := m.DB.GiveBack(context.Background(), m.claims[i], 0)
	if err == nil && i != len(m.claims)-1 || err != nil && !errors.Is(err, chat.ErrLostLease) {
		rt.Fatalf("claim %d of %d was given back: %v", i+1, len(m.claims), err)
	}
}

// die silences a worker, and another one comes.
func (m *turnModel) die(rt *rapid.T) {
	i := rapid.IntRange(0, len(m.workers)-1).Draw(rt, "worker")
	m.silence(m.workers[i])
	m.workers[i] = m.worker()
}

func (m *turnModel) check(rt *rapid.T) {
	messages := m.messages(m.session)
	patients := 0
	for i, message := range messages {
		if message.Seq != int64(i)+1 {
			rt.Fatalf("message %d has seq %d", i+1, message.Seq)
		}
		if message.Role != chat.RolePatient {
			continue
		}
		if message.Body.Text != strconv.Itoa(patients) {
			rt.Fatalf("the patient's message %d is %q", patients, message.Body.Text)
		}
		patients++
	}
	if patients != len(m.sent) {
		rt.Fatalf("%d messages were sent, and %d are there", len(m.sent), patients)
	}
	if replies := len(messages) - 1 - patients; replies > len(m.claims) {
		rt.Fatalf("%d replies to %d claims", replies, len(m.claims))
	}
}

// finish lets a worker that lives answer what is left: a sweep must find it.
func (m *turnModel) finish(rt *rapid.T) {
	for _, w := range m.workers {
		m.silence(w)
	}
	due, err := m.DB.Due(context.Background(), lease, 1000)
	if err != nil {
		rt.Fatal(err)
	}
	if waits := slices.Contains(due, m.args(m.session)); waits != (len(m.answered) < len(m.sent)) {
		rt.Fatalf("%d of %d messages are answered, and it is due: %v", len(m.answered), len(m.sent), waits)
	}
	if len(m.answered) < len(m.sent) {
		m.reply(m.session, chat.Body{Text: "last"})
	}
	if left := read[int64](m.chatClinic, "select asked_seq - answered_seq from conversation where id = $1", m.session.Conversation.ID); left > 0 {
		rt.Fatalf("%d are unanswered at the end", left)
	}
}
