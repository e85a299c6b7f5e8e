package manifest_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/manifest"
)

func keys(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(seed), ed25519.SeedSize)))
	return private.Public().(ed25519.PublicKey), private
}

func TestRoundTripAndSignature(t *testing.T) {
	t.Parallel()
	public, private := keys(1)
	other, _ := keys(2)
	m := manifest.New("2.4.0", map[string][]byte{"a.yaml": []byte("a"), "b.yaml": []byte("b")})
	m.Sign(private)
	got, err := manifest.Parse(m.YAML())
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Verify(other, public); err != nil || got.Release != "2.4.0" || len(got.Documents) != 2 {
		t.Errorf("it comes back as %+v, %v", got, err)
	}
	if err := got.Verify(other); !errors.Is(err, manifest.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	for what, change := range map[string]func(*manifest.Manifest){
		"the release":     func(m *manifest.Manifest) { m.Release = "2.4.1" },
		"a digest":        func(m *manifest.Manifest) { m.Documents["a.yaml"] = m.Documents["b.yaml"] },
		"a document more": func(m *manifest.Manifest) { m.Documents["c.yaml"] = m.Documents["b.yaml"] },
		"a document less": func(m *manifest.Manifest) { delete(m.Documents, "a.yaml") },
		"the signature":   func(m *manifest.Manifest) { m.Signature[0] ^= 1 },
		"a name with a break": func(m *manifest.Manifest) {
			m.Documents["a.yaml\n"] = m.Documents["a.yaml"]
			delete(m.Documents, "a.yaml")
		},
	} {
		changed, err := manifest.Parse(m.YAML())
		if err != nil {
			t.Fatal(err)
		}
		change(changed)
		if changed.Verify(public) == nil {
			t.Errorf("%s was changed, and the signature holds", what)
		}
	}
	m.Signature = nil
	if err := m.Verify(public); !errors.Is(err, manifest.ErrUnsigned) {
		t.Errorf("without a signature: %v", err)
	}
	if listed, same := m.Matches("a.yaml", []byte("a")); !listed || !same {
		t.Error("a document that is in it does not match")
	}
	if listed, same := m.Matches("a.yaml", []byte("b")); !listed || same {
		t.Error("another document matches")
	}
	if listed, _ := m.Matches("x.yaml", nil); listed {
		t.Error("a document that is not in it is listed")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"nothing": "", "a text": "x", "no documents": "release: 1", "another key": "release: 1\ndocuments: {a: sha256:00}\nx: 1",
		"a short digest": "documents: {a: 'sha256:00'}", "another algorithm": "documents: {a: 'md5:00'}", "no digest": "documents: {a: x}",
		"a bad signature": "documents: {a: 'sha256:" + strings.Repeat("0", 64) + "'}\nsignature: x", "a config": "db: {dsn: x}", "too much": strings.Repeat("#", 2<<20),
	} {
		if m, err := manifest.Parse([]byte(text)); err == nil {
			t.Errorf("%s is a manifest: %+v", what, m)
		}
	}
	if _, err := manifest.Parse([]byte(`{"release": "1", "documents": {"a": "sha256:` + strings.Repeat("0", 64) + `"}}`)); err != nil {
		t.Errorf("JSON is none: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	m := manifest.New("1", map[string][]byte{"a": nil})
	f.Add(m.YAML())
	f.Add([]byte("release: &a 1\ndocuments: *a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.Parse(data)
		if err != nil {
			return
		}
		again, err := manifest.Parse(m.YAML())
		if err != nil || string(again.Signed()) != string(m.Signed()) || string(again.Signature) != string(m.Signature) {
			t.Errorf("%q is read as %+v, and written and read again as %+v, %v", data, m, again, err)
		}
	})
}

func Example() {
	public, private := keys(1) // in a release pipeline: from its store of keys
	m := manifest.New("2.4.0", map[string][]byte{"orders.yaml": []byte("db: {pool: 20}\n")})
	m.Sign(private)
	fmt.Println(strings.Split(string(m.YAML()), "\nsignature")[0])
	read, err := manifest.Parse(m.YAML())
	fmt.Println(err, read.Verify(public))
	// Output:
	// release: 2.4.0
	// documents:
	//     orders.yaml: sha256:c2998e33cab8c172d71e89d0f80dce69ab77525deecf64d61222753e9115fd1e
	// <nil> <nil>
}
