package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
)

// canaries are what a patient says and is; none of it may leave the process in the clear.
var canaries = map[string]string{
	"given name":  "Zebedia",
	"family name": "Quillfeather",
	"phone":       "2125550177",
	"words":       "marmalade-coloured",
	"birth date":  "1971-02-28",
}

// TestNothingOfAPatientLeavesTheProcess books with canaries in every place where a patient can put something, and then
// looks for them in the log, in all traffic to Redis, in every table, and in what strangers are answered.
func TestNothingOfAPatientLeavesTheProcess(t *testing.T) {
	server := startServer(t, nil)
	redisTraffic := monitorRedis(t, server.redisURL)

	p := newPatient(t, server.base, "")
	p.reply() // the greeting
	answer := p.say("a skin check for my " + canaries["words"] + " mole, whenever you can")
	answer = p.choose(answer, "slot", "")
	answer = p.fill(answer, map[string]string{
		"given_name": canaries["given name"], "family_name": canaries["family name"], "birth_date": canaries["birth date"],
		"phone": "+1" + canaries["phone"], "consent": "true",
	})
	secretCode := code(t, server.base, "+1"+canaries["phone"])
	answer = p.fill(answer, map[string]string{"code": secretCode})
	answer = p.choose(answer, "confirm", "")
	if answer.Appointment == nil || answer.Appointment.State != "booked" {
		t.Fatalf("not booked:\n%s", p.transcript())
	}
	provokeErrors(t, server, p)
	server.stop()

	wanted := maps.Clone(canaries)
	wanted["one-time code"] = secretCode
	tables := dump(t, server)
	for what, canary := range wanted {
		if strings.Contains(server.log.String(), canary) {
			t.Errorf("the patient's %s is in the log:\n%s", what, lineWith(server.log.String(), canary))
		}
		if strings.Contains(redisTraffic(), canary) {
			t.Errorf("the patient's %s went to Redis in the clear", what)
		}
		for table, rows := range tables {
			if mayHoldNames := table == "patient" && strings.HasSuffix(what, "name"); !mayHoldNames && (strings.Contains(rows, canary) || strings.Contains(rows, hex.EncodeToString([]byte(canary)))) {
				t.Errorf("the patient's %s is readable in table %s", what, table)
			}
		}
	}
}

// provokeErrors does what strangers and broken clients do, with canaries in it.
func provokeErrors(t *testing.T, server *testServer, p *patient) {
	t.Helper()
	for _, path := range []string{"/chat/ws?token=" + canaries["words"], "/chat/session", "/nothing?name=" + canaries["family name"]} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.base+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode < 400 || strings.Contains(string(body), canaries["words"]) {
			t.Errorf("GET %s answered %s", path, response.Status)
		}
	}
	for _, frame := range []map[string]any{
		{"type": canaries["words"]},
		{"type": "message", "id": uuid.NewString(), "text": "\x00" + canaries["words"]},
		{"type": "choose", "id": uuid.NewString(), "option": canaries["words"]},
		{"type": "form", "id": uuid.NewString(), "form": canaries["words"], "values": map[string]string{"phone": canaries["phone"]}},
	} {
		p.send(frame)
		for {
			f := p.read()
			if f.Type != "error" {
				continue
			}
			if strings.Contains(f.Message+f.Code, canaries["words"]) {
				t.Errorf("an error repeats the patient's words: %s %s", f.Code, f.Message)
			}
			break
		}
	}
}

// monitorRedis records every command that reaches the server, on a bare connection: go-redis's own monitor is not free of
// data races. The returned function is what was seen so far.
func monitorRedis(t *testing.T, address string) func() string {
	t.Helper()
	options, err := goredis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", options.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if options.Password != "" {
		fmt.Fprintf(conn, "AUTH %s\r\n", options.Password)
	}
	fmt.Fprint(conn, "MONITOR\r\n")
	seen, done := &syncBuffer{}, make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(seen, conn) // until the connection is closed
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	eventually(t, "Redis shows its traffic", func() error {
		if !strings.Contains(seen.String(), "+OK") {
			return fmt.Errorf("so far: %q", seen.String())
		}
		return nil
	})
	return func() string {
		if strings.Count(seen.String(), "\n") < 10 {
			t.Errorf("hardly anything of the traffic to Redis was seen: %q", seen.String())
		}
		return seen.String()
	}
}

// dump is every row of every table as text.
func dump(t *testing.T, server *testServer) map[string]string {
	t.Helper()
	names, err := server.Owner.Query(t.Context(), `select tablename from pg_tables where schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]string{}
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables[name] = ""
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	for name := range tables {
		var rows string
		if err := server.Owner.QueryRow(t.Context(), fmt.Sprintf(`select coalesce(string_agg(t::text, E'\n'), '') from %q t`, name)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		tables[name] = rows
	}
	if tables["message"] == "" || tables["patient"] == "" {
		t.Fatal("the dump is empty")
	}
	return tables
}

func lineWith(log, what string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, what) {
			return line
		}
	}
	return ""
}
