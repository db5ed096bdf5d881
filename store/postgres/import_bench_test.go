package postgres_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// hospital is a clinic with so many patients and appointments, half of them in the past, with 40 practitioners.
func hospital(patients, appointments int) folder {
	const practitioners = 40
	f := small().only("clinic.csv", "locations.csv", "specialties.csv", "rooms.csv", "services.csv")
	var people, hours, charts, visits strings.Builder
	people.WriteString("id,given_name,family_name,specialties,services\n")
	hours.WriteString("practitioner,weekday,opens,closes\n")
	for i := range practitioners {
		fmt.Fprintf(&people, "d%d,Given,Family%d,general,visit\n", i, i)
		for _, day := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
			fmt.Fprintf(&hours, "d%d,%s,08:00,20:00\n", i, day)
		}
	}
	charts.WriteString("id,given_name,family_name,birth_date,phone,email\n")
	for i := range patients {
		fmt.Fprintf(&charts, "P%06d,Given%d,Family%d,19%02d-%02d-%02d,(212) 555-01%02d,p%d@example.com\n", i, i%97, i%1009, i%90+10, i%12+1, i%28+1, i%100, i)
	}
	visits.WriteString("id,patient,practitioner,service,start,state\n")
	const perDay = 16 // of a practitioner
	first := monday.AddDate(0, 0, -appointments/practitioners/perDay/2)
	for i := range appointments {
		slot := i / practitioners
		day := first.AddDate(0, 0, slot/perDay)
		state := "booked"
		if day.Before(monday) {
			state = "completed"
		}
		fmt.Fprintf(&visits, "A%07d,P%06d,d%d,visit,%s %02d:%02d,%s\n", i, i%patients, i%practitioners,
			day.Format(time.DateOnly), 8+slot%perDay*40/60, slot%perDay*40%60, state)
	}
	f["services.csv"] = strings.Replace(f["services.csv"], "30,10,30", "30,10,20", 1) // a visit every 40 minutes is on the grid
	f["practitioners.csv"], f["hours.csv"], f["patients.csv"], f["appointments.csv"] = people.String(), hours.String(), charts.String(), visits.String()
	return f
}

// BenchmarkImport brings 50,000 patients and 100,000 appointments into an empty database, and then again.
func BenchmarkImport(b *testing.B) {
	const patients, appointments = 50_000, 100_000
	f := hospital(patients, appointments)
	for b.Loop() {
		b.StopTimer()
		e := storetest.Open(b)
		e.Clock.Set(monday)
		b.StartTimer()
		start := time.Now()
		report := imported(b, e.DB, f)
		b.ReportMetric((patients+appointments)/time.Since(start).Seconds(), "rows/s")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapSys)/(1<<20), "heap-MiB")
		if len(report.Problems) > 0 {
			b.Fatalf("%d problems, such as %v", len(report.Problems), report.Problems[0])
		}
		start = time.Now()
		if again := imported(b, e.DB, f); again.Changes() > 0 {
			b.Fatalf("the second run: %+v", again.Files)
		}
		b.ReportMetric((patients+appointments)/time.Since(start).Seconds(), "again-rows/s")
		start = time.Now()
		export(b, e.DB, postgres.ExportRequest{})
		b.ReportMetric((patients+appointments)/time.Since(start).Seconds(), "export-rows/s")
	}
}
