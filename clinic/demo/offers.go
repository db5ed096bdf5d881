package demo

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

const day = 24 * time.Hour

var (
	pierLane = id("location", "pier-lane")

	skinCheck    = id("service", "skin-check")
	consultation = id("service", "dermatology-consultation")
	checkUp      = id("service", "check-up")
	sickVisit    = id("service", "sick-visit")
	cleaning     = id("service", "dental-cleaning")
	filling      = id("service", "dental-filling")
	session      = id("service", "physiotherapy-session")
	wellChild    = id("service", "well-child-visit")
	vaccination  = id("service", "child-vaccination")

	dentalChairs   = []uuid.UUID{id("room", "dental-1"), id("room", "dental-2")}
	treatmentRooms = []uuid.UUID{id("room", "treatment-1")}
)

func services() []clinic.Service {
	return []clinic.Service{
		{
			ID: skinCheck, Code: "skin-check", Name: "Skin check", Specialty: "dermatology", Default: true,
			Duration: 20 * time.Minute, BufferAfter: 10 * time.Minute, Grid: 15 * time.Minute,
			Notice: 2 * time.Hour, Window: 90 * day, ChangeNotice: 2 * time.Hour,
			Words: []string{"mole check", "mole", "skin exam", "skin cancer check", "body check"},
		},
		{
			ID: consultation, Code: "dermatology-consultation", Name: "Full dermatology consultation", Specialty: "dermatology",
			Duration: 45 * time.Minute, BufferBefore: 5 * time.Minute, BufferAfter: 10 * time.Minute, Grid: 15 * time.Minute,
			Notice: 2 * time.Hour, Window: 90 * day, ChangeNotice: 2 * time.Hour,
			Words: []string{"full consultation", "dermatology consultation", "rash", "acne", "eczema", "psoriasis", "itching"},
		},
		{
			ID: checkUp, Code: "check-up", Name: "Family check-up", Specialty: "family-medicine", Default: true,
			Duration: 30 * time.Minute, BufferAfter: 10 * time.Minute, Grid: 20 * time.Minute,
			Notice: 2 * time.Hour, Window: 90 * day, ChangeNotice: 2 * time.Hour,
			Words: []string{"checkup", "check up", "physical", "annual exam", "blood pressure"},
		},
		{
			ID: sickVisit, Code: "sick-visit", Name: "Sick visit", Specialty: "family-medicine",
			Duration: 15 * time.Minute, BufferAfter: 5 * time.Minute, Grid: 20 * time.Minute,
			Notice: 30 * time.Minute, Window: 14 * day, ChangeNotice: 30 * time.Minute,
			Words: []string{"sick", "cold", "flu", "fever", "cough", "sore throat", "not feeling well"},
		},
		{
			ID: cleaning, Code: "dental-cleaning", Name: "Dental cleaning", Specialty: "dentistry", Default: true,
			Duration: 45 * time.Minute, BufferAfter: 15 * time.Minute, Grid: 30 * time.Minute,
			Notice: 4 * time.Hour, Window: 180 * day, ChangeNotice: 4 * time.Hour,
			Needs: []clinic.Need{{Name: "dental chair", Resources: dentalChairs}},
			Words: []string{"cleaning", "teeth cleaning", "hygiene", "dental check-up", "dental checkup"},
		},
		{
			ID: filling, Code: "dental-filling", Name: "Dental filling", Specialty: "dentistry",
			Duration: 60 * time.Minute, BufferBefore: 5 * time.Minute, BufferAfter: 15 * time.Minute, Grid: 30 * time.Minute,
			Notice: 4 * time.Hour, Window: 180 * day, ChangeNotice: 4 * time.Hour,
			Needs: []clinic.Need{{Name: "dental chair", Resources: dentalChairs}},
			Words: []string{"filling", "cavity", "toothache", "broken tooth", "chipped tooth"},
		},
		{
			ID: session, Code: "physiotherapy-session", Name: "Physiotherapy session", Specialty: "physiotherapy", Default: true,
			Duration: 45 * time.Minute, BufferAfter: 15 * time.Minute, Grid: 30 * time.Minute,
			Notice: 2 * time.Hour, Window: 90 * day, ChangeNotice: 2 * time.Hour,
			Needs: []clinic.Need{{Name: "treatment room", Resources: treatmentRooms}},
			Words: []string{"physio", "physical therapy", "back pain", "neck pain", "exercises", "rehab"},
		},
		{
			ID: wellChild, Code: "well-child-visit", Name: "Well-child visit", Specialty: "paediatrics", Default: true,
			Duration: 30 * time.Minute, BufferAfter: 10 * time.Minute, Grid: 20 * time.Minute,
			Notice: 2 * time.Hour, Window: 120 * day, ChangeNotice: 2 * time.Hour,
			Words: []string{"well child", "child check-up", "baby check-up", "school form", "sports physical"},
		},
		{
			ID: vaccination, Code: "child-vaccination", Name: "Child vaccination", Specialty: "paediatrics",
			Duration: 15 * time.Minute, BufferAfter: 5 * time.Minute, Grid: 20 * time.Minute,
			Notice: 2 * time.Hour, Window: 120 * day, ChangeNotice: 2 * time.Hour,
			Words: []string{"vaccine", "vaccination", "shot", "shots", "immunization", "jab", "flu shot", "vacuna", "vacunas"},
		},
	}
}

func rooms() []clinic.Resource {
	return []clinic.Resource{
		{ID: dentalChairs[0], Kind: "room", Name: "Dental room 1", Location: pierLane, Lanes: 1},
		{ID: dentalChairs[1], Kind: "room", Name: "Dental room 2", Location: pierLane, Lanes: 1},
		{ID: treatmentRooms[0], Kind: "room", Name: "Treatment room", Location: pierLane, Lanes: 1},
	}
}
