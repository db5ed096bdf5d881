package agent_test

import (
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

func FuzzEmergency(f *testing.F) {
	for _, text := range []string{"chest pain", "no puedo respirar", "a.b\xff\x00", strings.Repeat("x ", 1000)} {
		f.Add(text)
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
