package main

import "fmt"

type configCmd struct {
	Show     configShowCmd     `cmd:"" help:"Print the effective values, secrets redacted."`
	Validate configValidateCmd `cmd:"" help:"Report every problem at once; exit code 2 if there is one."`
	Template configTemplateCmd `cmd:"" help:"Print a commented template for --env-file."`
}

type configShowCmd struct{}

// Run prints the values even where some are wrong, and then says which.
func (configShowCmd) Run(c *cli, io console) error {
	s, err := loadSettings(c.EnvFile)
	if writeErr := writeSettings(io.out, s); writeErr != nil {
		return writeErr
	}
	return err
}

type configValidateCmd struct {
	For []string `enum:"web,worker,scheduler,admin" default:"web,worker,scheduler,admin" help:"Commands whose settings are checked (web, worker, scheduler, admin)."`
}

// Run checks the settings.
func (v configValidateCmd) Run(c *cli, io console) error {
	if _, err := loadSettings(c.EnvFile, v.For...); err != nil {
		return err
	}
	_, err := fmt.Fprintln(io.out, "The settings are right.")
	return err
}

type configTemplateCmd struct{}

// Run prints the template.
func (configTemplateCmd) Run(io console) error { return writeTemplate(io.out) }
