package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/store/postgres"
)

// cleanEnv takes every setting out of the environment for the length of a test.
func cleanEnv(t *testing.T) {
	t.Helper()
	for f := range fields() {
		t.Setenv(f.Tag.Get("env"), "")
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for f := range fields() {
		name := f.Tag.Get("env")
		if name == "" || seen[name] {
			t.Errorf("%s: variable %q is missing or there twice", f.Name, name)
		}
		seen[name] = true
		if f.Tag.Get("help") == "" || f.Tag.Get("want") == "" {
			t.Errorf("%s: needs help and want", name)
		}
		if isSecret := f.Type == reflect.TypeFor[secret](); isSecret != (f.Tag.Get("secret") == "true") {
			t.Errorf("%s: the secret tag and the type disagree", name)
		}
		if (f.Tag.Get("min") == "") != (f.Tag.Get("max") == "") {
			t.Errorf("%s: min and max go together", name)
		}
	}
}

func TestDefaultsOfDevelopment(t *testing.T) {
	cleanEnv(t)
	t.Setenv("APP_ENV", "development")
	t.Setenv("DATABASE_URL", "postgres://u:p@localhost/d")
	t.Setenv("REDIS_URL", "redis://localhost")
	s, err := loadSettings("", "web", "worker", "scheduler", "admin")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{s.host(), s.PublicURL.String(), s.TurnDebounce.String(), s.ShutdownGrace.String(), s.ownerURL()}
	want := []string{"127.0.0.1", "http://localhost:3000", "400ms", "20s", "postgres://u:p@localhost/d"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	cleanEnv(t)
	t.Setenv("PORT", "ninety")
	t.Setenv("APP_ENV", "staging")
	t.Setenv("DATABASE_URL", "mysql://secretuser:hunter2@db/x")
	t.Setenv("SHUTDOWN_GRACE", "-3s")
	t.Setenv("REDIS_URL", "   ") // empty is unset
	_, err := loadSettings("", "web")
	if _, ok := errors.AsType[settingsError](err); !ok {
		t.Fatalf("want a settingsError, got %v", err)
	}
	for _, name := range []string{"PORT: want", "APP_ENV: want development or production", "DATABASE_URL: want postgres://", "REDIS_URL is not set", "PUBLIC_URL is not set", "ENCRYPTION_KEYS is not set"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the message lacks %q:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the message tells a secret:\n%v", err)
	}
}

func TestValuesOutOfRange(t *testing.T) {
	for name, value := range map[string]string{
		"TURN_LEASE": "1ms", "SESSION_IDLE": "100h", "DATABASE_MAX_CONNS": "1", "TURNS_AT_ONCE": "0",
		"ALLOWED_ORIGINS": "clinic.example", "TRUSTED_PROXIES": "10.0.0.0", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
		"PUBLIC_URL": "https://clinic.example/chat", "ENCRYPTION_KEYS": "k1:tooshort",
	} {
		t.Run(name, func(t *testing.T) {
			cleanEnv(t)
			t.Setenv("APP_ENV", "development")
			t.Setenv(name, value)
			_, err := loadSettings("")
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("want a problem with %s, got %v", name, err)
			}
		})
	}
}

func TestProductionRefusesWhatEverybodyKnows(t *testing.T) {
	cleanEnv(t)
	t.Setenv("ENCRYPTION_KEYS", strings.Replace(developmentKeys, "dev:", "k1:", 1))
	t.Setenv("PUBLIC_URL", "http://clinic.example")
	_, err := loadSettings("")
	if err == nil || !strings.Contains(err.Error(), "development keys") || !strings.Contains(err.Error(), "want https:// in production") {
		t.Errorf("got %v", err)
	}
}

func TestEnvFileLosesAgainstTheEnvironment(t *testing.T) {
	cleanEnv(t)
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("# a comment\nAPP_ENV=development\nPORT=4000\nLOG_LEVEL=debug\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PORT", "5000")
	s, err := loadSettings(file)
	if err != nil {
		t.Fatal(err)
	}
	if s.Port != 5000 || !s.development() || s.LogLevel.String() != "DEBUG" {
		t.Errorf("got port %d, %s, %s", s.Port, s.Environment, s.LogLevel)
	}
}

func TestTemplateIsWhatIsLoaded(t *testing.T) {
	cleanEnv(t)
	var template bytes.Buffer
	if err := writeTemplate(&template); err != nil {
		t.Fatal(err)
	}
	for f := range fields() {
		if !strings.Contains(template.String(), f.Tag.Get("env")+"=") {
			t.Errorf("%s is not in the template", f.Tag.Get("env"))
		}
	}
	file := filepath.Join(t.TempDir(), "env")
	t.Setenv("PUBLIC_URL", "https://clinic.example")
	uncommented := strings.ReplaceAll(template.String(), "\n#", "\n")
	uncommented = strings.ReplaceAll(uncommented, "\n ", "\n# ")
	if err := os.WriteFile(file, []byte("# "+strings.TrimPrefix(uncommented, "#")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadSettings(file); err != nil {
		t.Errorf("the template's own defaults are refused: %v", err)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	cleanEnv(t)
	t.Setenv("APP_ENV", "development")
	t.Setenv("DATABASE_URL", "postgres://u:hunter2@localhost/d")
	s, err := loadSettings("")
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := writeSettings(&shown, s); err != nil {
		t.Fatal(err)
	}
	all := shown.String() + fmt.Sprintf("%v %+v %#v %s", s, s, s, s.DatabaseURL)
	for _, hidden := range append(strings.FieldsFunc(developmentKeys, func(r rune) bool { return r == ',' || r == ':' })[1:2], "hunter2") {
		if strings.Contains(all, hidden) {
			t.Errorf("a secret is shown")
		}
	}
	if !strings.Contains(shown.String(), "DATABASE_URL=[redacted]\n") {
		t.Errorf("want DATABASE_URL=[redacted] in\n%s", shown.String())
	}
}

func TestExitCodes(t *testing.T) {
	cleanEnv(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"version", []string{"version"}, exitOK, "go1."},
		{"help", []string{"--help"}, exitOK, "config"},
		{"wrong settings stop the start", []string{"web"}, exitSettings, "DATABASE_URL is not set"},
		{"all problems of all processes", []string{"config", "validate"}, exitSettings, "REDIS_URL is not set"},
		{"unknown command", []string{"bogus"}, exitSettings, "--help"},
		{"no such file", []string{"--env-file", "/nonexistent", "config", "validate"}, exitSettings, "nonexistent"},
		{"template", []string{"config", "template"}, exitOK, "PUBLIC_URL="},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := run(context.Background(), c.args, &out, &out); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("output lacks %q:\n%s", c.says, out.String())
			}
		})
	}
}

func TestLogLinesHaveTheCollectorsKeys(t *testing.T) {
	var lines bytes.Buffer
	log := newLogger(&lines, settings{Service: "front-desk", LogLevel: slog.LevelError, LogFormat: "json"})
	log.Info("hidden")
	log.Log(t.Context(), postgres.LevelAudit, "auditEvent")
	var line map[string]any
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, lines.String())
	}
	if line["timestamp"] == nil || line["level"] != "AUDIT" || line["message"] != "auditEvent" || line["service"] != "front-desk" {
		t.Errorf("got %v", line)
	}
}
