package exchange

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// table is one kind of file.
type table[T any] struct {
	name    string // "patients": of patients.csv
	help    string // for the documentation
	columns []column[T]
	key     func(*T) string                                  // what a line is known by; nil: lines stand for their group as a whole
	uuid    func(*T) *uuid.UUID                              // of keyed lines
	check   func(row *T, wrong func(column, message string)) // of one line by itself; nil: nothing
}

func (t *table[T]) file() string { return t.name + ".csv" }

const (
	parent     = "parent"
	practiced  = "practitioner" // the name of the need that practitioners meet
	inPerson   = string(clinic.ModeInPerson)
	zoneHelp   = "IANA name of the time zone"
	retireHelp = "yes: cannot be booked any more; visits that are booked stay"
)

var clinicTable = table[Clinic]{
	name: "clinic", help: "The clinic itself, one line. With a slug that is not there yet it makes the clinic.",
	key: func(c *Clinic) string { return c.Slug }, uuid: func(c *Clinic) *uuid.UUID { return &c.UUID },
	columns: []column[Clinic]{
		matching("slug", "a slug; want small letters, digits and hyphens", slugText, func(c *Clinic) *string { return &c.Slug }).needed().
			say("example-clinic", "the clinic's name in addresses; it never changes"),
		text("name", func(c *Clinic) *string { return &c.Name }).needed().say("Example Clinic", "as patients read it"),
		zone("zone", func(c *Clinic) *string { return &c.Zone }).needed().say("America/New_York", zoneHelp),
		language("language", func(c *Clinic) *string { return &c.Language }).or("en").say("en", "of the clinic's texts; two letters"),
		matching("region", "a region; want two capital letters such as US", regionText, func(c *Clinic) *string { return &c.Region }).or("US").
			say("US", "country of telephone numbers without a country code; two capital letters"),
		phone("phone", func(c *Clinic) *string { return &c.Phone }).say("(212) 555-0100", "for patients to call"),
		webAddress("privacy_url", func(c *Clinic) *string { return &c.PrivacyURL }).say("https://clinic.example/privacy", "of the privacy notice, which the greeting links"),
		origins("origins", func(c *Clinic) *[]string { return &c.Origins }).say("https://clinic.example", "websites that the chat is on, separated by ;"),
		text("emergency_text", func(c *Clinic) *string { return &c.EmergencyText }).say("If this is an emergency, call 911 now.", "what patients in an emergency are told"),
		stretches("parts_of_day", "parts of the day; want them such as morning 08:00-12:00, separated by ;", func(c *Clinic) *[]string { return &c.PartsOfDay }, isWord).
			say("morning 08:00-12:00; afternoon 12:00-17:00", "what patients mean by them"),
		stretches("staffed_hours", "hours of weekdays; want them such as monday 08:00-17:00, separated by ;", func(c *Clinic) *[]string { return &c.StaffedHours }, isWeekday).
			say("monday 08:00-17:00; tuesday 08:00-17:00", "when a person can take a conversation over"),
	},
}

var locationTable = table[Location]{
	name: "locations", help: "Places where patients are seen.",
	key: func(l *Location) string { return l.ID }, uuid: func(l *Location) *uuid.UUID { return &l.UUID },
	columns: []column[Location]{
		id("id", func(l *Location) *string { return &l.ID }).needed().say("main", "of your other systems; it never changes"),
		text("name", func(l *Location) *string { return &l.Name }).needed().say("Main Street", "as patients read it"),
		text("address", func(l *Location) *string { return &l.Address }).say("1 Main Street, New York, NY 10000", ""),
		zone("zone", func(l *Location) *string { return &l.Zone }).say("America/New_York", zoneHelp+"; empty: the clinic's"),
	},
}

var specialtyTable = table[Specialty]{
	name: "specialties", help: "Fields of medicine, and what patients call them.",
	key: func(s *Specialty) string { return s.ID }, uuid: func(s *Specialty) *uuid.UUID { return &s.UUID },
	columns: []column[Specialty]{
		id("id", func(s *Specialty) *string { return &s.ID }).needed().say("dermatology", "its code"),
		text("name", func(s *Specialty) *string { return &s.Name }).needed().say("Dermatology", ""),
		text("title", func(s *Specialty) *string { return &s.Title }).needed().say("dermatologist", "of who practises it"),
		list("words", func(s *Specialty) *[]string { return &s.Words }).say("skin doctor; rash; mole", "what patients call it, separated by ;"),
	},
}

var roomTable = table[Room]{
	name: "rooms", help: "Rooms and devices that services need.",
	key: func(r *Room) string { return r.ID }, uuid: func(r *Room) *uuid.UUID { return &r.UUID },
	columns: []column[Room]{
		id("id", func(r *Room) *string { return &r.ID }).needed().say("treatment-1", "of your other systems; it never changes"),
		text("name", func(r *Room) *string { return &r.Name }).needed().say("Treatment room 1", ""),
		oneOf("kind", func(r *Room) *string { return &r.Kind }, "room", "device").or("room").say("room", "room or device; it never changes"),
		id("location", func(r *Room) *string { return &r.Location }).say("main", "id of its location; empty: it is carried where it is needed"),
		number("lanes", 1, 100, func(r *Room) *int { return &r.Lanes }).or("1").say("1", "how many visits at once"),
		yesNo("retired", func(r *Room) *bool { return &r.Retired }).say("no", retireHelp),
	},
}

var practitionerTable = table[Practitioner]{
	name: "practitioners", help: "Whom patients see, and what they offer.",
	key: func(p *Practitioner) string { return p.ID }, uuid: func(p *Practitioner) *uuid.UUID { return &p.UUID },
	columns: []column[Practitioner]{
		id("id", func(p *Practitioner) *string { return &p.ID }).needed().say("chen", "of your other systems; it never changes"),
		text("title", func(p *Practitioner) *string { return &p.Title }).say("Dr.", ""),
		text("given_name", func(p *Practitioner) *string { return &p.GivenName }).needed().say("Maya", ""),
		text("family_name", func(p *Practitioner) *string { return &p.FamilyName }).needed().say("Chen", ""),
		text("suffix", func(p *Practitioner) *string { return &p.Suffix }).say("", "after the name, such as PT"),
		ids("specialties", func(p *Practitioner) *[]string { return &p.Specialties }).needed().say("dermatology", "ids, separated by ;"),
		list("languages", func(p *Practitioner) *[]string { return &p.Languages }).or("en").say("en; es", "spoken; two letters each, separated by ;"),
		ids("services", func(p *Practitioner) *[]string { return &p.Services }).say("skin-check", "ids of what they offer, separated by ;"),
		number("lanes", 1, 100, func(p *Practitioner) *int { return &p.Lanes }).or("1").say("1", "how many patients at once in a service for groups"),
		text("about", func(p *Practitioner) *string { return &p.About }).say("", "a sentence for patients"),
		yesNo("retired", func(p *Practitioner) *bool { return &p.Retired }).say("no", retireHelp),
	},
	check: func(p *Practitioner, wrong func(column, message string)) {
		for _, l := range p.Languages {
			if !languageCode.MatchString(l) {
				wrong("languages", strconv.Quote(l)+" is not a language; want two letters such as en")
			}
		}
		slices.Sort(p.Services)
		p.Services = slices.Compact(p.Services)
	},
}

var serviceTable = table[Service]{
	name: "services", help: "What can be booked. Lengths are in minutes.",
	key: func(s *Service) string { return s.ID }, uuid: func(s *Service) *uuid.UUID { return &s.UUID },
	columns: []column[Service]{
		id("id", func(s *Service) *string { return &s.ID }).needed().say("skin-check", "its code"),
		text("name", func(s *Service) *string { return &s.Name }).needed().say("Skin check", ""),
		text("neutral_name", func(s *Service) *string { return &s.NeutralName }).say("Visit", "in messages, where the real name would tell too much"),
		id("specialty", func(s *Service) *string { return &s.Specialty }).needed().say("dermatology", "id of its specialty"),
		number("duration", 1, 1440, func(s *Service) *int { return &s.Duration }).needed().say("30", "minutes"),
		number("buffer_before", 0, 480, func(s *Service) *int { return &s.BufferBefore }).or("0").say("0", "minutes to prepare"),
		number("buffer_after", 0, 480, func(s *Service) *int { return &s.BufferAfter }).or("0").say("10", "minutes to tidy up"),
		number("grid", 1, 1440, func(s *Service) *int { return &s.Grid }).or("15").say("15", "visits start every so many minutes after opening"),
		number("notice", 0, maxNotice, func(s *Service) *int { return &s.Notice }).or("120").say("120", "booked at least so many minutes ahead"),
		number("window_days", 1, 1000, func(s *Service) *int { return &s.WindowDays }).or("90").say("90", "and at most so many days"),
		number("change_notice", 0, maxNotice, func(s *Service) *int { return &s.ChangeNotice }).or("120").say("1440", "moved or cancelled by patients at least so many minutes ahead"),
		of("needs", "a list of needs; want them such as treatment room=room-1|room-2, separated by ;", func(s *Service) *[]Need { return &s.Needs }, parseNeeds, formatNeeds).
			say("treatment room=treatment-1", "rooms and devices besides the practitioner: NAME=ID, of several that would do NAME=ID|ID, separated by ;"),
		yesNo("default", func(s *Service) *bool { return &s.Default }).say("yes", "meant when a patient names the specialty alone"),
		yesNo("group", func(s *Service) *bool { return &s.Group }).say("no", "several patients at once, as many as the practitioner has lanes"),
		oneOf("mode", func(s *Service) *string { return &s.Mode }, inPerson, string(clinic.ModeTelephone), string(clinic.ModeVideo)).or(inPerson).
			say(inPerson, "in_person, telephone or video"),
		oneOf("new_patients", func(s *Service) *string { return &s.NewPatients }, string(clinic.ForAny), string(clinic.ForNew), string(clinic.ForKnown)).or(string(clinic.ForAny)).
			say("any", "any; only: new patients alone; never: known patients alone"),
		yesNo("confidential", func(s *Service) *bool { return &s.Confidential }).say("no", "never told to guardians"),
		list("words", func(s *Service) *[]string { return &s.Words }).say("mole check", "what patients call it, separated by ;"),
		yesNo("retired", func(s *Service) *bool { return &s.Retired }).say("no", retireHelp),
	},
}

const maxNotice = 1000 * 24 * 60

func parseNeeds(text string) ([]Need, bool) {
	var needs []Need
	for _, item := range split(text, ";") {
		name, rooms, _ := strings.Cut(item, "=")
		need := Need{strings.TrimSpace(name), split(rooms, "|")}
		if need.Name == "" || need.Name == practiced || len(need.Rooms) == 0 {
			return nil, false
		}
		needs = append(needs, need)
	}
	return sortedNeeds(needs), true
}

func formatNeeds(needs []Need) string {
	items := make([]string, len(needs))
	for i, n := range needs {
		items[i] = n.Name + "=" + strings.Join(n.Rooms, "|")
	}
	return join(items)
}

func whose[T any](at func(*T) *Who) (practitioner, room column[T]) {
	return id("practitioner", func(row *T) *string { return &at(row).Practitioner }),
		id("room", func(row *T) *string { return &at(row).Room })
}

func hoursColumns() []column[Hours] {
	practitioner, room := whose(func(h *Hours) *Who { return &h.Who })
	return []column[Hours]{
		practitioner.say("chen", "id of the practitioner whose hours they are"),
		room.say("", "or id of the room or device"),
		id("location", func(h *Hours) *string { return &h.Location }).say("main", "id of the place; empty: the only one there is"),
		weekday("weekday", func(h *Hours) *time.Weekday { return &h.Weekday }).needed().say("Tuesday", "name, or its first three letters"),
		clock("opens", func(h *Hours) *localtime.Clock { return &h.Opens }).needed().say("08:00", "HH:MM on the wall of the place"),
		clock("closes", func(h *Hours) *localtime.Clock { return &h.Closes }).needed().say("12:00", "HH:MM, up to 24:00; a break is the gap between two lines"),
		date("valid_from", func(h *Hours) *localtime.Date { return &h.ValidFrom }).say("", "YYYY-MM-DD; empty: always"),
		date("valid_until", func(h *Hours) *localtime.Date { return &h.ValidUntil }).say("", "YYYY-MM-DD, the last day; empty: always"),
	}
}

var hoursTable = table[Hours]{
	name: "hours", help: "Weekly hours. The lines of a practitioner or room are all of its hours: they take the place of those that are there. Who has no line keeps theirs.",
	columns: hoursColumns(),
	check: func(h *Hours, wrong func(column, message string)) {
		if (h.Practitioner == "") == (h.Room == "") {
			wrong("practitioner", "want either a practitioner or a room")
		}
		if h.Closes <= h.Opens {
			wrong("closes", closesFirst)
		}
		if !h.ValidUntil.IsZero() && h.ValidUntil.Before(h.ValidFrom) {
			wrong("valid_until", "is before valid_from")
		}
	},
}

const closesFirst = "is not after opens; a night is two lines, one up to 24:00 and one from 00:00"

func closureColumns() []column[Closure] {
	practitioner, room := whose(func(c *Closure) *Who { return &c.Who })
	opens, closes := clock("opens", func(c *Closure) *localtime.Clock { return &c.Opens }), clock("closes", func(c *Closure) *localtime.Clock { return &c.Closes })
	opens.format, closes.format = onlyOpen(opens.format), onlyOpen(closes.format)
	return []column[Closure]{
		practitioner.say("", "id of the practitioner whom it concerns; empty, and no room: the whole clinic"),
		room.say("", "or id of the room or device"),
		id("location", func(c *Closure) *string { return &c.Location }).say("", "id of the place; empty: everywhere"),
		date("day", func(c *Closure) *localtime.Date { return &c.Day }).needed().say("2026-12-25", "YYYY-MM-DD"),
		oneOf("kind", func(c *Closure) *string { return &c.Kind }, DayClosed, DayOpen, DayRemoved).or(DayClosed).
			say(DayClosed, "closed; open: from opens to closes instead of the weekly hours; removed: the weekly hours hold again"),
		opens.say("", "HH:MM, where the kind is open"),
		closes.say("", "HH:MM, where the kind is open"),
		text("reason", func(c *Closure) *string { return &c.Reason }).say("Christmas Day", "for staff and patients"),
	}
}

func onlyOpen(format func(*Closure) string) func(*Closure) string {
	return func(c *Closure) string {
		if c.Kind != DayOpen {
			return ""
		}
		return format(c)
	}
}

var closureTable = table[Closure]{
	name: "closures", help: "Holidays, absences, other hours on one day. The lines of one day, place and practitioner or room take the place of what is said of it there.",
	columns: closureColumns(),
	check: func(c *Closure, wrong func(column, message string)) {
		if c.Practitioner != "" && c.Room != "" {
			wrong("practitioner", "want either a practitioner or a room, or neither for the whole clinic")
		}
		switch {
		case c.Kind == DayOpen && c.Closes <= c.Opens:
			wrong("closes", closesFirst)
		case c.Kind != DayOpen && (c.Opens != 0 || c.Closes != 0):
			wrong("opens", "a day that is "+c.Kind+" has no hours; for other hours the kind is open")
		}
	},
}
