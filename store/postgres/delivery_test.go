package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// queueText makes a turn that sends one text.
func queueText(c *chatClinic) (chat.Delivery, chat.DeliverArgs) {
	c.t.Helper()
	s := c.openSession("")
	c.say(s, "Hello?")
	d := chat.Delivery{
		ID: uuid.New(), Clinic: c.id, Conversation: s.Conversation.ID, Channel: chat.SMS, To: phone, Text: "Your visit: Tue 1 Dec 9:00", Purpose: "reply",
	}
	done := completion(c.claim(s, c.worker()), chat.Body{Text: "I have texted you."})
	done.Deliveries = []chat.Delivery{d}
	c.complete(done)
	var args chat.DeliverArgs
	if err := json.Unmarshal(read[[]byte](c, "select args from river_job where queue = 'deliveries'"), &args); err != nil {
		c.t.Fatal(err)
	}
	return d, args
}

func TestADeliveryIsSentOnce(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	want, args := queueText(c)
	ctx := context.Background()
	for range 2 { // the second attempt follows one that failed
		got, err := c.DB.Delivery(ctx, args)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if err := c.DB.MarkSent(ctx, args, "SM123"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DB.Delivery(ctx, args); !errors.Is(err, chat.ErrSettled) {
		t.Errorf("after it was sent: %v", err)
	}
	if err := errors.Join(c.DB.MarkFailed(ctx, args, "30005"), c.DB.MarkSent(ctx, args, "SM456")); err != nil {
		t.Fatal(err)
	}
	row := read[string](c, "select concat_ws(' ', state, attempts, external_id, sent_at is not null) from delivery")
	if row != "sent 2 SM123 t" {
		t.Errorf("the row says %s", row)
	}
	text := read[string](c, "select delivery::text from delivery")
	if strings.Contains(text, "2125550123") || strings.Contains(text, "Dec") {
		t.Errorf("the delivery can be read in the database: %s", text)
	}
}

func TestADeliveryThatFails(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	_, args := queueText(c)
	ctx := context.Background()
	if err := c.DB.MarkFailed(ctx, args, "30005"); err != nil {
		t.Fatal(err)
	}
	if row := read[string](c, "select concat_ws(' ', state, error_code) from delivery"); row != "failed 30005" {
		t.Errorf("the row says %s", row)
	}
	if _, err := c.DB.Delivery(ctx, args); !errors.Is(err, chat.ErrSettled) {
		t.Errorf("after it failed: %v", err)
	}
}

func TestDeliveriesOfNobody(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	_, args := queueText(c)
	other := anotherClinic(t, c.Env)
	for name, wrong := range map[string]chat.DeliverArgs{
		"another clinic": {Clinic: other.id, Delivery: args.Delivery},
		"no such one":    {Clinic: c.id, Delivery: uuid.New()},
	} {
		if _, err := c.DB.Delivery(context.Background(), wrong); err == nil || errors.Is(err, chat.ErrSettled) {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.DB.MarkSent(context.Background(), wrong, "SM1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if state := read[string](c, "select state from delivery"); state != "queued" {
		t.Errorf("the delivery is %s", state)
	}
}
