package agent_test

import (
	"os"
	"strings"
	"testing"

	"github.com/agentcare/agentcare/agent"
)

func TestEmergency(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"I have chest pain",
		"my chest hurts really bad and my left arm is numb",
		"chest pains right now. what should i do",
		"He can't breathe!!",
		"i cant breathe",
		"I can’t breathe",
		"my baby is turning blue",
		"my husband passed out and won't wake up",
		"I think I'm having a heart attack",
		"she took too many pills",
		"I want to die",
		"i dont want to live anymore",
		"thinking about suicide",
		"I'm going to kill myself",
		"my daughter says she wants to die",
		"bleeding heavily after the extraction",
		"his throat is closing, he ate peanuts",
		"Hi. I need an appointment. Also I'm having trouble breathing",
		"My face is drooping and slurred speech",
		"she is having a seizure",
		"me duele el pecho",
		"Tengo dolor en el pecho y no puedo respirar",
		"no puedo respirar",
		"quiero morir",
		"No quiero vivir más",
		"mi hijo no respira",
		"se desmayó y no despierta",
		"creo que es un infarto",
	} {
		if !agent.Emergency(text) {
			t.Errorf("Emergency(%q) = false, want true", text)
		}
	}
	for _, text := range []string{
		"",
		"I need an appointment with a dermatologist",
		"I had chest pain last year, I need a cardiologist",
		"no chest pain, just a cough",
		"I am not suicidal, I just want to talk to somebody",
		"history of heart attack in my family, I'd like a checkup",
		"do you treat chest infections?",
		"it's not an emergency, my tooth hurts",
		"I'd die for an earlier appointment",
		"can I bring my chest x-ray?",
		"my back is killing me",
		"what are your emergency hours?",
		"cancel my appointment",
		"this wait is killing me",
		"necesito una cita con el dermatólogo",
		"tuve un infarto hace años, necesito un control",
		"no es una emergencia, me duele una muela",
		"treasure chest. the pain was elsewhere",
	} {
		if agent.Emergency(text) {
			t.Errorf("Emergency(%q) = true, want false", text)
		}
	}
}

// TestEmergencyTable holds how many of the sentences in testdata/emergency.txt may be judged wrongly.
func TestEmergencyTable(t *testing.T) {
	t.Parallel()
	table := emergencyTable(t)
	wrong := map[string]int{}
	for section, sentences := range table {
		for _, text := range sentences {
			if agent.Emergency(text) != (section == "emergency") {
				wrong[section]++
				t.Logf("wrong about %q in [%s]", text, section)
			}
		}
	}
	emergencies, others := len(table["emergency"]), len(table["not"])
	if emergencies+others < 120 || others < 60 {
		t.Fatalf("the table has %d emergencies and %d others, too few to tell anything", emergencies, others)
	}
	recall := 1 - float64(wrong["emergency"])/float64(emergencies)
	falseAlarms := float64(wrong["not"]) / float64(others)
	t.Logf("recall %.1f %% of %d, false alarms %.1f %% of %d", 100*recall, emergencies, 100*falseAlarms, others)
	if recall < 0.99 {
		t.Errorf("recall = %.3f, want at least 0.99", recall)
	}
	if falseAlarms > 0.05 {
		t.Errorf("false alarms = %.3f, want at most 0.05", falseAlarms)
	}
}

// emergencyTable is the sentences by the section that they stand in.
func emergencyTable(tb testing.TB) map[string][]string {
	tb.Helper()
	file, err := os.ReadFile("testdata/emergency.txt")
	if err != nil {
		tb.Fatal(err)
	}
	table, section := map[string][]string{}, ""
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			table[section] = append(table[section], line)
		}
	}
	return table
}

func BenchmarkEmergency(b *testing.B) {
	const text = "hi, i had a heart attack last year and would like to see dr khan next week for a follow up, mornings are best"
	for b.Loop() {
		if agent.Emergency(text) {
			b.Fatal("a follow-up was taken for an emergency")
		}
	}
}

func FuzzEmergency(f *testing.F) {
	for _, text := range []string{"chest pain", "no puedo respirar", "a.b\xff\x00", strings.Repeat("x ", 1000)} {
		f.Add(text)
	}
	for _, sentences := range emergencyTable(f) {
		for _, text := range sentences[:20] {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := agent.Emergency(text)
		if again := agent.Emergency(text); again != got {
			t.Fatal("the same message was judged in two ways")
		}
		if !agent.Emergency(text + "\nI can't breathe") {
			t.Fatal("an emergency was drowned by what stood before it")
		}
	})
}
