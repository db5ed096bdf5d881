package agent

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Emergency reports whether a patient's message sounds like a medical emergency or like self-harm, in English or Spanish.
// It is asked before any engine, also while a person has taken over. It would rather be wrong than silent, but what was
// long ago, what is denied, and whom somebody looks for ("a cardiologist for chest pain last year") is none.
func Emergency(text string) bool {
	for sentence := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".!?;\n", r) }) {
		if emergencySentence(" " + plainWords(sentence) + " ") {
			return true
		}
	}
	return false
}

func emergencySentence(words string) bool {
	if containsPhrase(words, selfHarm) {
		return !containsPhrase(words, denials)
	}
	return emergencySign(words) && !containsPhrase(words, past) && !containsPhrase(words, denials)
}

// emergencySign reports whether a phrase stands there, or all words of a combination do, in any order.
func emergencySign(words string) bool {
	return containsPhrase(words, danger) || slices.ContainsFunc(dangerTogether, func(groups [][]string) bool {
		return !slices.ContainsFunc(groups, func(group []string) bool { return !containsPhrase(words, group) })
	})
}

func containsPhrase(words string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(words, " "+p+" ") })
}

// selfHarm is said of oneself, or of somebody in one's care.
var selfHarm = []string{
	"suicidal", "suicide", "kill myself", "killing myself", "end my life", "ending my life", "take my own life", "taking my own life",
	"want to die", "wanna die", "wants to die", "wish i was dead", "wish i were dead", "better off dead", "dont want to live",
	"dont want to be alive", "no reason to live", "hurt myself", "hurting myself", "harm myself", "harming myself",
	"cut myself on purpose", "cutting myself", "kill herself", "kill himself", "kill themselves", "end it all", "unalive myself",
	"hurt herself on purpose", "hurt himself on purpose", "overdose on purpose",
	"suicidio", "suicidarme", "suicidarse", "matarme", "quitarme la vida", "quiero morir", "quiero morirme", "quisiera morir",
	"me quiero morir", "me quiero matar", "no quiero vivir", "no quiero seguir viviendo", "acabar con mi vida", "terminar con mi vida",
	"hacerme dano", "cortarme las venas", "lastimarme", "ganas de morir", "mejor muerto", "mejor muerta",
}

// danger is what needs an ambulance, in so many words.
var danger = []string{
	"heart attack", "having a stroke", "had a stroke just now", "signs of a stroke", "cant breathe", "cannot breathe", "can not breathe",
	"cant breath", "cant catch my breath", "cant get air", "not breathing", "isnt breathing", "stopped breathing", "barely breathe",
	"barely breathing", "hard to breathe", "struggling to breathe", "struggling for air", "trouble breathing", "difficulty breathing",
	"gasping for air", "gasping", "choking", "turning blue", "lips are blue", "blue lips",
	"crushing chest", "chest is tight", "chest feels tight", "tightness in my chest", "pressure in my chest", "pressure on my chest",
	"unconscious", "passed out", "wont wake up", "cant wake", "unresponsive", "not responding", "collapsed", "no pulse",
	"anaphylaxis", "anaphylactic", "throat is closing", "throat closing", "throat is swelling", "tongue is swelling", "swollen tongue",
	"bleeding heavily", "bleeding badly", "bleeding a lot", "wont stop bleeding", "cant stop the bleeding", "cant stop bleeding",
	"bleeding wont stop", "losing a lot of blood", "coughing up blood", "vomiting blood", "throwing up blood",
	"having a seizure", "seizing", "wont stop seizing", "convulsing", "overdose", "overdosed", "took too many pills", "swallowed poison",
	"been poisoned", "drank bleach", "swallowed bleach", "face is drooping", "face drooping", "slurred speech", "cant move my arm",
	"cant move one side", "one side is numb", "worst headache of my life", "been shot", "been stabbed", "stabbed me", "gunshot",
	"water broke", "baby is coming", "call an ambulance", "need an ambulance", "severe allergic reaction", "severe burn", "electrocuted",
	"severed", "drowned", "drowning",
	"ataque al corazon", "ataque cardiaco", "infarto", "derrame cerebral", "no puedo respirar", "no puede respirar", "no respira",
	"me cuesta respirar", "le cuesta respirar", "dificultad para respirar", "me falta el aire", "me ahogo", "se ahoga",
	"se esta ahogando", "me estoy ahogando", "inconsciente", "se desmayo", "perdio el conocimiento", "no despierta", "no reacciona",
	"no responde", "sangrando mucho", "no para de sangrar", "no deja de sangrar", "hemorragia", "vomita sangre", "vomitando sangre",
	"tosiendo sangre", "convulsiones", "convulsionando", "sobredosis", "se tomo muchas pastillas", "tome muchas pastillas",
	"envenenado", "envenenada", "garganta se cierra", "se me cierra la garganta", "labios azules", "opresion en el pecho",
	"cara caida", "necesito una ambulancia", "llamen una ambulancia", "llame a una ambulancia", "apunalado", "disparo en",
	"rompi fuente", "se me rompio la fuente",
}

// dangerTogether is what needs an ambulance when it comes together.
var dangerTogether = [][][]string{
	{{"chest"}, {"pain", "pains", "hurts", "hurting", "pressure", "tight", "tightness", "squeezing", "crushing", "ache", "aches", "burning"}},
	{{"pecho"}, {"dolor", "duele", "presion", "aprieta", "opresion"}},
	{{"severe", "sudden", "terrible"}, {"abdominal pain", "bleeding", "shortness of breath"}},
	{{"shortness of breath", "short of breath"}, {"now", "cant", "suddenly", "getting worse", "help"}},
	{{"baby", "infant", "newborn"}, {"blue", "limp", "not breathing", "wont wake"}},
	{{"swallowed", "ate", "drank"}, {"battery", "poison", "detergent", "bleach", "antifreeze"}},
}

// past is what tells that it is over.
var past = []string{
	"last year", "last month", "last summer", "last winter", "years ago", "year ago", "months ago", "weeks ago", "as a child", "as a kid",
	"history of", "used to", "when i was", "in the past", "once had", "recovered from", "follow up", "followup", "prescribed for", "family history",
	"my father had", "my mother had", "my dad had", "my mom had", "after my heart attack", "after my stroke", "after a heart attack",
	"after a stroke", "since my heart attack", "since my stroke", "do you treat", "prevent", "class", "training", "awareness",
	"el ano pasado", "hace anos", "hace un ano", "hace meses", "hace unos meses", "antecedentes", "cuando era", "tuve un infarto", "despues del infarto",
	"despues de mi infarto", "en el pasado", "control de", "seguimiento",
}

// denials say that it is not so.
var denials = []string{
	"no chest pain", "no chest pains", "dont have chest pain", "dont have any chest pain", "do not have chest pain", "not having chest pain",
	"without chest pain", "chest pain is gone", "not suicidal", "not feeling suicidal", "no trouble breathing", "no difficulty breathing",
	"not an emergency", "no emergency", "isnt an emergency", "breathing is fine", "breathing fine", "not having a heart attack",
	"not going to kill myself", "suicide prevention", "squad",
	"no tengo dolor", "sin dolor", "no me duele", "no es una emergencia", "no es emergencia", "no soy suicida",
}

// plainWords is text in lower case, without accents and apostrophes, with one space between words.
func plainWords(text string) string {
	var out strings.Builder
	space := false
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && out.Len() > 0 {
				out.WriteByte(' ')
			}
			space = false
			out.WriteRune(r)
		case r == '\'' || r == '’' || r == '`' || unicode.Is(unicode.Mn, r):
		default:
			space = true
		}
	}
	return out.String()
}
