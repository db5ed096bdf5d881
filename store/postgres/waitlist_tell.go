package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// purposeWaitlist is what texts about offers are for.
const purposeWaitlist = "waitlist"

// way is how somebody who waits is told. At least one of the two is there.
type way struct {
	conversation uuid.UUID      // zero: none
	language     string         // of the conversation
	zone         *time.Location // of the browser there; nil: not known
	phone        string         // E.164; "": none that agreed to texts
	textLanguage string         // of whoever has the phone
}

// wayTo is how somebody is told: where they joined, and by text if they agreed to texts.
func (o *offering) wayTo(ctx context.Context, w waiter) (way, error) {
	q, found := o.d.queries(o.freed.Clinic), way{}
	service, _ := o.schedule.Service(w.Service)
	if w.Conversation != uuid.Nil {
		there, err := q.WaiterConversation(ctx, db.WaiterConversationParams{
			ClinicID: o.freed.Clinic, ConversationID: w.Conversation, PatientID: w.Patient, Confidential: service.Confidential,
		})
		if err != nil && !noRows(err) {
			return found, fmt.Errorf("reading conversation of somebody who waits: %w", err)
		}
		if err == nil {
			found.conversation, found.language, found.zone = w.Conversation, there.Language, zoneNamed(there.Zone)
		}
	}
	row, err := q.WaiterPhone(ctx, o.freed.Clinic, w.Patient, service.Confidential)
	switch {
	case err == nil:
		phone, err := o.d.open(o.freed.Clinic, columnPhone, row.ID, row.Phone)
		if err != nil {
			return found, fmt.Errorf("opening number of somebody who waits: %w", err)
		}
		found.phone, found.textLanguage = string(phone), row.Language
	case !noRows(err):
		return found, fmt.Errorf("reading number of somebody who waits: %w", err)
	case found.conversation == uuid.Nil:
		return found, errUnreachable
	}
	return found, nil
}

// said is an offer in words.
type said struct {
	way
	body chat.Body // for the conversation
	text string    // for the phone; "": none, or it would come too late
}

func (o *offering) say(ctx context.Context, offer clinic.WaitlistOffer, w way) (said, error) {
	words := said{way: w}
	if w.conversation != uuid.Nil {
		body, err := o.announce(ctx, o.freed.Clinic, offer, w.language, w.zone)
		if err != nil {
			return words, fmt.Errorf("wording an offer: %w", err)
		}
		words.body = identified(body)
	}
	if w.phone != "" && o.answerable(o.daytime(), offer.Hold.Expires) {
		words.text = o.text(offer, w.textLanguage)
	}
	if w.conversation == uuid.Nil && words.text == "" {
		return words, errUnreachable
	}
	return words, nil
}

// text is an offer as it goes by SMS. It names the visit in the words that may be read by others.
func (o *offering) text(offer clinic.WaitlistOffer, language string) string {
	slot, directory := offer.Hold.Slot, o.schedule.Directory()
	zone := o.schedule.Zone(slot.Location)
	service, _ := o.schedule.Service(slot.Service)
	return fmt.Sprintf(phrase(language, phraseFreedText), directory.Clinic.Name, service.DisplayName(),
		textTime(language, slot.Start.In(zone)), textClock(language, offer.Hold.Expires.In(zone)), directory.Clinic.Phone)
}

// tell writes what was said: a message in the conversation, and a text in the outbox, which has the offer's id: it is not
// sent any more once the offer is answered.
func (o *offering) tell(ctx context.Context, tx pgx.Tx, q *db.Queries, offer clinic.WaitlistOffer, words said) (chat.Offered, error) {
	told := chat.Offered{Offer: offer.ID}
	if words.conversation != uuid.Nil {
		message, err := o.tellInConversation(ctx, q, words)
		if noRows(err) && words.text == "" {
			return told, errUnreachable
		}
		if err != nil && !noRows(err) {
			return told, err
		}
		if err == nil {
			told.Conversation, told.Message = words.conversation, &message
		}
	}
	if words.text == "" {
		return told, nil
	}
	args, err := o.d.addDelivery(ctx, q, o.freed.Clinic, chat.Delivery{
		ID: offer.ID, Conversation: told.Conversation, Channel: chat.SMS, To: words.phone, Text: words.text, Purpose: purposeWaitlist,
	})
	if err != nil {
		return told, err
	}
	if _, err := o.d.jobs.InsertTx(ctx, tx, args, &river.InsertOpts{Queue: chat.QueueDeliveries, ScheduledAt: o.daytime()}); err != nil {
		return told, fmt.Errorf("queueing the text about an offer: %w", err)
	}
	return told, nil
}

// tellInConversation writes the message; no rows when the conversation was ended in the meantime.
func (o *offering) tellInConversation(ctx context.Context, q *db.Queries, words said) (chat.Message, error) {
	seq, err := q.SayInConversation(ctx, o.freed.Clinic, words.conversation)
	if err != nil {
		return chat.Message{}, fmt.Errorf("saying an offer: %w", err)
	}
	message := chat.Message{Seq: seq, Role: chat.RoleAgent, Channel: chat.Web, At: o.now, Body: words.body}
	return message, o.d.addMessage(ctx, q, o.freed.Clinic, words.conversation, message)
}

// Names of days and months as texts have them, all in the letters of GSM-7.
var (
	textDays = map[string][7]string{
		"en": {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		"es": {"dom", "lun", "mar", "mie", "jue", "vie", "sab"},
	}
	textMonths = map[string][12]string{
		"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		"es": {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
	}
)

// textTime is a day and a time on the wall of t's zone, for a text: "Tue, Mar 3, 9:00 AM", "mar 3 mar, 9:00".
func textTime(language string, t time.Time) string {
	if language == "es" {
		return fmt.Sprintf("%s %d %s, %s", textDays["es"][t.Weekday()], t.Day(), textMonths["es"][t.Month()-1], textClock("es", t))
	}
	return fmt.Sprintf("%s, %s %d, %s", textDays["en"][t.Weekday()], textMonths["en"][t.Month()-1], t.Day(), textClock("en", t))
}

func textClock(language string, t time.Time) string {
	if language == "es" {
		return strings.TrimPrefix(t.Format("15:04"), "0")
	}
	return t.Format("3:04 PM")
}
