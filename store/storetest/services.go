package storetest

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/joho/godotenv"
)

const help = "`make test` sets everything up; `scripts/services up` starts this checkout's own services and writes .local/services.env"

func serverURL(t testing.TB) string {
	t.Helper()
	url := setting(t, "DATABASE_URL")
	if url == "" {
		t.Fatal("DATABASE_URL is not set, and there is no .local/services.env: " + help)
	}
	return url
}

// setting is from the environment, else from .local/services.env at the root of the module, else "".
func setting(t testing.TB, name string) string {
	t.Helper()
	written, err := godotenv.Read(filepath.Join(moduleRoot(t), ".local", "services.env"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatalf("reading .local/services.env: %v", err)
	}
	return cmp.Or(os.Getenv(name), written[name])
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("there is no go.mod above the working directory")
		}
		dir = parent
	}
}
