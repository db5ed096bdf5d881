package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres"
)

type adminExportCmd struct {
	Dir    string   `arg:"" placeholder:"DIR" help:"Folder to write the files into; it is made, for you alone."`
	Clinic string   `placeholder:"SLUG" help:"Clinic to export; else the only one there is."`
	What   []string `enum:"${kinds}" placeholder:"KIND,..." help:"Files to write: ${kinds}; else all."`
	From   string   `placeholder:"YYYY-MM-DD" help:"First day of the appointments to export."`
	Until  string   `placeholder:"YYYY-MM-DD" help:"Last day of the appointments to export."`
	Force  bool     `help:"Overwrite files that are there."`
}

// Help is what `agentcare admin export --help` says below the flags.
func (adminExportCmd) Help() string {
	return `Writes the files that admin import reads. They hold patients' data: only you may read them, and the export is audited.

  agentcare admin export /secure/harbor-view
  agentcare admin export /secure/week --what appointments --from 2026-12-01 --until 2026-12-07`
}

// Run exports as the owner.
func (cmd adminExportCmd) Run(ctx context.Context, c *cli, io console) error {
	request := postgres.ExportRequest{Clinic: cmd.Clinic, Kinds: cmd.What}
	for _, day := range []struct {
		flag, text string
		to         *localtime.Date
	}{{"--from", cmd.From, &request.From}, {"--until", cmd.Until, &request.Until}} {
		if day.text == "" {
			continue
		}
		var err error
		if *day.to, err = localtime.ParseDate(day.text); err != nil {
			return fmt.Errorf("%s: want YYYY-MM-DD, got %q", day.flag, day.text)
		}
	}
	if !request.Until.IsZero() && request.Until.Before(request.From) {
		return errors.New("--until is before --from")
	}
	if err := free(cmd.Dir, cmd.What, cmd.Force); err != nil {
		return err
	}
	db, err := openOwned(ctx, c, io)
	if err != nil {
		return err
	}
	defer db.Close()
	data, err := db.Export(ctx, request, creator(cmd.Dir, cmd.Force))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s has the files of %s: %d patients, %d appointments. They hold patients' data.\n",
		cmd.Dir, data.Clinic[0].Slug, len(data.Patients), len(data.Appointments))
	return err
}

// free refuses before anything is read where files would be overwritten.
func free(dir string, kinds []string, force bool) error {
	if len(kinds) == 0 {
		kinds = exchange.Kinds()
	}
	for _, kind := range kinds {
		path := filepath.Join(dir, kind+".csv")
		if _, err := os.Lstat(path); err == nil && !force {
			return fmt.Errorf("%s is there already: --force overwrites it", path)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("looking at %s: %w", path, err)
		}
	}
	return nil
}

// creator makes files that nobody else may read, in a folder that nobody else may open. A file that is there is replaced
// by a new one with force alone, so that no wider permission and no link of the old one lives on.
func creator(dir string, force bool) exchange.Create {
	return func(name string) (io.WriteCloser, error) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		path := filepath.Join(dir, name)
		if force {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
}
