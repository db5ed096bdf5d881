package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"github.com/agentcare/agentcare/keyring"
)

// environment is where the process runs.
type environment string

// UnmarshalText reads APP_ENV.
func (e *environment) UnmarshalText(text []byte) error {
	return oneOf(e, text, "development", "production")
}

// logFormat is how log lines look.
type logFormat string

// UnmarshalText reads LOG_FORMAT.
func (f *logFormat) UnmarshalText(text []byte) error {
	return oneOf(f, text, "auto", "json", "text")
}

func oneOf[T ~string](to *T, text []byte, allowed ...string) error {
	if !slices.Contains(allowed, string(text)) {
		return errors.New("not one of them")
	}
	*to = T(text)
	return nil
}

// settingsError is every problem of the settings at once, a line each, without any secret.
type settingsError []string

// Error is the list.
func (e settingsError) Error() string {
	return "the settings are not right:\n  " + strings.Join(e, "\n  ")
}

// loadSettings reads the environment for a command ("web", "worker", "scheduler", "admin"; several for "all").
// envFile names a file of NAME=value lines; the environment wins over it. The error lists every problem.
func loadSettings(envFile string, commands ...string) (settings, error) {
	vars, err := variables(envFile)
	if err != nil {
		return settings{}, err
	}
	var s settings
	problems := parse(&s, vars)
	s.fillForDevelopment()
	problems = append(problems, s.missing(commands)...)
	problems = append(problems, s.contradictions()...)
	if len(problems) > 0 {
		slices.Sort(problems)
		return s, settingsError(slices.Compact(problems))
	}
	return s, nil
}

// variables is the environment over the file, without empty values.
func variables(envFile string) (map[string]string, error) {
	vars := map[string]string{}
	if envFile != "" {
		fromFile, err := godotenv.Read(envFile)
		if err != nil {
			return nil, settingsError{fmt.Sprintf("--env-file: cannot read %s: want a file of NAME=value lines", envFile)}
		}
		vars = fromFile
	}
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value != "" {
			vars[name] = value
		}
	}
	for name, value := range vars {
		if strings.TrimSpace(value) == "" {
			delete(vars, name)
		}
	}
	return vars, nil
}

// parse fills s and returns a line for every value that cannot be read or is out of its range.
func parse(s *settings, vars map[string]string) []string {
	var problems []string
	err := env.ParseWithOptions(s, env.Options{Environment: vars})
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		for _, one := range all.Errors {
			problems = append(problems, describe(one, vars))
		}
	} else if err != nil {
		problems = append(problems, err.Error())
	}
	for f := range fields() {
		if p := outOfRange(f, reflect.ValueOf(*s).FieldByIndex(f.Index)); p != "" && err == nil {
			problems = append(problems, p)
		}
	}
	return problems
}

// describe says which variable is wrong and what it takes.
func describe(err error, vars map[string]string) string {
	bad, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return err.Error()
	}
	for f := range fields() {
		if f.Name != bad.Name {
			continue
		}
		return wanted(f, vars[f.Tag.Get("env")])
	}
	return err.Error()
}

// wanted is the line for a value that is not what the variable takes.
func wanted(f reflect.StructField, got string) string {
	line := f.Tag.Get("env") + ": want " + f.Tag.Get("want")
	if got != "" && f.Tag.Get("secret") == "" {
		line += fmt.Sprintf(", got %q", got)
	}
	return line
}

func outOfRange(f reflect.StructField, v reflect.Value) string {
	low, high := f.Tag.Get("min"), f.Tag.Get("max")
	if low == "" {
		return ""
	}
	number := v.Int()
	if number >= bound(v, low) && number <= bound(v, high) {
		return ""
	}
	return wanted(f, fmt.Sprint(v.Interface()))
}

// bound reads a min or max tag; they are constants of this program.
func bound(v reflect.Value, text string) int64 {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			panic(err)
		}
		return int64(d)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// fillForDevelopment sets what production must be told.
func (s *settings) fillForDevelopment() {
	if !s.development() {
		return
	}
	s.EncryptionKeys = cmp.Or(s.EncryptionKeys, developmentKeys)
	if s.PublicURL == nil {
		s.PublicURL = &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(int(s.Port))}
	}
}

// missing lists what the commands need and nobody set.
func (s *settings) missing(commands []string) []string {
	var problems []string
	for f := range fields() {
		needs := strings.Split(f.Tag.Get("needs"), ",")
		if !slices.ContainsFunc(commands, func(c string) bool { return slices.Contains(needs, c) }) {
			continue
		}
		if reflect.ValueOf(*s).FieldByIndex(f.Index).IsZero() {
			problems = append(problems, f.Tag.Get("env")+" is not set: want "+f.Tag.Get("want"))
		}
	}
	return problems
}

// contradictions are values that can be read and still cannot be meant.
func (s *settings) contradictions() []string {
	var problems []string
	say := func(name, text string) { problems = append(problems, name+": "+text) }
	if s.EncryptionKeys != "" {
		if _, err := keyring.Parse(string(s.EncryptionKeys)); err != nil {
			say("ENCRYPTION_KEYS", err.Error())
		}
	}
	if !s.development() && sharesKey(string(s.EncryptionKeys), developmentKeys) {
		say("ENCRYPTION_KEYS", "these are the development keys, which everybody knows: `agentcare config template` makes new ones")
	}
	if u := s.PublicURL; u != nil {
		switch {
		case u.Scheme != "https" && u.Scheme != "http", u.Host == "", strings.Trim(u.Path, "/") != "", u.RawQuery != "":
			say("PUBLIC_URL", "want an https:// address without a path")
		case u.Scheme == "http" && !s.development():
			say("PUBLIC_URL", "want https:// in production: patients' words travel over it")
		}
	}
	for _, o := range s.AllowedOrigins {
		if u, err := url.Parse(o); err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			say("ALLOWED_ORIGINS", fmt.Sprintf("want origins such as https://clinic.example, got %q", o))
		}
	}
	for name, value := range map[string]secret{"DATABASE_URL": s.DatabaseURL, "DATABASE_OWNER_URL": s.DatabaseOwnerURL} {
		if u, err := url.Parse(string(value)); value != "" && (err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "") {
			say(name, "want postgres://user:password@host:port/name")
		}
	}
	return problems
}

// sharesKey reports whether two rings have a key in common, whatever its id.
func sharesKey(ring, other string) bool {
	return slices.ContainsFunc(strings.Split(other, ","), func(entry string) bool {
		_, key, _ := strings.Cut(entry, ":")
		return strings.Contains(ring, key)
	})
}
