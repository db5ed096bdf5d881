package guided

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
)

// practitioner finds one of the clinic's; the zero one for an unknown id.
func (t *talk) practitioner(id uuid.UUID) clinic.Practitioner {
	i := slices.IndexFunc(t.clinic.Practitioners, func(p clinic.Practitioner) bool { return p.ID == id })
	if i < 0 {
		return clinic.Practitioner{}
	}
	return t.clinic.Practitioners[i]
}

// service finds one of the clinic's; the zero one for an unknown id.
func (t *talk) service(id uuid.UUID) clinic.Service {
	i := slices.IndexFunc(t.clinic.Services, func(s clinic.Service) bool { return s.ID == id })
	if i < 0 {
		return clinic.Service{}
	}
	return t.clinic.Services[i]
}

// specialty finds one of the clinic's by its code; the zero one for an unknown code.
func (t *talk) specialty(code string) clinic.Specialty {
	i := slices.IndexFunc(t.clinic.Specialties, func(s clinic.Specialty) bool { return s.Code == code })
	if i < 0 {
		return clinic.Specialty{}
	}
	return t.clinic.Specialties[i]
}

// location finds one of the clinic's; the zero one for an unknown id.
func (t *talk) location(id uuid.UUID) clinic.Location {
	i := slices.IndexFunc(t.clinic.Locations, func(l clinic.Location) bool { return l.ID == id })
	if i < 0 {
		return clinic.Location{}
	}
	return t.clinic.Locations[i]
}

// local is an instant on the clock of a location.
func (t *talk) local(at time.Time, location uuid.UUID) time.Time {
	return at.In(cmp.Or(t.location(location).Zone, t.clinic.Clinic.Zone))
}

// at is an instant on the clock of a location. Where the patient's own clock shows another time, both are said.
func (t *talk) at(at time.Time, location uuid.UUID) string {
	local := t.local(at, location)
	return t.bothClocks(at, local.Location(), t.words.At(local))
}

// bothClocks is how an instant was said on the clock of a place, with the time on the patient's own where that is another,
// and its day where that is another too.
func (t *talk) bothClocks(at time.Time, place *time.Location, said string) string {
	zone := t.turn.Endpoint.Zone
	if !localtime.Differs(at, place, zone) {
		return said
	}
	v := prompts.Values{When: said, Was: t.words.Clock(localtime.ClockOf(at, zone))}
	if localtime.DateOf(at, zone) != localtime.DateOf(at, place) {
		v.Was = t.words.At(at.In(zone))
	}
	return t.text("both-clocks", v)
}

// slotValues are what the wording may say of a slot. The place is named where the clinic has several.
func (t *talk) slotValues(s clinic.Slot) prompts.Values {
	v := prompts.Values{
		Service:      t.service(s.Service).DisplayName(),
		Practitioner: t.practitioner(s.Practitioner).DisplayName(),
		When:         t.at(s.Start, s.Location),
	}
	if len(t.clinic.Locations) > 1 {
		v.Location = t.location(s.Location).Name
	}
	return v
}

func (t *talk) slotCard(s clinic.Slot) *chat.SlotCard {
	return &chat.SlotCard{
		StartsAt:     t.local(s.Start, s.Location),
		EndsAt:       t.local(s.End, s.Location),
		Service:      t.service(s.Service).DisplayName(),
		Practitioner: t.practitioner(s.Practitioner).DisplayName(),
		Location:     t.location(s.Location).Name,
	}
}

// card is what a message reports of an appointment, from its row.
func (t *talk) card(a clinic.Appointment) *chat.Appointment {
	slot := t.slotCard(a.Slot)
	return &chat.Appointment{
		ID:           a.ID,
		State:        string(a.State),
		StartsAt:     slot.StartsAt,
		EndsAt:       slot.EndsAt,
		Service:      slot.Service,
		Practitioner: slot.Practitioner,
		Location:     slot.Location,
	}
}

// slotChoice is a slot to choose.
func (t *talk) slotChoice(s clinic.Slot, moving uuid.UUID) choice {
	return choice{
		Label:  t.text("option-slot", t.slotValues(s)),
		Action: action{Do: doSlot, Slot: &s, Appointment: moving},
	}
}

// shownPhone is the clinic's number as people there write it.
func shownPhone(c clinic.Clinic) string {
	if c.Phone == "" {
		return ""
	}
	number, err := phonenumbers.Parse(c.Phone, c.Region)
	if err != nil {
		return c.Phone
	}
	return phonenumbers.Format(number, phonenumbers.NATIONAL)
}

func namesOf(practitioners []clinic.Practitioner) []string {
	names := make([]string, len(practitioners))
	for i, p := range practitioners {
		names[i] = p.DisplayName()
	}
	return names
}
