package tree_test

import (
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Port": "port", "MaxConns": "max_conns", "HTTPServer": "http_server", "UserID": "user_id", "DB": "db",
		"BaseURLs": "base_urls", "IDs": "ids", "S3Bucket": "s3_bucket", "IPv4Only": "ipv4_only", "IPv6": "ipv6",
		"Sha256Sum": "sha256_sum", "Max_Conns": "max_conns", "X": "x", "XY": "xy", "ÄrgerZahl": "ärger_zahl",
		"HTTP2Server": "http2_server", "TLSConfig": "tls_config", "IDsByName": "ids_by_name", "ASet": "a_set",
	} {
		if got := tree.SnakeCase(name); got != want {
			t.Errorf("the key of a field %s is %q, documented as %q", name, got, want)
		}
	}
}

type inner struct{ A int }

// Inner is an exported struct to embed.
type Inner struct{ A int }

func TestFieldOf(t *testing.T) {
	t.Parallel()
	type all struct {
		Plain      int
		Named      int            `config:"other.name/X"`
		Skipped    int            `config:"-"`
		Old        int            `mapstructure:"Old,omitempty"`
		OldSkip    int            `mapstructure:"-"`
		OldSquash  Inner          `mapstructure:",squash"`
		OldRemain  map[string]any `mapstructure:",remain"`
		Both       int            `config:"new" mapstructure:"old"`
		Squash     Inner          `config:",squash"`
		Remain     map[string]any `config:",remain"`
		unexported int
		Inner
		inner
		time.Time
		*url.URL
		netip.Addr `config:"addr"`
		BadOption  int   `config:"x,squsah"`
		BadBoth    Inner `config:"x,squash"`
		hidden     int   `config:"x"`
	}
	want := map[string]tree.Field{
		"Plain": {Key: "plain"}, "Named": {Key: "other.name/X"}, "Skipped": {Skip: true}, "Old": {Key: "Old"},
		"OldSkip": {Skip: true}, "OldSquash": {Squash: true}, "OldRemain": {Remain: true}, "Both": {Key: "new"},
		"Squash": {Squash: true}, "Remain": {Remain: true}, "unexported": {Skip: true}, "Inner": {Squash: true},
		"inner": {Squash: true}, "Time": {Key: "time"}, "URL": {Key: "url"}, "Addr": {Key: "addr"},
	}
	_ = all{unexported: 0, hidden: 0}
	for f := range reflect.TypeFor[all]().Fields() {
		got, err := tree.FieldOf(f)
		if w, good := want[f.Name]; good {
			if err != nil || got != w {
				t.Errorf("field %s is %+v, %v; must be %+v", f.Name, got, err, w)
			}
		} else if err == nil {
			t.Errorf("the wrong tag of field %s is no error: %+v", f.Name, got)
		}
	}
	type pointer struct{ *inner }
	if _, err := tree.FieldOf(reflect.TypeFor[pointer]().Field(0)); err == nil {
		t.Error("an embedded pointer to an unexported struct cannot be set, but is no error")
	}
}
