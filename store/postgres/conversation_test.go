package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

func TestClaimBringsWhatIsUnanswered(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	c.say(s, "Anybody there?")
	got := c.claim(s, c.worker())

	all := c.messages(s)
	want := chat.Claim{
		Conversation: chat.Conversation{Clinic: c.id, ID: s.Conversation.ID, Seq: 3, Answered: 1, Language: "en"},
		Endpoint:     s.Endpoint, Epoch: 1, Attempt: 1, Since: all[1:],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claim (-want +got):\n%s", diff)
	}
}

func TestClaimComesFromWhereTheLastMessageCameFrom(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	phone := chat.Session{Conversation: s.Conversation, Endpoint: chat.Endpoint{
		ID: uuid.New(), Conversation: s.Conversation.ID, Channel: chat.SMS, Level: chat.LevelNumber, VisibleAfter: 1,
	}}
	c.exec(`insert into endpoint (clinic_id, id, conversation_id, channel, level, visible_after) values ($1, $2, $3, 'sms', 1, 1)`,
		c.id, phone.Endpoint.ID, s.Conversation.ID)
	c.say(s, "from the website")
	in := c.inbound(phone, "and from the phone")
	in.Channel = chat.SMS
	c.put(in)
	claim := c.claim(s, c.worker())
	if diff := cmp.Diff(phone.Endpoint, claim.Endpoint); diff != "" {
		t.Errorf("endpoint (-want +got):\n%s", diff)
	}
	if reply := c.complete(completion(claim, chat.Body{Text: "Hello."}))[0]; reply.Channel != chat.SMS {
		t.Errorf("the reply goes by %s", reply.Channel)
	}
}

func TestOnlyOneOfManyWorkersClaims(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	const many = 10
	var workers [many]uuid.UUID
	for i := range workers {
		workers[i] = c.worker()
	}
	var errs [many]error
	together(many, func(i int) { _, errs[i] = c.DB.Claim(context.Background(), c.args(s), workers[i], lease) })
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, chat.ErrNotClaimed):
			t.Fatal(err)
		}
	}
	if epoch := read[int64](c, "select epoch from conversation where id = $1", s.Conversation.ID); won != 1 || epoch != 1 {
		t.Errorf("%d workers claimed, the epoch is %d, want 1 and 1", won, epoch)
	}
}

func TestNothingToClaim(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	stranger := anotherClinic(t, c.Env)
	worker := c.worker()
	quiet, taken, foreign, ended, answered := c.openSession(""), c.openSession(""), c.openSession(""), c.openSession(""), c.openSession("")
	for _, s := range []chat.Session{taken, foreign, ended, answered} {
		c.say(s, "Hello?")
	}
	c.exec("update conversation set human_id = $2, human_until = now() + interval '1 minute' where id = $1", taken.Conversation.ID, uuid.New())
	if err := c.DB.EndSession(context.Background(), c.id, ended.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	c.reply(answered, chat.Body{Text: "Hello."})
	for name, args := range map[string]chat.TurnArgs{
		"only a greeting":     c.args(quiet),
		"a person is at it":   c.args(taken),
		"another clinic":      {Clinic: stranger.id, Conversation: foreign.Conversation.ID},
		"ended":               c.args(ended),
		"answered":            c.args(answered),
		"no such one":         {Clinic: c.id, Conversation: uuid.New()},
		"no clinic whatsever": {Conversation: foreign.Conversation.ID},
	} {
		if claim, err := c.DB.Claim(context.Background(), args, worker, lease); !errors.Is(err, chat.ErrNotClaimed) {
			t.Errorf("%s: %+v, %v", name, claim, err)
		}
	}
	c.exec("update conversation set human_until = now() - interval '1 second' where id = $1", taken.Conversation.ID)
	c.claim(taken, worker) // the person's lease lapsed
}

func TestClaimBeforeItIsDue(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	in := c.inbound(s, "wait for more")
	in.DueAfter = time.Hour
	c.put(in)
	worker := c.worker()
	claim, err := c.DB.Claim(context.Background(), c.args(s), worker, lease)
	if err != nil || claim.DueIn < 59*time.Minute || claim.DueIn > time.Hour {
		t.Errorf("due in %v, %v, want nearly an hour", claim.DueIn, err)
	}
	if leased := read[bool](c, "select worker_id is not null or epoch > 0 from conversation where id = $1", s.Conversation.ID); leased {
		t.Error("it was leased before it was due")
	}
	c.exec("update conversation set due_at = now() where id = $1", s.Conversation.ID)
	c.claim(s, worker)
}

func TestLeasesLiveAsLongAsTheirWorkerBeats(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	first, second := c.worker(), c.worker()
	lost := c.claim(s, first)
	if _, err := c.DB.Claim(context.Background(), c.args(s), second, lease); !errors.Is(err, chat.ErrNotClaimed) {
		t.Fatalf("claiming what another has: %v", err)
	}
	if again := c.claim(s, first); again.Epoch != 2 || again.Attempt != 2 {
		t.Errorf("the same worker claims again: epoch %d, attempt %d, want 2 and 2", again.Epoch, again.Attempt)
	}
	c.silence(first)
	taken := c.claim(s, second)
	if taken.Epoch != 3 || taken.Attempt != 3 || len(taken.Since) != 1 {
		t.Errorf("taken over: %+v", taken)
	}
	_ = c.DB.Beat(context.Background(), first) // it wakes up again
	for _, stale := range []int64{1, 2} {
		lost.Epoch = stale
		if _, err := c.DB.Complete(context.Background(), completion(lost, chat.Body{Text: "late"})); !errors.Is(err, chat.ErrLostLease) {
			t.Errorf("completing epoch %d: %v", stale, err)
		}
		if err := c.DB.GiveBack(context.Background(), lost, 0); !errors.Is(err, chat.ErrLostLease) {
			t.Errorf("giving epoch %d back: %v", stale, err)
		}
	}
	c.complete(completion(taken, chat.Body{Text: "in time"}))
}

func TestALostLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	claim := c.claim(s, c.worker())
	c.exec("update conversation set epoch = epoch + 1 where id = $1", s.Conversation.ID)
	before := read[string](c, "select conversation::text from conversation where id = $1", s.Conversation.ID)

	done := completion(claim, chat.Body{Text: "lost", Options: []chat.Option{{Label: "x", Kind: chat.OptionChoice}}})
	done.State = json.RawMessage(`{"lost":true}`)
	done.Deliveries = []chat.Delivery{{Channel: chat.SMS, To: "+12125550123", Text: "lost", Purpose: "reply"}}
	if _, err := c.DB.Complete(context.Background(), done); !errors.Is(err, chat.ErrLostLease) {
		t.Fatalf("completing: %v", err)
	}
	for table, want := range map[string]int{"message": 2, "message_option": 0, "turn": 0, "delivery": 0} {
		if n := c.count(table, s.Conversation.ID); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
	if n := c.jobs("deliver"); n != 0 {
		t.Errorf("%d deliveries are queued", n)
	}
	if after := read[string](c, "select conversation::text from conversation where id = $1", s.Conversation.ID); after != before {
		t.Errorf("the conversation changed from\n%s to\n%s", before, after)
	}
}

func TestCompleteWritesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Quiero una cita.")
	claim := c.claim(s, c.worker())
	done := completion(claim,
		chat.Body{Text: "Elija:", Options: []chat.Option{{ID: uuid.NewString(), Label: "mar 1 dic 9:00", Kind: chat.OptionSlot}, {Label: "Otro", Kind: chat.OptionChoice}}},
		chat.Body{Text: "¿Quién es?", Form: &chat.Form{Fields: []chat.Field{{Name: chat.FieldPhoneName, Type: chat.FieldPhone}}}})
	done.State, done.Language = json.RawMessage(`{"step":"choose"}`), "es"
	done.Deliveries = []chat.Delivery{{Conversation: s.Conversation.ID, Channel: chat.SMS, To: "+12125550123", Text: "Hola", Purpose: "reply"}}
	messages := c.complete(done)

	if diff := cmp.Diff(messages, c.messages(s)[2:], cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
		t.Errorf("messages (-returned +stored):\n%s", diff)
	}
	for i, m := range messages {
		if m.Seq != int64(i)+3 || m.Turn != done.Turn || m.Role != chat.RoleAgent || m.Channel != chat.Web {
			t.Errorf("message %d: %+v", i, m)
		}
	}
	for table, want := range map[string]int{"message": 4, "message_option": 3, "turn": 1, "delivery": 1} {
		if n := c.count(table, s.Conversation.ID); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
	if deliver, turn := c.jobs("deliver"), c.jobs("turn"); deliver != 1 || turn != 1 {
		t.Errorf("%d deliveries and %d turns are queued, want 1 and the patient's 1", deliver, turn)
	}
	row := read[string](c, "select concat_ws(' ', from_seq, to_seq, state, engine, epoch) from turn where id = $1", done.Turn)
	if row != "2 2 done test 1" {
		t.Errorf("turn %s", row)
	}
	if sealed := read[[]byte](c, "select state from conversation where id = $1", s.Conversation.ID); bytes.Contains(sealed, []byte("step")) {
		t.Error("the engine's state can be read in the database")
	}
	c.say(s, "Sí.")
	next := c.claim(s, c.worker())
	if string(next.State) != string(done.State) || next.Conversation.Language != "es" || next.Conversation.Answered != 2 || next.Attempt != 1 {
		t.Errorf("the next claim: state %s, %+v, attempt %d", next.State, next.Conversation, next.Attempt)
	}
	if roles := rolesOf(next.Since); !slices.Equal(roles, []chat.Role{chat.RoleAgent, chat.RoleAgent, chat.RolePatient}) {
		t.Errorf("since the last answered one there are %v", roles)
	}
}

func rolesOf(messages []chat.Message) []chat.Role {
	roles := make([]chat.Role, len(messages))
	for i, m := range messages {
		roles[i] = m.Role
	}
	return roles
}

func TestCompletingTwiceIsOneAnswer(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	claim := c.claim(s, c.worker())
	done := completion(claim, chat.Body{Text: "Hello."}, chat.Body{Text: "How can I help?"})
	first, again := c.complete(done), c.complete(done)
	if diff := cmp.Diff(first, again, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
		t.Errorf("the same completion again (-first +again):\n%s", diff)
	}
	if n := c.count("message", s.Conversation.ID); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
	other := completion(claim, chat.Body{Text: "Another answer."})
	if _, err := c.DB.Complete(context.Background(), other); !errors.Is(err, chat.ErrLostLease) {
		t.Errorf("another turn on the same claim: %v", err)
	}
}

func TestWhatComesInWhileATurnRunsIsAnsweredNext(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Book it.")
	claim := c.claim(s, c.worker())
	c.say(s, "No, wait!")
	c.exec("delete from river_job") // they were worked on while the turn was running, and found the lease
	c.complete(completion(claim, chat.Body{Text: "Which day?"}))

	if n := c.jobs("turn"); n != 1 {
		t.Errorf("%d jobs wake a worker up, want 1", n)
	}
	due, err := c.DB.Due(context.Background(), lease, 10)
	if diff := cmp.Diff([]chat.TurnArgs{c.args(s)}, due); err != nil || diff != "" {
		t.Errorf("due, %v (-want +got):\n%s", err, diff)
	}
	next := c.claim(s, c.worker())
	if roles := rolesOf(next.Since); !slices.Equal(roles, []chat.Role{chat.RolePatient, chat.RoleAgent}) || next.Since[0].Body.Text != "No, wait!" {
		t.Errorf("since: %v", roles)
	}
	c.complete(completion(next, chat.Body{Text: "I wait."}))
	if due, err := c.DB.Due(context.Background(), lease, 10); err != nil || len(due) != 0 {
		t.Errorf("everything is answered, and due is %v, %v", due, err)
	}
}

func TestValuesOfFormsGoWithTheAnswer(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Book it.")
	form := c.reply(s, chat.Body{Text: "Who are you?", Form: &chat.Form{Ref: json.RawMessage(`"who"`)}})[0].Body.Form
	fill := func() chat.Accepted {
		in := c.inbound(s, "")
		in.Form, in.Values = form.ID, map[string]string{chat.FieldGivenName: "Jane", chat.FieldBirthDate: "1980-02-03"}
		return c.put(in)
	}
	filled, late := fill(), fill()
	claim := c.claim(s, c.worker())
	if got := claim.Since[1].Body.Filled.Values[chat.FieldGivenName]; got != "Jane" {
		t.Fatalf("the engine sees %q", got)
	}
	done := completion(claim, chat.Body{Text: "Thank you."})
	done.Answered = filled.Seq // and not the late one
	c.complete(done)

	want := chat.Body{Text: "Details sent", Filled: &chat.Filled{Form: form.ID, Ref: form.Ref}}
	if diff := cmp.Diff(want, c.messages(s)[filled.Seq-1].Body); diff != "" {
		t.Errorf("the answered form (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(late.Message.Body, c.messages(s)[late.Seq-1].Body); diff != "" {
		t.Errorf("the form that is not answered yet (-want +got):\n%s", diff)
	}
}

func TestGivingATurnBack(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	worker, other := c.worker(), c.worker()
	ctx := context.Background()

	if err := c.DB.GiveBack(ctx, c.claim(s, worker), time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := c.jobs("turn"); n != 1 {
		t.Errorf("%d jobs, want the patient's 1: another would come too early", n)
	}
	if claim, err := c.DB.Claim(ctx, c.args(s), other, lease); err != nil || claim.DueIn < 59*time.Minute {
		t.Errorf("another worker: due in %v, %v", claim.DueIn, err)
	}
	c.exec("update conversation set due_at = now() where id = $1", s.Conversation.ID)
	claim := c.claim(s, other)
	if claim.Attempt != 2 {
		t.Errorf("attempt %d, want 2", claim.Attempt)
	}
	if err := c.DB.GiveBack(ctx, claim, 0); err != nil {
		t.Fatal(err)
	}
	if n := c.jobs("turn"); n != 2 {
		t.Errorf("%d jobs, want one more to wake another worker up at once", n)
	}
	c.claim(s, worker)
}

func TestAWorkerThatDiesOrRetires(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	ctx := context.Background()
	dead, retired, alive := c.worker(), c.worker(), c.worker()
	sessions := map[uuid.UUID]chat.Session{}
	for _, w := range []uuid.UUID{dead, retired, alive} {
		sessions[w] = c.openSession("")
		c.say(sessions[w], "Hello?")
		c.claim(sessions[w], w)
	}
	if due, err := c.DB.Due(ctx, lease, 10); err != nil || len(due) != 0 {
		t.Fatalf("all are claimed, and due is %v, %v", due, err)
	}
	c.silence(dead)
	if err := c.DB.Retire(ctx, retired); err != nil {
		t.Fatal(err)
	}
	due, err := c.DB.Due(ctx, lease, 10)
	want := []chat.TurnArgs{c.args(sessions[dead]), c.args(sessions[retired])} // who waits longest comes first
	if diff := cmp.Diff(want, due); err != nil || diff != "" {
		t.Errorf("due, %v (-want +got):\n%s", err, diff)
	}
	if due, err = c.DB.Due(ctx, lease, 1); err != nil || len(due) != 1 {
		t.Errorf("at most one: %v, %v", due, err)
	}
	for _, w := range []uuid.UUID{dead, retired} {
		if claim := c.claim(sessions[w], alive); claim.Epoch != 2 {
			t.Errorf("taken over with epoch %d", claim.Epoch)
		}
	}
}

func TestDueAndHeadsSpanClinics(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	other := anotherClinic(t, c.Env)
	mine, theirs := c.openSession(""), other.openSession("")
	c.say(mine, "here")
	other.say(theirs, "there")
	other.say(theirs, "and there")
	due, err := c.DB.Due(context.Background(), lease, 10)
	if diff := cmp.Diff([]chat.TurnArgs{c.args(mine), other.args(theirs)}, due); err != nil || diff != "" {
		t.Errorf("due, %v (-want +got):\n%s", err, diff)
	}
	heads, err := c.DB.Heads(context.Background(), []uuid.UUID{mine.Conversation.ID, uuid.New(), theirs.Conversation.ID})
	want := map[uuid.UUID]int64{mine.Conversation.ID: 2, theirs.Conversation.ID: 3}
	if diff := cmp.Diff(want, heads); err != nil || diff != "" {
		t.Errorf("heads, %v (-want +got):\n%s", err, diff)
	}
	if heads, err := c.DB.Heads(context.Background(), nil); err != nil || len(heads) != 0 {
		t.Errorf("heads of nothing: %v, %v", heads, err)
	}
}

func TestPagesOfHistory(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	for range 9 {
		c.say(s, "and on")
	}
	ctx := context.Background()
	after := func(seq int64, limit int) []chat.Message {
		m, err := c.DB.After(ctx, c.id, s.Conversation.ID, seq, limit)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	history := func(upTo int64, limit int) []chat.Message {
		m, err := c.DB.History(ctx, c.id, s.Conversation.ID, upTo, limit)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, test := range map[string]struct {
		got  []chat.Message
		want []int64
	}{
		"all after 7":       {after(7, 100), []int64{8, 9, 10}},
		"two after 3":       {after(3, 2), []int64{4, 5}},
		"nothing after 10":  {after(10, 5), nil},
		"three up to 6":     {history(6, 3), []int64{4, 5, 6}},
		"what there is":     {history(2, 40), []int64{1, 2}},
		"nothing before it": {history(0, 40), nil},
	} {
		var seqs []int64
		for _, m := range test.got {
			seqs = append(seqs, m.Seq)
		}
		if !slices.Equal(seqs, test.want) {
			t.Errorf("%s: %v, want %v", name, seqs, test.want)
		}
	}
	stranger := anotherClinic(t, c.Env)
	if m, err := c.DB.After(ctx, stranger.id, s.Conversation.ID, 0, 10); err != nil || len(m) != 0 {
		t.Errorf("another clinic reads %d messages, %v", len(m), err)
	}
	if m, err := c.DB.History(ctx, stranger.id, s.Conversation.ID, 10, 10); err != nil || len(m) != 0 {
		t.Errorf("another clinic reads %d messages of history, %v", len(m), err)
	}
}

func TestMessagesAreBoundToTheirPlace(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "xylophone one")
	c.say(s, "xylophone two")
	c.exec(`update message set body = (select body from message where conversation_id = $1 and seq = 2) where conversation_id = $1 and seq = 3`, s.Conversation.ID)
	_, err := c.DB.After(context.Background(), c.id, s.Conversation.ID, 0, 10)
	if err == nil || strings.Contains(err.Error(), "xylophone") {
		t.Errorf("reading a message that was moved: %v", err)
	}
	if _, err := c.DB.Claim(context.Background(), c.args(s), c.worker(), lease); err == nil || errors.Is(err, chat.ErrNotClaimed) {
		t.Errorf("claiming with a message that was moved: %v", err)
	}
}

func TestAReplyThatCannotBeStored(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Hello?")
	claim := c.claim(s, c.worker())
	bad := chat.Body{Text: "xylophone", Options: []chat.Option{{ID: "not an id", Label: "x", Kind: chat.OptionChoice}}}
	_, err := c.DB.Complete(context.Background(), completion(claim, bad))
	if err == nil || errors.Is(err, chat.ErrLostLease) || strings.Contains(err.Error(), "xylophone") {
		t.Errorf("an option without a UUID: %v", err)
	}
	c.complete(completion(claim, chat.Body{Text: "plain"})) // the lease is still there
}
