package postgres

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// changeWords are what is said of an appointment that was settled.
type changeWords struct {
	clinic, phone string
	service       string // neutral
	practitioner  string
	place         string
	was           *time.Time // nil: not known any more
	at            time.Time
	moved         bool
	confidential  bool
}

func newChangeWords(d *clinic.Directory, t *telling) changeWords {
	w := changeWords{clinic: d.Clinic.Name, phone: d.Clinic.Phone, at: t.now.Slot.Start, moved: t.way == clinic.SettleMove}
	if t.was != nil {
		w.was = &t.was.Start
	}
	if s := byID(d.Services, t.now.Slot.Service, func(s clinic.Service) uuid.UUID { return s.ID }); s != nil {
		w.service, w.confidential = s.DisplayName(), s.Confidential
	}
	if p := byID(d.Practitioners, t.now.Slot.Practitioner, func(p clinic.Practitioner) uuid.UUID { return p.ID }); p != nil {
		w.practitioner = p.DisplayName()
	}
	if l := byID(d.Locations, t.now.Slot.Location, func(l clinic.Location) uuid.UUID { return l.ID }); l != nil {
		w.place = l.Name
	}
	return w
}

func byID[T any](all []T, id uuid.UUID, of func(T) uuid.UUID) *T {
	i := slices.IndexFunc(all, func(one T) bool { return of(one) == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// text is for the patient, in letters of GSM-7 as far as the names allow it. It says nothing that an answer could be read
// from as a wish to be texted no more.
func (w changeWords) text(language string) string {
	if language == "es" {
		return w.spanish()
	}
	if !w.moved {
		return fmt.Sprintf("%s: we are sorry, your appointment (%s) on %s cannot take place. For another time please call %s.",
			w.clinic, w.service, englishTime(w.at), w.phone)
	}
	return fmt.Sprintf("%s: your appointment (%s)%s had to be moved to %s, with %s, %s. If that does not suit you, please call %s.",
		w.clinic, w.service, w.from(" of ", englishTime), englishTime(w.at), w.practitioner, w.place, w.phone)
}

func (w changeWords) spanish() string {
	if !w.moved {
		return fmt.Sprintf("%s: lo sentimos, su cita (%s) del %s no puede tener lugar. Para otra hora llame al %s.",
			w.clinic, w.service, spanishTime(w.at), w.phone)
	}
	return fmt.Sprintf("%s: hemos tenido que cambiar su cita (%s)%s. Nueva hora: %s, con %s, %s. Si no le conviene, llame al %s.",
		w.clinic, w.service, w.from(" del ", spanishTime), spanishTime(w.at), w.practitioner, w.place, w.phone)
}

func (w changeWords) from(word string, say func(time.Time) string) string {
	if w.was == nil {
		return ""
	}
	return word + say(*w.was)
}

// forStaff is for whoever calls the patient.
func (w changeWords) forStaff() string {
	if !w.moved {
		return fmt.Sprintf("The appointment (%s, %s) on %s was cancelled, because the hours changed. The patient was not texted: "+
			"please call, and find another time.", w.service, w.practitioner, englishTime(w.at))
	}
	return fmt.Sprintf("The appointment (%s)%s was moved to %s, with %s, %s, because the hours changed. The patient was not texted: "+
		"please call, and ask whether that suits them.",
		w.service, w.from(" of ", englishTime), englishTime(w.at), w.practitioner, w.place)
}

// englishTime is "Tue, Dec 1 at 2:00 PM", on the wall of the place.
func englishTime(t time.Time) string { return t.Format("Mon, Jan 2 at 3:04 PM") }

// Days and months in Spanish. GSM-7 has é, and neither á nor í.
var (
	spanishDays   = [...]string{"dom", "lun", "mar", "mié", "jue", "vie", "sab"}
	spanishMonths = [...]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"}
)

// spanishTime is "mar 1 dic a las 14:00", on the wall of the place.
func spanishTime(t time.Time) string {
	hour, minute, _ := t.Clock()
	at := "a las"
	if hour == 1 {
		at = "a la"
	}
	return fmt.Sprintf("%s %d %s %s %d:%02d", spanishDays[t.Weekday()], t.Day(), spanishMonths[t.Month()-1], at, hour, minute)
}
