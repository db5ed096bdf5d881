package guided

// A sign is something that a phrase tells: an act ("yes"), a wish ("cancel"), a topic ("hours"), a part of one.
type sign uint8

// Signs, in the order of the word files' sections.
const (
	signYes  sign = iota
	signGood      // "fine", "great": a yes when nothing else is said
	signBad       // "wrong", "false": a no when nothing else is said
	signNo
	signThanks
	signBye
	signGreet
	signHelp
	signRepeat
	signOthers
	signEarlier
	signLater
	signEarliest
	signLatest
	signAny
	signAnyone
	signOver
	signKeep
	signUnsure
	signCorrect
	signBook
	signLook // words that are used for booking, and for much else: "find me a"
	signAppointment
	signMine
	signMove
	signCancel
	signHuman
	signBot
	signHours
	signAddress
	signPhone
	signWho
	signServices
	signLanguages
	signDuration
	signUnknown
	signAdvice
	signEnglish
	signSpanish
	signAnotherCode
	signWrongDetails
	signWontSay
	signChild
	signOtherPerson
	signForMe
	signFirst
	signSecond
	signThird
	signFourth
	signFifth
	signSixth
	signLast
	signAboutIt
	signPick // "one", "take": words of choosing
	signThatOne
	signTitle
	signExcept
	signNegation
	signQuestion
	signTime
	signFiller
	signCourtesy
	signWaitlist // waiting for a time to become free
	signAssent   // words that may stand beside a yes without making it less of one
	signCount
)

// signNames are the sections of the word files.
var signNames = [signCount]string{
	signYes: "yes", signGood: "good", signBad: "bad", signNo: "no", signThanks: "thanks", signBye: "bye", signGreet: "greet", signHelp: "help",
	signRepeat: "repeat", signOthers: "others", signEarlier: "earlier", signLater: "later", signEarliest: "earliest",
	signLatest: "latest", signAny: "any", signAnyone: "anyone", signOver: "over", signKeep: "keep", signUnsure: "unsure",
	signCorrect: "correct", signBook: "book", signLook: "look", signAppointment: "appointment", signMine: "mine", signMove: "move",
	signCancel: "cancel", signHuman: "human", signBot: "bot", signHours: "hours", signAddress: "address",
	signPhone: "phone", signWho: "who", signServices: "services", signLanguages: "languages", signDuration: "duration",
	signUnknown: "unknown", signAdvice: "advice", signEnglish: "language-en", signSpanish: "language-es",
	signAnotherCode: "another code", signWrongDetails: "wrong details", signWontSay: "wont say", signChild: "child",
	signOtherPerson: "other person", signForMe: "for me", signFirst: "1st", signSecond: "2nd", signThird: "3rd",
	signFourth: "4th", signFifth: "5th", signSixth: "6th", signLast: "last one", signAboutIt: "about it", signPick: "pick", signThatOne: "that one",
	signTitle: "title", signExcept: "except", signNegation: "negation", signQuestion: "question", signTime: "time",
	signWaitlist: "waitlist", signFiller: "filler", signCourtesy: "courtesy", signAssent: "assent",
}

// signs is a set of signs.
type signs uint64

func setOf(list ...sign) signs {
	var s signs
	for _, one := range list {
		s |= 1 << one
	}
	return s
}

func (s signs) has(one sign) bool { return s&(1<<one) != 0 }

func (s signs) hasAny(other signs) bool { return s&other != 0 }

// signNamed is the sign whose section has this heading.
func signNamed(heading string) (sign, bool) {
	for s, name := range signNames {
		if name == heading {
			return sign(s), true
		}
	}
	return 0, false
}
