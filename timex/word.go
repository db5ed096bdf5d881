package timex

// word is what a language knows of a word or phrase.
type word struct {
	class class
	value int
	name  string
}

// class is what a word does in a time expression, whatever the language.
type class uint8

const (
	classNone        class = iota
	classWeekday           // "Tuesday"; value: [time.Weekday]
	classWeekdays          // "Tuesdays": any of them; value: [time.Weekday]
	classWorkdays          // "weekdays"
	classMonth             // value: 1 to 12
	classNumber            // value
	classOrdinal           // "fourth"; value
	classNth               // what follows the digits of an ordinal: "th"
	classUnit              // value: one of the units
	classSpan              // "half an hour"; value: minutes
	classHence             // after a span: "two weeks from now"
	classPart              // of a day, in a day that is said or understood: "morning"; name
	classParts             // "mornings"; name
	classDay               // value: so many days after today
	classPartToday         // "esta mañana": a part of today; name
	classTonight           //
	classNext              //
	classThis              //
	classLast              //
	classComing            // the next one from now on
	classAfterNext         // "Tuesday after next"
	classThe               //
	classEarly             // the first part of something
	classMiddle            //
	classLate              // the last part of something
	classRest              // "the rest of" something
	classWeekend           //
	classPastHour          // "half past": value minutes after the hour that follows; 0: minutes stand before it
	classToHour            // "quarter to": value minutes before the hour that follows; 0: minutes stand before it
	classPlusMinutes       // after an hour: "y media"; value: minutes
	classAfter             // not before the end of what follows
	classFrom              // not before the beginning of what follows
	classBefore            // before the beginning of what follows
	classUntil             // not after the end of what follows
	classSince             //
	classBetween           //
	classTo                // of a range
	classAnd               //
	classOr                //
	classAt                //
	classOn                //
	classIn                //
	classOf                //
	classFor               //
	classAbout             //
	classOClock            //
	classHour              // between hour and minute: "9h30"
	classAM                //
	classPM                //
	classNoon              // a point in time; value: minutes after midnight
	classAgo               //
	classNot               //
	classCannot            //
	classDo                // what stands between "can't" and the time: "can't make it on Friday"
	classUnsuitable        // after a time: "Friday doesn't work"
	classEvery             //
	classAny               // "any time"
	classSoon              // "as soon as possible"
	classEarliest          // after a time: "at the earliest"
	classLatest            // after a time: "at the latest"
	classOrLater           //
	classOrEarlier         //
	classItem              // "the 2nd option" is no day
	classStreet            // "at 12 Main Street" is no time
	classPerson            // before "sat"
	classMove              // "reschedule": "from Tuesday to Thursday" is no range
)

// Units of time.
const (
	unitMinute = iota
	unitHour
	unitDay
	unitWeek
	unitFortnight
	unitMonth
	unitYear
)
