package main

import (
	"fmt"
	"io"
	"iter"
	"net/url"
	"reflect"
	"strings"

	"github.com/agentcare/agentcare/keyring"
)

// fields are the settings in the order in which they are declared.
func fields() iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for f := range reflect.TypeFor[settings]().Fields() {
			if !yield(f) {
				return
			}
		}
	}
}

// writeSettings prints the effective values, secrets redacted.
func writeSettings(w io.Writer, s settings) error {
	for f := range fields() {
		value := fmt.Sprint(display(reflect.ValueOf(s).FieldByIndex(f.Index).Interface()))
		if _, err := fmt.Fprintf(w, "%s=%s\n", f.Tag.Get("env"), value); err != nil {
			return err
		}
	}
	return nil
}

// display turns a value into what would be written in the environment.
func display(value any) any {
	switch v := value.(type) {
	case *url.URL:
		if v == nil {
			return ""
		}
		return v.String()
	case []string:
		return strings.Join(v, ",")
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return strings.Join(parts, ",")
	}
	return value
}

// writeTemplate prints a file that --env-file takes, every setting in it, commented.
func writeTemplate(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Settings of AgentCare. Load with --env-file FILE; the environment wins.\n")
	for f := range fields() {
		fmt.Fprintf(&b, "\n# %s.\n# Takes %s.", sentence(f.Tag.Get("help")), f.Tag.Get("want"))
		if needs := f.Tag.Get("needs"); needs != "" {
			fmt.Fprintf(&b, " Needed by %s.", strings.ReplaceAll(needs, ",", ", "))
		}
		value, comment := f.Tag.Get("envDefault"), "#"
		if f.Tag.Get("needs") != "" {
			comment = ""
		}
		if f.Name == "EncryptionKeys" {
			value = keyring.Generate("k1") // fresh ones, so that nobody copies somebody else's
		}
		fmt.Fprintf(&b, "\n%s%s=%s\n", comment, f.Tag.Get("env"), value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
