package postgres

import (
	"github.com/google/uuid"
)

// seal encrypts what goes into a column of one row. It opens nowhere else.
func (d *DB) seal(clinicID uuid.UUID, column string, id uuid.UUID, plaintext []byte) []byte {
	return d.keys.Seal(plaintext, place(clinicID, column, id))
}

// open decrypts what [DB.seal] has made for the same place. Nil stays nil.
func (d *DB) open(clinicID uuid.UUID, column string, id uuid.UUID, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	return d.keys.Open(sealed, place(clinicID, column, id))
}

// index is the keyed hash by which a value of a clinic is found. What is a kind of value: "phone", "email", "birth_date".
func (d *DB) index(clinicID uuid.UUID, what, value string) []byte {
	return d.keys.Index(what+"/"+clinicID.String(), value)
}

// callerIndex is the keyed hash of the address that somebody comes from; nil when it is not known.
func (d *DB) callerIndex(clinicID uuid.UUID, address string) []byte {
	if address == "" {
		return nil
	}
	return d.index(clinicID, "caller", address)
}

// place is where a sealed value belongs: "patient.phone" of one row of one clinic.
func place(clinicID uuid.UUID, column string, id uuid.UUID) []byte {
	out := make([]byte, 0, 2*len(id)+len(column))
	out = append(out, clinicID[:]...)
	out = append(out, id[:]...)
	return append(out, column...)
}
