package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// check looks at one thing that the process stands on.
type check struct {
	name   string
	needed bool // without it the process cannot do its work; else it works, and worse
	look   func(context.Context) error
}

// finding is what a check found. Reason is empty when all is well.
type finding struct {
	Name   string `json:"name"`
	Needed bool   `json:"needed"`
	Reason string `json:"reason,omitempty"`
}

const checkTimeout = 2 * time.Second

// examine runs the checks side by side.
func examine(ctx context.Context, checks []check) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found := make([]finding, len(checks))
	var group errgroup.Group
	for i, c := range checks {
		group.Go(func() error {
			found[i] = finding{Name: c.name, Needed: c.needed}
			if err := c.look(ctx); err != nil {
				found[i].Reason = err.Error()
			}
			return nil
		})
	}
	_ = group.Wait() // the findings carry the errors
	return found
}

// down reports whether something needed is missing.
func down(found []finding) bool {
	for _, f := range found {
		if f.Needed && f.Reason != "" {
			return true
		}
	}
	return false
}

// healthHandler serves /healthz (the process lives) and /readyz (it can do its work).
func healthHandler(checks []check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		found := examine(r.Context(), checks)
		status, word := http.StatusOK, "ready"
		if down(found) {
			status, word = http.StatusServiceUnavailable, "not ready"
		}
		writeJSON(w, status, map[string]any{"status": word, "checks": found})
	})
	return mux
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nobody to tell
}
