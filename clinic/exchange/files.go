package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// fileNames are all files, in the order in which they build on each other.
var fileNames = []string{
	clinicTable.file(), locationTable.file(), specialtyTable.file(), roomTable.file(), serviceTable.file(), practitionerTable.file(),
	hoursTable.file(), closureTable.file(), patientTable.file(), appointmentTable.file(),
}

// Kinds are what there is a file for: "clinic", "locations", ...
func Kinds() []string {
	kinds := make([]string, len(fileNames))
	for i, name := range fileNames {
		kinds[i] = strings.TrimSuffix(name, ".csv")
	}
	return kinds
}

// Files are the files of one import, read line by line and checked line by line. What they say together, a [Plan] checks.
type Files struct {
	Clinic        Sheet[Clinic]
	Locations     Sheet[Location]
	Specialties   Sheet[Specialty]
	Rooms         Sheet[Room]
	Services      Sheet[Service]
	Practitioners Sheet[Practitioner]
	Hours         Sheet[Hours]
	Closures      Sheet[Closure]
	Patients      Sheet[Patient]
	Appointments  Sheet[Appointment]

	from     fs.FS
	locale   Locale
	problems problems
}

// Open looks which files there are at the top of a file system and reads clinic.csv, which says how the others are read.
// Other CSV files are a problem, for they may be misspelt; other files are left alone.
func Open(from fs.FS) (*Files, error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, fmt.Errorf("looking for files: %w", err)
	}
	f := &Files{from: from}
	found := 0
	for _, e := range entries {
		switch name := e.Name(); {
		case slices.Contains(fileNames, name):
			found++
		case strings.HasSuffix(strings.ToLower(name), ".csv"):
			f.problems.wrong(name, 0, "", "is not a file of an import; those are "+strings.Join(fileNames, ", "))
		}
	}
	if found == 0 && len(f.problems.list) == 0 {
		return nil, errors.New("there is nothing to import: want one or more of " + strings.Join(fileNames, ", "))
	}
	f.Clinic, err = readFile(f, &clinicTable)
	if err == nil && len(f.Clinic.Rows) > 1 {
		f.problems.wrong(clinicTable.file(), f.Clinic.Rows[1].Line, "", "is a second clinic; one import is of one")
	}
	return f, err
}

// Read reads the other files.
func (f *Files) Read(l Locale) (err error) {
	f.locale = l
	errs := make([]error, 0, len(fileNames))
	f.Locations, err = readFile(f, &locationTable)
	errs = append(errs, err)
	f.Specialties, err = readFile(f, &specialtyTable)
	errs = append(errs, err)
	f.Rooms, err = readFile(f, &roomTable)
	errs = append(errs, err)
	f.Services, err = readFile(f, &serviceTable)
	errs = append(errs, err)
	f.Practitioners, err = readFile(f, &practitionerTable)
	errs = append(errs, err)
	f.Hours, err = readFile(f, &hoursTable)
	errs = append(errs, err)
	f.Closures, err = readFile(f, &closureTable)
	errs = append(errs, err)
	f.Patients, err = readFile(f, &patientTable)
	errs = append(errs, err)
	f.Appointments, err = readFile(f, &appointmentTable)
	return errors.Join(append(errs, err)...)
}

func readFile[T any](f *Files, t *table[T]) (Sheet[T], error) {
	file, err := f.from.Open(t.file())
	if errors.Is(err, fs.ErrNotExist) {
		return Sheet[T]{}, nil
	}
	if err != nil {
		return Sheet[T]{}, fmt.Errorf("opening %s: %w", t.file(), err)
	}
	defer file.Close()
	l := f.locale
	if l.Region == "" { // clinic.csv itself: its region is a column beside its number
		l.Region = "US"
	}
	return read(t, file, l, &f.problems)
}

// PatientKeys are the ids of all patients whom the files speak of.
func (f *Files) PatientKeys() []string {
	var keys []string
	for _, row := range f.Patients.Rows {
		keys = append(keys, row.T.ID)
		keys = append(keys, row.T.Guardians...)
	}
	for _, row := range f.Appointments.Rows {
		keys = append(keys, row.T.Patient)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// AppointmentKeys are the ids of all appointments in the files.
func (f *Files) AppointmentKeys() []string {
	keys := make([]string, len(f.Appointments.Rows))
	for i, row := range f.Appointments.Rows {
		keys[i] = row.T.ID
	}
	return keys
}

// Lines are how many good lines there are.
func (f *Files) Lines() int {
	return len(f.Clinic.Rows) + len(f.Locations.Rows) + len(f.Specialties.Rows) + len(f.Rooms.Rows) + len(f.Services.Rows) +
		len(f.Practitioners.Rows) + len(f.Hours.Rows) + len(f.Closures.Rows) + len(f.Patients.Rows) + len(f.Appointments.Rows)
}

// Create makes a file to write to.
type Create func(name string) (io.WriteCloser, error)

// Write writes the files of these kinds; none: all. Data is put in order first, so that the same data gives the same files.
func Write(create Create, d *Data, kinds ...string) error {
	d.sort()
	for _, one := range []error{
		writeFile(create, &clinicTable, d.Clinic, kinds), writeFile(create, &locationTable, d.Locations, kinds),
		writeFile(create, &specialtyTable, d.Specialties, kinds), writeFile(create, &roomTable, d.Rooms, kinds),
		writeFile(create, &serviceTable, d.Services, kinds), writeFile(create, &practitionerTable, d.Practitioners, kinds),
		writeFile(create, &hoursTable, d.Hours, kinds), writeFile(create, &closureTable, d.Closures, kinds),
		writeFile(create, &patientTable, d.Patients, kinds), writeFile(create, &appointmentTable, d.Appointments, kinds),
	} {
		if one != nil {
			return one
		}
	}
	return nil
}

func writeFile[T any](create Create, t *table[T], rows []T, kinds []string) (err error) {
	if len(kinds) > 0 && !slices.Contains(kinds, t.name) {
		return nil
	}
	file, err := create(t.file())
	if err != nil {
		return fmt.Errorf("making %s: %w", t.file(), err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("closing %s: %w", t.file(), closeErr)
		}
	}()
	return write(t, file, rows)
}

// Template writes all files, each with its header and one line as an example. They fit together and can be imported.
func Template(create Create) error {
	var d Data
	l := Locale{Region: "US"}
	l.Today.Year = 9999 // the examples were born before
	d.Clinic, d.Locations = example(&clinicTable, l), example(&locationTable, l)
	d.Specialties, d.Rooms = example(&specialtyTable, l), example(&roomTable, l)
	d.Services, d.Practitioners = example(&serviceTable, l), example(&practitionerTable, l)
	d.Hours, d.Closures = example(&hoursTable, l), example(&closureTable, l)
	d.Patients, d.Appointments = example(&patientTable, l), example(&appointmentTable, l)
	return Write(create, &d)
}

func example[T any](t *table[T], l Locale) []T {
	var row T
	for _, c := range t.columns {
		c.parse(l, c.example, &row)
	}
	return []T{row}
}
