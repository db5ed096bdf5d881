package timex

import "testing"

func tuesdayMorningInSpanish(tb testing.TB) Context {
	tb.Helper()
	c := tuesdayMorning(tb)
	c.Language, c.DayFirst = "es-MX", true
	return c
}

func TestSpanishDays(t *testing.T) {
	meanings{
		{"hoy", "12-01"},
		{"mañana", "12-02"},
		{"MAÑANA", "12-02"},
		{"manana", "12-02"},
		{"pasado mañana", "12-03"},
		{"ayer", "11-30 past"},
		{"anteayer", "11-29 past"},
		{"el martes", "12-01"},
		{"el jueves", "12-03"},
		{"miercoles", "12-02"},
		{"este viernes", "12-04"},
		{"el próximo martes", "12-08"},
		{"el martes que viene", "12-08"},
		{"el viernes pasado", "11-27 past"},
		{"el martes o el jueves", "12-01..12-03 Tue,Thu"},
		{"lunes, miércoles y viernes", "12-02..12-07 Mon,Wed,Fri"},
		{"los lunes", "Mon"},
		{"todos los sábados", "Sat"},
		{"entre semana", "Mon,Tue,Wed,Thu,Fri"},
		{"esta semana", "12-01..12-06"},
		{"la próxima semana", "12-07..12-13"},
		{"la semana que viene", "12-07..12-13"},
		{"la semana pasada", "11-23..11-29 past"},
		{"el martes de la semana que viene", "12-08"},
		{"este fin de semana", "12-05..12-06"},
		{"el mes que viene", "2027-01-01..2027-01-31"},
		{"a finales de mes", "12-21..12-31"},
		{"en marzo", "2027-03-01..2027-03-31"},
		{"en tres días", "12-04"},
		{"dentro de dos semanas", "12-15..12-21"},
		{"en una semana", "12-08..12-14"},
		{"hace dos días", "11-29 past"},
		{"en media hora", "12-01 @11:00"},
		{"el 14", "12-14"},
		{"el 3 de diciembre", "12-03"},
		{"3 dic", "12-03"},
		{"el 1 de enero de 2027", "2027-01-01"},
		{"el primero de enero", "2027-01-01"},
		{"el 1º de febrero", "2027-02-01"},
		{"martes 8", "12-08"},
		{"jueves 3 de diciembre", "12-03"},
		{"3/12", "12-03"},
		{"del 3 al 5 de diciembre", "12-03..12-05"},
		{"del lunes al miércoles", "12-07..12-09"},
		{"desde el jueves", "12-03.."},
		{"a partir del jueves", "12-03.."},
		{"antes del viernes", "12-01..12-03"},
		{"hasta el viernes", "12-01..12-04"},
		{"después del 14", "12-15.."},
		{"del 14 al 16", "12-14..12-16"},
		{"para el 14", "12-14"},
		{"la semana", ""},
		{"una cita", ""},
	}.check(t, tuesdayMorningInSpanish(t))
}

func TestSpanishClock(t *testing.T) {
	meanings{
		{"a las 3", "@15:00"},
		{"a la una", "@13:00"},
		{"a las tres y media", "@15:30"},
		{"a las 10 y cuarto", "@10:15"},
		{"a las diez menos cuarto", "@09:45"},
		{"las 3 de la tarde", "@15:00"},
		{"a las 9 de la mañana", "@09:00"},
		{"a las 8 de la noche", "@20:00"},
		{"a las 15:30", "@15:30"},
		{"15h30", "@15:30"},
		{"3 pm", "@15:00"},
		{"3 p.m.", "@15:00"},
		{"al mediodía", "@12:00"},
		{"sobre las 3", "~15:00"},
		{"como a las 4", "~16:00"},
		{"a las 4 en punto", "@16:00"},
		{"después de las 4", "16:00-24:00"},
		{"a partir de las 4", "16:00-24:00"},
		{"antes de las 10", "00:00-10:00"},
		{"hasta las 5", "00:00-17:00"},
		{"entre las 2 y las 4", "14:00-16:00"},
		{"de 9 a 11", "09:00-11:00"},
		{"de las 9 a las 11", "09:00-11:00"},
		{"a las 4 o más tarde", "16:00-24:00"},
		{"a las 10 o a las 11", "@10:00; or @11:00"},
		{"tengo 34 años", ""},
		{"calle 12 número 5", ""},
		{"las 3 opciones", ""},
		{"llego tarde", ""},
	}.check(t, tuesdayMorningInSpanish(t))
}

func TestSpanishPartsOfDayAndFlags(t *testing.T) {
	meanings{
		{"por la mañana", "06:00-12:00"},
		{"mañana por la mañana", "12-02 06:00-12:00"},
		{"mañana por la tarde", "12-02 12:00-20:00"},
		{"esta mañana", "12-01 06:00-12:00"},
		{"esta tarde", "12-01 12:00-20:00"},
		{"el jueves por la tarde", "12-03 12:00-20:00"},
		{"los martes por la tarde", "Tue 12:00-20:00"},
		{"por las tardes", "12:00-20:00"},
		{"a primera hora", "08:00-10:00"},
		{"mañana a primera hora", "12-02 08:00-10:00"},
		{"después de comer", "14:00-24:00"},
		{"después del trabajo", "17:00-24:00"},
		{"lo antes posible", "soonest"},
		{"cuanto antes", "soonest"},
		{"cualquier día", "any"},
		{"menos el viernes", "-Fri"},
		{"cualquier día menos el viernes", "-Fri"},
		{"no puedo el lunes", "-Mon"},
		{"el lunes no puede ser", "-Mon"},
		{"el lunes no puedo", "-Mon"},
		{"la semana que viene, pero no el miércoles", "12-07..12-13 -Wed"},
	}.check(t, tuesdayMorningInSpanish(t))
}

func TestSpanishSentences(t *testing.T) {
	meanings{
		{"Quisiera una cita con el dentista mañana por la tarde, después de las 4", "12-02 16:00-20:00"},
		{"¿Tienen algo el jueves 3 a las 10?", "12-03 @10:00"},
		{"¿puedo cambiar mi cita del martes al jueves a las 2?", "12-01; 12-03 @14:00"},
		{"me duele desde ayer, ¿hay algo hoy?", "11-30..12-01 past; 12-01"},
		{"Hola, tengo una erupción en la piel", ""},
		{"mi número es 212-555-0142", ""},
	}.check(t, tuesdayMorningInSpanish(t))
}

func TestSpanishBirthDates(t *testing.T) {
	for text, want := range map[string]string{
		"23 de abril de 1985": "1985-04-23", "23/4/1985": "1985-04-23", "5/4/1985": "1985-04-05", "nací el 1 de mayo de 1990": "1990-05-01",
	} {
		if d, ok := ParseBirthDate(text, tuesdayMorningInSpanish(t)); !ok || d.String() != want {
			t.Errorf("%q is %v, %v, want %s", text, d, ok, want)
		}
	}
}
