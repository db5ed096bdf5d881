package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const (
	keyA  = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	keyB  = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	keyIx = "index:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
)

func parse(t testing.TB, entries ...string) *Ring {
	t.Helper()
	r, err := Parse(strings.Join(entries, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", maxIDBytes+1)
	for name, ring := range map[string]string{
		"nothing":         "",
		"no index key":    keyA,
		"no sealing key":  keyIx,
		"no id":           ":AAAA," + keyIx,
		"no colon":        "AAAA," + keyIx,
		"not base64":      "a:secret!secret!," + keyIx,
		"short key":       "a:c2VjcmV0," + keyIx,
		"same id twice":   keyA + "," + keyA + "," + keyIx,
		"two index keys":  keyA + "," + keyIx + "," + keyIx,
		"too long an id":  long + keyA[1:] + "," + keyIx,
		"a trailing void": keyA + "," + keyIx + ",",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(ring)
			if err == nil {
				t.Fatal("was accepted")
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "AAAA") {
				t.Errorf("the error quotes a key: %v", err)
			}
		})
	}
}

func TestRotation(t *testing.T) {
	before := parse(t, keyA, keyIx)
	after := parse(t, keyB, keyA, keyIx)
	sealed := before.Seal([]byte("+12125550123"), []byte("patient.phone/1"))

	got, err := after.Open(sealed, []byte("patient.phone/1"))
	if err != nil || string(got) != "+12125550123" {
		t.Errorf("the ring with a newer key opened %q, %v", got, err)
	}
	if _, err := before.Open(after.Seal(nil, nil), nil); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("opening with a ring that lacks the key: %v", err)
	}
	if KeyID(sealed) != "a" || KeyID(after.Seal(nil, nil)) != after.Newest() {
		t.Error("the key id in front is not the sealing key's")
	}
	if !bytes.Equal(before.Index("phone", "x"), after.Index("phone", "x")) {
		t.Error("a new sealing key changed the index")
	}
}

func TestOpenRefuses(t *testing.T) {
	r := parse(t, keyA, keyIx)
	sealed := r.Seal([]byte("text"), []byte("here"))
	if _, err := r.Open(sealed, []byte("there")); !errors.Is(err, ErrForged) {
		t.Errorf("moved to another place: %v", err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := r.Open(broken, []byte("here")); err == nil {
			t.Errorf("byte %d was changed and nobody noticed", i)
		}
		if _, err := r.Open(sealed[:i], []byte("here")); err == nil {
			t.Errorf("cut after %d bytes and nobody noticed", i)
		}
	}
}

func TestSealIsDifferentEveryTime(t *testing.T) {
	r := parse(t, keyA, keyIx)
	if bytes.Equal(r.Seal([]byte("x"), nil), r.Seal([]byte("x"), nil)) {
		t.Error("the same bytes twice")
	}
}

func TestIndex(t *testing.T) {
	r, other := parse(t, keyA, keyIx), parse(t, keyA, "index:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=")
	base := r.Index("phone", "+12125550123")
	if !bytes.Equal(base, r.Index("phone", "+12125550123")) {
		t.Error("the same value has two hashes")
	}
	for name, hash := range map[string][]byte{
		"another value":   r.Index("phone", "+12125550124"),
		"another purpose": r.Index("email", "+12125550123"),
		"another key":     other.Index("phone", "+12125550123"),
	} {
		if bytes.Equal(base, hash) {
			t.Errorf("%s has the same hash", name)
		}
	}
}

func TestKeysNeverPrint(t *testing.T) {
	r := parse(t, keyA, keyB, keyIx)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", slog.Any("keys", r))
	asJSON, err := json.Marshal(map[string]any{"keys": r})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(r), fmt.Sprintf("%v %+v %#v %s", r, r, r, r), log.String(), string(asJSON)} {
		if !strings.Contains(out, "keyring(a,b)") {
			t.Errorf("want the ids of the keys in %q", out)
		}
		for _, secret := range []string{"AAAA", "[0 0", "0x0, 0x0", "AQEB"} {
			if strings.Contains(out, secret) {
				t.Errorf("a key shows in %q", out)
			}
		}
	}
}

func TestGenerate(t *testing.T) {
	text := Generate("2026-01")
	if text == Generate("2026-01") {
		t.Fatal("twice the same keys")
	}
	if got := parse(t, text).Newest(); got != "2026-01" {
		t.Errorf("the newest key is %q", got)
	}
}

func TestTokens(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	before, after := parse(t, keyA, keyIx), parse(t, keyB, keyA, keyIx)
	token := before.Sign("socket", []byte("conversation 7"), now.Add(time.Minute))

	if got, err := after.Verify("socket", token, now); err != nil || string(got) != "conversation 7" {
		t.Errorf("after a rotation: %q, %v", got, err)
	}
	if _, err := after.Verify("socket", token, now.Add(time.Minute)); !errors.Is(err, ErrTokenExpired) {
		t.Errorf("when it expires: %v", err)
	}
	for name, forged := range map[string]string{
		"empty":        "",
		"not base64":   "%%%",
		"cut":          token[:len(token)-4],
		"other letter": "B" + token[1:],
		"no payload":   base64.RawURLEncoding.EncodeToString(make([]byte, 40)),
	} {
		if _, err := after.Verify("socket", forged, now); !errors.Is(err, ErrBadToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := after.Verify("download", token, now); !errors.Is(err, ErrBadToken) {
		t.Errorf("for another purpose: %v", err)
	}
	if _, err := parse(t, keyB, keyIx).Verify("socket", token, now); !errors.Is(err, ErrBadToken) {
		t.Errorf("after the key was retired: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	r := parse(f, keyA, keyIx)
	f.Add([]byte{}, []byte{})
	f.Add([]byte{1, 255}, []byte("x"))
	f.Add(r.Seal([]byte("text"), []byte("a place that no mutation of the other arrives at")), []byte("there"))
	f.Fuzz(func(t *testing.T, sealed, associated []byte) {
		if _, err := r.Open(sealed, associated); err == nil {
			t.Errorf("opened what was never sealed for this place: %x", sealed)
		}
		KeyID(sealed)
		if got, err := r.Open(r.Seal(sealed, associated), associated); err != nil || !bytes.Equal(got, sealed) {
			t.Errorf("sealed %x and opened %x, %v", sealed, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(keyA + "," + keyIx)
	f.Add("a:,index:")
	f.Fuzz(func(t *testing.T, ring string) {
		if r, err := Parse(ring); err == nil && r.Newest() == "" {
			t.Errorf("%q gives a ring whose newest key has no id", ring)
		}
	})
}

func FuzzVerify(f *testing.F) {
	r := parse(f, keyA, keyIx)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := r.Verify("fuzz", token, time.Unix(0, 0)); err == nil {
			t.Errorf("%q passes", token)
		}
	})
}
