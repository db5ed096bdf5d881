package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

func TestPutNumbersMessagesAndWakesAWorker(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	for i, text := range []string{"My knee hurts.", "Since Monday.", "¿Habla español? 🦵"} {
		accepted := c.say(s, text)
		want := chat.Accepted{Seq: int64(i) + 2, Message: chat.Message{
			Seq: int64(i) + 2, Role: chat.RolePatient, Channel: chat.Web, Endpoint: s.Endpoint.ID, Body: chat.Body{Text: text},
		}}
		if diff := cmp.Diff(want, accepted, cmpopts.IgnoreFields(chat.Message{}, "At")); diff != "" {
			t.Errorf("receipt (-want +got):\n%s", diff)
		}
		stored := c.messages(s)[i+1]
		if diff := cmp.Diff(accepted.Message, stored, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
			t.Errorf("stored message (-receipt +stored):\n%s", diff)
		}
	}
	var args chat.TurnArgs
	if err := json.Unmarshal(read[[]byte](c, "select args from river_job where queue = 'turns' limit 1"), &args); err != nil {
		t.Fatal(err)
	}
	if n := c.jobs("turn"); n != 3 || args != c.args(s) {
		t.Errorf("%d jobs with %+v, want 3 with %+v", n, args, c.args(s))
	}
	if sealed := read[[]byte](c, "select body from message where conversation_id = $1 and seq = 2", s.Conversation.ID); bytes.Contains(sealed, []byte("knee")) {
		t.Error("the message can be read in the database")
	}
}

func TestPutTwiceIsOneMessage(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	in := c.inbound(s, "first")
	first := c.put(in)
	c.say(s, "second")
	again := in
	again.Text = "the same id with other words"
	second := c.put(again)

	want := first
	want.Duplicate = true
	if diff := cmp.Diff(want, second, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
		t.Errorf("receipt of the duplicate (-want +got):\n%s", diff)
	}
	if n, jobs := c.count("message", s.Conversation.ID), c.jobs("turn"); n != 3 || jobs != 2 {
		t.Errorf("%d messages and %d jobs, want 3 and 2", n, jobs)
	}
	if seq := read[int64](c, "select seq from conversation where id = $1", s.Conversation.ID); seq != 3 {
		t.Errorf("the conversation is at %d, want 3", seq)
	}
}

func TestIdenticalPutsAtOnceAreOneMessage(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	const rivals = 10
	for range 5 {
		in := c.inbound(s, "all at once")
		var accepted [rivals]chat.Accepted
		var errs [rivals]error
		together(rivals, func(i int) { accepted[i], errs[i] = c.DB.Put(context.Background(), in) })
		fresh := 0
		for i := range rivals {
			if errs[i] != nil || accepted[i].Seq != accepted[0].Seq {
				t.Fatalf("put %d: seq %d, want %d, %v", i, accepted[i].Seq, accepted[0].Seq, errs[i])
			}
			if !accepted[i].Duplicate {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%d of %d were told that theirs is new, want 1", fresh, rivals)
		}
	}
	if n, jobs := c.count("message", s.Conversation.ID), c.jobs("turn"); n != 6 || jobs != 5 {
		t.Errorf("%d messages and %d jobs, want 6 with the greeting, and 5", n, jobs)
	}
}

func TestMessagesAtOnceAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	const many = 40
	var errs [many]error
	together(many, func(i int) { _, errs[i] = c.DB.Put(context.Background(), c.inbound(s, "quick")) })
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range c.messages(s) {
		if m.Seq != int64(i)+1 {
			t.Fatalf("message %d has seq %d", i+1, m.Seq)
		}
	}
	if n := c.count("message", s.Conversation.ID); n != many+1 {
		t.Errorf("%d messages, want %d", n, many+1)
	}
}

func TestTwoBrowsersMayUseTheSameID(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	mine, theirs := c.inbound(c.openSession(""), "mine"), c.inbound(c.openSession(""), "theirs")
	theirs.ExternalID = mine.ExternalID
	c.put(mine)
	if accepted := c.put(theirs); accepted.Duplicate || accepted.Message.Body.Text != "theirs" {
		t.Errorf("another browser's message with the same id: %+v", accepted)
	}
}

func TestPutOfAChoice(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "When?")
	offered := c.reply(s, chat.Body{Text: "Two times are free.", Options: []chat.Option{
		{ID: uuid.NewString(), Label: "Tue 1 Dec 9:00", Kind: chat.OptionSlot, Ref: json.RawMessage(`{"slot":1}`)},
		{Label: "Another day", Kind: chat.OptionChoice},
	}})[0].Body.Options

	in := c.inbound(s, "these words do not count")
	in.Option = offered[0].ID
	accepted := c.put(in)
	want := chat.Body{Text: "Tue 1 Dec 9:00", Chosen: &offered[0]}
	if diff := cmp.Diff(want, accepted.Message.Body); diff != "" {
		t.Errorf("body of a choice (-want +got):\n%s", diff)
	}
	if again := c.put(in); !again.Duplicate || again.Seq != accepted.Seq || again.Message.Body.Chosen == nil {
		t.Errorf("the choice once more: %+v", again)
	}
	in = c.inbound(s, "")
	if in.Option = offered[1].ID; c.put(in).Message.Body.Chosen.Label != "Another day" {
		t.Error("an option that got its id from the record cannot be chosen")
	}
}

func TestPutOfAForm(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	for language, text := range map[string]string{"en": "Details sent", "es": "Datos enviados", "fr": "Details sent"} {
		s := c.openSession("")
		c.exec("update conversation set language = $2 where id = $1", s.Conversation.ID, language)
		c.say(s, "Book it.")
		form := c.reply(s, chat.Body{Text: "Who are you?", Form: &chat.Form{Fields: []chat.Field{{Name: chat.FieldGivenName}}, Ref: json.RawMessage(`"who"`)}})[0].Body.Form

		in := c.inbound(s, "")
		in.Form, in.Values = form.ID, map[string]string{chat.FieldGivenName: "Jane"}
		want := chat.Body{Text: text, Filled: &chat.Filled{Form: form.ID, Ref: form.Ref, Values: in.Values}}
		if diff := cmp.Diff(want, c.put(in).Message.Body); diff != "" {
			t.Errorf("body of a form in %s (-want +got):\n%s", language, diff)
		}
		got, err := c.DB.Form(context.Background(), c.id, s.Conversation.ID, form.ID)
		if diff := cmp.Diff(*form, got); err != nil || diff != "" {
			t.Errorf("the form, %v (-want +got):\n%s", err, diff)
		}
	}
}

func TestWhatWasNotOfferedIsRefused(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s, other := c.openSession(""), c.openSession("")
	for _, of := range []chat.Session{s, other} {
		c.say(of, "When?")
	}
	body := chat.Body{Text: "This?", Options: []chat.Option{{Label: "Yes", Kind: chat.OptionConfirm}}, Form: &chat.Form{}}
	mine, theirs := c.reply(s, body)[0].Body, c.reply(other, body)[0].Body
	before := c.count("message", s.Conversation.ID)

	for name, test := range map[string]struct{ option, form, code string }{
		"an invented option":           {uuid.NewString(), "", chat.CodeUnknownOption},
		"the zero option":              {uuid.Nil.String(), "", chat.CodeUnknownOption},
		"an option that is no id":      {"'; drop table message; --", "", chat.CodeUnknownOption},
		"another patient's option":     {theirs.Options[0].ID, "", chat.CodeUnknownOption},
		"a form instead of an option":  {mine.Form.ID, "", chat.CodeUnknownOption},
		"an invented form":             {"", uuid.NewString(), chat.CodeUnknownForm},
		"another patient's form":       {"", theirs.Form.ID, chat.CodeUnknownForm},
		"an option instead of a form":  {"", mine.Options[0].ID, chat.CodeUnknownForm},
		"an option with one more byte": {mine.Options[0].ID + "0", "", chat.CodeUnknownOption},
	} {
		in := c.inbound(s, "")
		in.Option, in.Form = test.option, test.form
		if accepted, err := c.DB.Put(context.Background(), in); refusedAs(err) != test.code {
			t.Errorf("%s: %+v, %v, want %s", name, accepted, err, test.code)
		}
	}
	if after := c.count("message", s.Conversation.ID); after != before {
		t.Errorf("%d messages were written", after-before)
	}
	if _, err := c.DB.Form(context.Background(), c.id, s.Conversation.ID, theirs.Form.ID); refusedAs(err) != chat.CodeUnknownForm {
		t.Errorf("reading another patient's form: %v", err)
	}
}

func TestWhatIsHiddenCannotBeChosen(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	c.say(s, "Cancel it.")
	option := c.reply(s, chat.Body{Text: "Really?", Options: []chat.Option{{Label: "Yes", Kind: chat.OptionConfirm}}})[0].Body.Options[0]
	c.exec("update endpoint set visible_after = 3 where id = $1", s.Endpoint.ID)
	in := c.inbound(s, "")
	in.Option = option.ID
	if _, err := c.DB.Put(context.Background(), in); refusedAs(err) != chat.CodeUnknownOption {
		t.Errorf("choosing what is hidden: %v", err)
	}
}

func TestAnOptionThatIsOfferedAgain(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	option := chat.Option{ID: uuid.NewString(), Label: "9:00", Kind: chat.OptionSlot}
	for range 2 {
		c.say(s, "When?")
		c.reply(s, chat.Body{Text: "At nine.", Options: []chat.Option{option}})
	}
	c.exec("update endpoint set visible_after = 4 where id = $1", s.Endpoint.ID) // the first offer is hidden
	in := c.inbound(s, "")
	in.Option = option.ID
	if got := c.put(in); got.Message.Body.Text != "9:00" {
		t.Errorf("chose %+v", got.Message.Body)
	}
}

func TestPutWhereThereIsNothingToWriteTo(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	stranger := anotherClinic(t, c.Env)
	s, other := c.openSession(""), c.openSession("")
	ended := c.openSession("")
	if err := c.DB.EndSession(context.Background(), c.id, ended.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*chat.Inbound){
		"an ended conversation":          func(in *chat.Inbound) { in.Conversation, in.Endpoint = ended.Conversation.ID, ended.Endpoint.ID },
		"another clinic":                 func(in *chat.Inbound) { in.Clinic = stranger.id },
		"no clinic":                      func(in *chat.Inbound) { in.Clinic = uuid.Nil },
		"another's conversation":         func(in *chat.Inbound) { in.Conversation = other.Conversation.ID },
		"an endpoint that there is not":  func(in *chat.Inbound) { in.Endpoint = uuid.New() },
		"a conversation there never was": func(in *chat.Inbound) { in.Conversation = uuid.New() },
	} {
		in := c.inbound(s, "xylophone")
		change(&in)
		accepted, err := c.DB.Put(context.Background(), in)
		if refusedAs(err) != chat.CodeEnded {
			t.Errorf("%s: %+v, %v, want %s", name, accepted, err, chat.CodeEnded)
		}
		if err != nil && strings.Contains(err.Error(), "xylophone") {
			t.Errorf("%s: the error repeats the patient's words", name)
		}
	}
	if n := read[int](c, "select count(*) from message where role = 'patient'"); n != 0 {
		t.Errorf("%d messages were written", n)
	}
}

func TestRapidMessagesWaitTogetherButNotForever(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	s := c.openSession("")
	const debounce = 10 * time.Second
	in := c.inbound(s, "one")
	in.DueAfter = debounce
	c.put(in)
	waits := func() (due, asked float64) {
		return read[float64](c, "select extract(epoch from due_at - now())::float8 from conversation where id = $1", s.Conversation.ID),
			read[float64](c, "select extract(epoch from now() - asked_at)::float8 from conversation where id = $1", s.Conversation.ID)
	}
	if due, _ := waits(); due < 8 || due > 10 {
		t.Errorf("after the first message it is due in %.1f s, want 10", due)
	}
	for _, step := range []struct{ since, due float64 }{{7, 10}, {35, 10}, {45, 5}, {60, -10}} {
		c.exec("update conversation set asked_at = now() - $2 * interval '1 s', due_at = now() where id = $1", s.Conversation.ID, step.since)
		in := c.inbound(s, "and one more")
		in.DueAfter = debounce
		c.put(in)
		due, asked := waits()
		if due < step.due-2 || due > step.due || asked < step.since {
			t.Errorf("%.0f s after the first message, one more makes it due in %.1f s, want %.0f", step.since, due, step.due)
		}
	}
	c.reply(s, chat.Body{Text: "Answered."})
	in = c.inbound(s, "new question")
	in.DueAfter = debounce
	c.put(in)
	if due, asked := waits(); due < 8 || asked > 2 {
		t.Errorf("after an answer it is due in %.1f s, asked %.1f s ago", due, asked)
	}
}
