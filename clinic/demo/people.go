package demo

import (
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

var (
	chen   = id("practitioner", "maya-chen")
	weiss  = id("practitioner", "hannah-weiss")
	ortega = id("practitioner", "luis-ortega")
	khan   = id("practitioner", "aisha-khan")
	novak  = id("practitioner", "peter-novak")
	kim    = id("practitioner", "grace-kim")
	becker = id("practitioner", "tom-becker")
	rossi  = id("practitioner", "elena-rossi")
	okafor = id("practitioner", "samuel-okafor")
)

func practitioners() []clinic.Practitioner {
	skin := []uuid.UUID{skinCheck, consultation}
	family := []uuid.UUID{checkUp, sickVisit}
	teeth := []uuid.UUID{cleaning, filling}
	children := []uuid.UUID{wellChild, vaccination}
	return []clinic.Practitioner{
		doctor(chen, "Maya", "Chen", "dermatology", skin, "Skin checks and acne.", "en", "zh"),
		doctor(weiss, "Hannah", "Weiss", "dermatology", skin, "Eczema, moles and small procedures.", "en", "de"),
		doctor(ortega, "Luis", "Ortega", "family-medicine", family, "Long-term conditions; sees patients in Spanish too.", "en", "es"),
		doctor(khan, "Aisha", "Khan", "family-medicine", family, "Check-ups and women's health.", "en", "ur"),
		doctor(novak, "Peter", "Novak", "dentistry", teeth, "A gentle hand for those who worry.", "en", "cs"),
		doctor(kim, "Grace", "Kim", "dentistry", teeth, "Cleaning and prevention.", "en", "ko"),
		{
			ID: becker, GivenName: "Tom", FamilyName: "Becker", Suffix: "PT", Specialties: []string{"physiotherapy"},
			Languages: []string{"en"}, Services: []uuid.UUID{session}, Lanes: 1, About: "Back, neck and joints.",
		},
		doctor(rossi, "Elena", "Rossi", "paediatrics", children, "Newborns and toddlers.", "en", "it"),
		doctor(okafor, "Samuel", "Okafor", "paediatrics", children, "School children and teenagers.", "en"),
	}
}

func doctor(id uuid.UUID, given, family, specialty string, services []uuid.UUID, about string, languages ...string) clinic.Practitioner {
	return clinic.Practitioner{
		ID: id, Title: "Dr.", GivenName: given, FamilyName: family, Specialties: []string{specialty},
		Languages: languages, Services: services, Lanes: 1, About: about,
	}
}
