package once_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/once"
)

func TestARecordThatNoInstanceWritesIsRefused(t *testing.T) {
	t.Parallel()
	good := string(once.NewRecord("hook", "nonce", time.UnixMilli(1000)).Bytes())
	if r, err := once.Parse([]byte(good)); err != nil || r.Token != 1000 || r.State != once.New {
		t.Errorf("a new record is %+v, %v, want the time as its token", r, err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"another form", "fleet-once/1", "fleet-once/2", "another version of nacre"},
		{"not JSON", "{", "[", "not JSON"},
		{"a negative token", "1000", "-1", "that no instance writes"},
		{"a number that is none", "1000", `"1000"`, "not JSON"},
		{"a turn after the token", `"turn": 0`, `"turn": 1001`, "that no instance writes"},
		{"no nonce", `"nonce": "nonce"`, `"nonce": ""`, "that no instance writes"},
		{"an unknown state", `"state": "new"`, `"state": "odd", "version": "v"`, "unknown state"},
		{"a state without a version", `"state": "new"`, `"state": "done"`, "no version"},
		{"a claim without a term", `"state": "new"`, `"state": "claimed", "version": "v"`, "without a term"},
		{"a term without an end", `"state": "new"`, `"state": "claimed", "version": "v", "term_ms": 9223372036854775807`, "that no instance writes"},
		{"a megabyte", `"hook": "hook"`, `"hook": "` + strings.Repeat("x", 1<<20) + `"`, "bytes, more than"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if r, err := once.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) || !reflect.DeepEqual(r, once.Record{}) {
			t.Errorf("%s: Parse returned %+v, %v; want an error with %q", c.name, r, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(once.NewRecord("hook", "nonce", time.UnixMilli(1000)).Bytes())
	f.Add([]byte(`{"nacre":"fleet-once/1","hook":"h","version":"v","token":2,"turn":1,"state":"claimed","attempt":1,"nonce":"n","term_ms":1,"documents":{"a":1},"earlier":[{"version":"u","token":1,"state":"done","nonce":"m"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := once.Parse(data)
		if err != nil {
			return
		}
		again, err := once.Parse(r.Bytes())
		if err != nil || string(again.Bytes()) != string(r.Bytes()) {
			t.Errorf("a record is read, and not again after it was written: %v\n%s\n%s", err, r.Bytes(), again.Bytes())
		}
	})
}
