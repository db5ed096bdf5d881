package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"

	"github.com/agentcare/agentcare/store/postgres"
)

// newLogger writes JSON with the keys timestamp, level, message and service, or readable lines on a terminal.
func newLogger(w io.Writer, s settings) *slog.Logger {
	if s.LogFormat == "text" || s.LogFormat == "auto" && isTerminal(w) {
		return slog.New(tint.NewTextHandler(w, &tint.Options{Level: s.LogLevel, TimeFormat: "15:04:05.000", ReplaceAttr: nameLevels}))
	}
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: s.LogLevel, ReplaceAttr: renameKeys})
	return slog.New(handler).With(slog.String("service", s.Service)) //nolint:sloglint // the key is set here, and nowhere else
}

// renameKeys gives slog's own keys the names that log collectors of clinics expect.
func renameKeys(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		a.Key = "timestamp"
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		return nameLevel(a)
	}
	return a
}

// nameLevel gives the level of audit rows a name of its own: it is above all others so that no LOG_LEVEL hides it.
func nameLevel(a slog.Attr) slog.Attr {
	if level, ok := a.Value.Any().(slog.Level); ok && level == postgres.LevelAudit {
		a.Value = slog.StringValue("AUDIT")
	}
	return a
}

// nameLevels is [nameLevel] for lines that keep slog's own keys.
func nameLevels(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		return nameLevel(a)
	}
	return a
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
