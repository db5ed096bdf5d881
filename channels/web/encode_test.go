package web

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// TestEncodeMessage spells out what scripts rely on, and that nothing internal goes out.
func TestEncodeMessage(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("", -5*60*60)
	starts := time.Date(2026, 12, 1, 9, 0, 0, 0, newYork)
	turn, id := uuid.MustParse("018f0000-0000-7000-8000-000000000001"), uuid.MustParse("018f0000-0000-7000-8000-000000000002")
	tests := []struct {
		name    string
		message chat.Message
		want    string
	}{
		{
			name: "a reply with everything",
			message: chat.Message{Seq: 4, Turn: turn, Role: chat.RoleAgent, At: starts.Add(time.Millisecond), Endpoint: id, Body: chat.Body{
				Text: "Here <you> go & choose",
				Options: []chat.Option{
					{ID: "o1", Label: "Tue 9:00", Kind: chat.OptionSlot, Ref: json.RawMessage(`{"secret":1}`), Slot: &chat.SlotCard{
						StartsAt: starts, EndsAt: starts.Add(30 * time.Minute), Service: "Skin check", Practitioner: "Dr. Maya Chen", Location: "Harbor View",
					}},
					{ID: "o2", Label: "Other times", Kind: chat.OptionChoice},
				},
				Form: &chat.Form{ID: "f1", Ref: json.RawMessage(`{"secret":2}`), Fields: []chat.Field{
					{Name: "given_name", Label: "First name", Type: chat.FieldText, Required: true},
					{Name: "for_whom", Label: "For whom", Type: chat.FieldSelect, Options: []string{"me", "my child"}},
				}},
				Appointment: &chat.Appointment{
					ID: id, State: "booked", StartsAt: starts, EndsAt: starts.Add(30 * time.Minute),
					Service: "Skin check", Practitioner: "Dr. Maya Chen", Location: "Harbor View",
				},
			}},
			want: `{"type":"message","seq":4,"turn":"018f0000-0000-7000-8000-000000000001","role":"agent","text":"Here <you> go & choose",
				"options":[
					{"id":"o1","label":"Tue 9:00","kind":"slot","starts_at":"2026-12-01T09:00:00-05:00","ends_at":"2026-12-01T09:30:00-05:00",
					 "service":"Skin check","practitioner":"Dr. Maya Chen","location":"Harbor View"},
					{"id":"o2","label":"Other times","kind":"choice"}],
				"form":{"id":"f1","fields":[
					{"name":"given_name","label":"First name","type":"text","required":true},
					{"name":"for_whom","label":"For whom","type":"select","required":false,"options":["me","my child"]}]},
				"appointment":{"id":"018f0000-0000-7000-8000-000000000002","state":"booked","starts_at":"2026-12-01T09:00:00-05:00",
					"ends_at":"2026-12-01T09:30:00-05:00","service":"Skin check","practitioner":"Dr. Maya Chen","location":"Harbor View"},
				"at":"2026-12-01T14:00:00.001Z"}`,
		},
		{
			name: "what a patient filled in stays here",
			message: chat.Message{Seq: 5, Role: chat.RolePatient, At: starts, Body: chat.Body{
				Text:   "Details sent",
				Filled: &chat.Filled{Form: "f1", Values: map[string]string{"phone": "+12125550101"}},
				Chosen: &chat.Option{ID: "o1", Ref: json.RawMessage(`{"secret":3}`)},
			}},
			want: `{"type":"message","seq":5,"role":"patient","text":"Details sent","at":"2026-12-01T14:00:00Z"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(parsed(t, []byte(tt.want)), parsed(t, encodeMessage(tt.message))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEncodeOthers(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	for want, frame := range map[string][]byte{
		`{"type":"welcome","conversation":"018f0000-0000-7000-8000-000000000001","seq":3}`: encodeWelcome(id, 3),
		`{"type":"ack","id":"a","seq":3}`:                                                  encodeAck("a", 3),
		`{"type":"delta","turn":"018f0000-0000-7000-8000-000000000001","text":"He"}`:       encodeDelta(id, "He"),
		`{"type":"discard","turn":"018f0000-0000-7000-8000-000000000001"}`:                 encodeDiscard(id),
		`{"type":"typing"}`: typingFrame,
		`{"type":"ended"}`:  endedFrame,
		`{"type":"error","code":"empty","message":"Nothing."}`:                                             encodeError("", &chat.Error{Code: "empty", Message: "Nothing."}, 0),
		`{"type":"error","id":"a","code":"bad_form","message":"No.","field":"code","retry_after_ms":2000}`: encodeError("a", &chat.Error{Code: "bad_form", Message: "No.", Field: "code"}, 2*time.Second),
	} {
		if diff := cmp.Diff(parsed(t, []byte(want)), parsed(t, frame)); diff != "" {
			t.Error(diff)
		}
	}
}

func parsed(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}
