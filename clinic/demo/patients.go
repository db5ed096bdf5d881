package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const (
	adults   = 900
	children = 400
)

// areaCodes around New York. Each has the hundred numbers 555-0100 to 555-0199 that belong to nobody.
var areaCodes = []int{646, 631, 718, 917, 347, 929, 332, 516, 914, 201}

var givenNames = []string{
	"Alex", "Amara", "Andre", "Anita", "Beatriz", "Ben", "Camila", "Carl", "Chloe", "Dana", "Darius", "Diego", "Elif", "Emma", "Ethan",
	"Fatima", "Felix", "Gloria", "Hana", "Hugo", "Ingrid", "Isaac", "Ivy", "Jamal", "Jana", "Joel", "Karim", "Kate", "Kofi", "Lara",
	"Leo", "Lin", "Malik", "Maria", "Mei", "Milan", "Nadia", "Noah", "Olga", "Omar", "Paula", "Priya", "Quinn", "Ravi", "Rosa", "Sam",
	"Sofia", "Tariq", "Theo", "Uma", "Vera", "Victor", "Wanda", "Xavier", "Yara", "Yusuf", "Zoe",
}

var familyNames = []string{
	"Abbott", "Adeyemi", "Alvarez", "Andersen", "Bauer", "Bianchi", "Brooks", "Castillo", "Cohen", "Dalton", "Diaz", "Dubois", "Ellis",
	"Eriksen", "Fischer", "Flores", "Fujita", "Garner", "Gupta", "Haddad", "Hansen", "Hughes", "Ibrahim", "Ivanova", "Jensen", "Jordan",
	"Kaplan", "Keller", "Kowalski", "Lambert", "Larsen", "Lopez", "Mbeki", "Mendes", "Meyer", "Morales", "Nakamura", "Nguyen", "Nolan",
	"Osei", "Ozturk", "Park", "Patel", "Petrov", "Quispe", "Ramos", "Reyes", "Riley", "Santos", "Schmidt", "Silva", "Tanaka", "Torres",
	"Usman", "Vargas", "Vogel", "Walsh", "Weber", "Yilmaz", "Zhang",
}

// patients are adults with a number each, and children, two of each guardian, who share the guardian's.
func patients() []clinic.Patient {
	all := make([]clinic.Patient, 0, adults+children)
	for i := range adults {
		all = append(all, adult(i))
	}
	for i := range children {
		all = append(all, child(i, all[i/2*2]))
	}
	return all
}

func adult(i int) clinic.Patient {
	name := fmt.Sprintf("adult-%d", i)
	given := givenNames[i%len(givenNames)]
	family := familyNames[i*7%len(familyNames)]
	number := i + 1
	language := "en"
	if i%9 == 4 {
		language = "es"
	}
	return clinic.Patient{
		ID:         id("patient", name),
		GivenName:  given,
		FamilyName: family,
		BirthDate:  birthday(i+31, 1942, 62),
		Phone:      fmt.Sprintf("+1%d55501%02d", areaCodes[number/100], number%100),
		Email:      fmt.Sprintf("%s.%s.%d@example.com", strings.ToLower(given), strings.ToLower(family), i),
		Language:   language,
	}
}

func child(i int, guardian clinic.Patient) clinic.Patient {
	return clinic.Patient{
		ID:         id("patient", fmt.Sprintf("child-%d", i)),
		GivenName:  givenNames[(i*5+3)%len(givenNames)],
		FamilyName: guardian.FamilyName,
		BirthDate:  birthday(i, 2013, 12),
		Phone:      guardian.Phone,
		Language:   guardian.Language,
		Guardian:   guardian.ID,
	}
}

// birthday is spread over so many years.
func birthday(i, from, years int) localtime.Date {
	return localtime.Date{Year: from + i*11%years, Month: time.January, Day: 1}.AddDays(i * 37 % 365)
}

// seen are the patients whom a service is for.
func seen(all []clinic.Patient, service clinic.Service) []clinic.Patient {
	if service.Specialty == "paediatrics" {
		return all[adults:]
	}
	return all[:adults]
}

// Regular is an adult with two children, who sees Dr. Chen every other week, for trying what patients can do who are known already.
func Regular() clinic.Patient { return adult(0) }
