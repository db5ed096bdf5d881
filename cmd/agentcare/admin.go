package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/migrations"
	"github.com/agentcare/agentcare/store/postgres"
)

type adminCmd struct {
	Migrate adminMigrateCmd `cmd:"" help:"Bring the database's schema to this program's version."`
	Seed    adminSeedCmd    `cmd:"" help:"Load the demo clinic; a second time adds only what is missing."`
	Import  adminImportCmd  `cmd:"" help:"Bring a clinic to what CSV files say: people, hours, patients, appointments."`
	Export  adminExportCmd  `cmd:"" help:"Write a clinic as the CSV files that import reads."`

	ProcessData adminProcessCmd `cmd:"" name:"process-data" help:"Work on a clinic's data: displaced appointments, calendar feeds."`
}

type adminMigrateCmd struct{}

// Run migrates as the owner.
func (adminMigrateCmd) Run(ctx context.Context, c *cli, io console) error {
	s, err := loadSettings(c.EnvFile, "admin")
	if err != nil {
		return err
	}
	if err := migrations.Up(ctx, s.ownerURL(), newLogger(io.err, s)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "The database is at schema version %d.\n", migrations.Latest())
	return err
}

type adminSeedCmd struct{}

// Run loads the demo clinic as the owner.
func (adminSeedCmd) Run(ctx context.Context, c *cli, io console) error {
	s, err := loadSettings(c.EnvFile, "admin")
	if err != nil {
		return err
	}
	keys, err := keyring.Parse(string(s.EncryptionKeys))
	if err != nil {
		return fmt.Errorf("reading ENCRYPTION_KEYS: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: s.ownerURL(), Keys: keys, Logger: newLogger(io.err, s), Now: time.Now})
	if err != nil {
		return err
	}
	defer db.Close()
	return seed(ctx, db, s.PublicURL, io)
}

// seed loads the demo clinic. Its privacy notice is the one of the demo page, where it is known under which address that is.
func seed(ctx context.Context, db *postgres.DB, home *url.URL, io console) error {
	data, err := demo.Dataset(time.Now())
	if err != nil {
		return fmt.Errorf("making the demo clinic: %w", err)
	}
	if home != nil {
		data.Directory.Clinic.Settings.PrivacyURL = home.JoinPath("demo", "privacy.html").String()
	}
	added, err := db.Seed(ctx, data)
	if err != nil {
		return fmt.Errorf("seeding the demo clinic: %w", err)
	}
	_, err = fmt.Fprintf(io.out, "%s is there: %d patients and %d appointments added.\n", data.Directory.Clinic.Name, added.Patients, added.Appointments)
	return err
}
