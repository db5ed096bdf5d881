package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
)

type adminImportCmd struct {
	From     []string `arg:"" optional:"" name:"path" placeholder:"DIR|FILE" help:"A folder of files, or files: clinic.csv, locations.csv, specialties.csv, rooms.csv, services.csv, practitioners.csv, hours.csv, closures.csv, patients.csv, appointments.csv."`
	Clinic   string   `placeholder:"SLUG" help:"Clinic to import into; else the one of clinic.csv, else the only one there is."`
	DryRun   bool     `help:"Check everything and change nothing; exit code 1 when there are problems."`
	Format   string   `enum:"text,json" default:"text" help:"How to report: text or json."`
	Template string   `placeholder:"DIR" help:"Instead of importing, write all files with their headers and an example line into DIR."`
}

// Help is what `agentcare admin import --help` says below the flags.
func (adminImportCmd) Help() string {
	return `Brings a clinic to what CSV files say: all of it or, when anything is wrong, nothing. Lines are known by the ids of
your other systems, so that a second run changes nothing. What is not in the files stays. docs/import.md has every column.

  agentcare admin import --template clinic/           files to fill in
  agentcare admin import clinic/ --dry-run            what is wrong, by file and line
  agentcare admin import clinic/                      do it
  agentcare admin import new/patients.csv --clinic harbor-view`
}

// Run imports as the owner, or writes templates.
func (cmd adminImportCmd) Run(ctx context.Context, c *cli, io console) error {
	if cmd.Template != "" {
		return writeTemplates(cmd.Template, io.out)
	}
	files, err := openFiles(cmd.From)
	if err != nil {
		return err
	}
	db, err := openOwned(ctx, c, io)
	if err != nil {
		return err
	}
	defer db.Close()
	progress := newProgress(io.err)
	report, err := db.Import(ctx, postgres.ImportRequest{Clinic: cmd.Clinic, Files: files, DryRun: cmd.DryRun, Progress: progress.tell})
	progress.end()
	if err != nil && !errors.Is(err, postgres.ErrProblems) {
		return err
	}
	return errors.Join(err, printReport(io.out, cmd.Format, report))
}

// openOwned opens the record as the owner of its tables.
func openOwned(ctx context.Context, c *cli, io console) (*postgres.DB, error) {
	s, err := loadSettings(c.EnvFile, "admin")
	if err != nil {
		return nil, err
	}
	keys, err := keyring.Parse(string(s.EncryptionKeys))
	if err != nil {
		return nil, fmt.Errorf("reading ENCRYPTION_KEYS: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: s.ownerURL(), Keys: keys, Logger: newLogger(io.err, s), Now: time.Now})
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// openFiles takes one folder, or files of whatever folders.
func openFiles(paths []string) (*exchange.Files, error) {
	if len(paths) == 0 {
		return nil, errors.New("name a folder or files to import; `agentcare admin import --template DIR` writes some to fill in")
	}
	from := picked{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no file or folder %q", path)
		}
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", path, err)
		}
		if info.IsDir() {
			if len(paths) > 1 {
				return nil, fmt.Errorf("%s is a folder: want one folder, or files alone", path)
			}
			return exchange.Open(os.DirFS(path))
		}
		if _, twice := from[filepath.Base(path)]; twice {
			return nil, fmt.Errorf("%s: there are two files of that name", path)
		}
		from[filepath.Base(path)] = path
	}
	return exchange.Open(from)
}

// picked are files that were named one by one, as if they were in one folder.
type picked map[string]string

var _ fs.ReadDirFS = picked{}

// Open opens a file by its own name.
func (p picked) Open(name string) (fs.File, error) {
	path, ok := p[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(path)
}

// ReadDir lists the files.
func (p picked) ReadDir(string) ([]fs.DirEntry, error) {
	entries := make([]fs.DirEntry, 0, len(p))
	for _, path := range p {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	return entries, nil
}

func writeTemplates(dir string, out io.Writer) error {
	err := exchange.Template(creator(dir, false))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s has such files already: name another folder", dir)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has the files to fill in; each has one line as an example. docs/import.md explains the columns.\n", dir)
	return err
}

// printReport prints all problems, and what became of each file.
func printReport(out io.Writer, format string, r exchange.Report) error {
	if format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	for _, p := range r.Problems {
		if _, err := fmt.Fprintln(out, p); err != nil {
			return err
		}
	}
	for _, f := range r.Files {
		line := fmt.Sprintf("%-18s %13s: %d added, %d changed, %d unchanged", f.File, counted(f.Lines, "line"), f.Added, f.Changed, f.Unchanged)
		if f.Kept > 0 {
			line += fmt.Sprintf(", %d kept as they are here", f.Kept)
		}
		if f.Removed > 0 {
			line += fmt.Sprintf(", %d replaced", f.Removed)
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, conclusion(r))
	return err
}

// conclusion is the report in a sentence.
func conclusion(r exchange.Report) string {
	warnings := counted(len(r.Problems)-r.Errors(), "warning")
	switch {
	case r.Errors() > 0:
		return fmt.Sprintf("%s and %s. Nothing was changed.", counted(r.Errors(), "problem"), warnings)
	case r.Changes() == 0:
		return fmt.Sprintf("Nothing to change: %s is as the files say. %s.", r.Clinic, warnings)
	case r.DryRun:
		return fmt.Sprintf("No problems, %s. This was a dry run: nothing was changed.", warnings)
	default:
		return fmt.Sprintf("%s is as the files say now. %s.", r.Clinic, warnings)
	}
}

// counted is a number of things: "1 line", "2 lines".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// progress tells whoever waits at a terminal how far a long command is.
type progress struct {
	to     io.Writer // nil: nobody waits
	now    func() time.Time
	doing  string
	since  time.Time
	told   time.Time
	anyhow bool // something was told
}

func newProgress(to io.Writer) *progress {
	if !isTerminal(to) {
		to = nil
	}
	return &progress{to: to, now: time.Now}
}

// tell is called as often as one likes; it prints a few times a second.
func (p *progress) tell(doing string, done, of int) {
	const often = 200 * time.Millisecond
	if p.to == nil {
		return
	}
	now := p.now()
	if doing != p.doing {
		p.doing, p.since = doing, now
	}
	if now.Sub(p.told) < often && done != of {
		return
	}
	p.told, p.anyhow = now, true
	rate := float64(done) / max(now.Sub(p.since).Seconds(), 0.001)
	if of == 0 {
		_, _ = fmt.Fprintf(p.to, "\r\033[K%s ...", doing)
		return
	}
	_, _ = fmt.Fprintf(p.to, "\r\033[K%s: %d of %d, %.0f rows/s", doing, done, of, rate)
}

// end clears the line.
func (p *progress) end() {
	if p.anyhow {
		_, _ = fmt.Fprint(p.to, "\r\033[K")
	}
}
