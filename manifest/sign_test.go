package manifest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

func signed(t testing.TB, m *manifest.Manifest, seed byte) []byte {
	t.Helper()
	_, private := keys(seed)
	data, err := manifest.Sign(m.YAML(), private)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSignature(t *testing.T) {
	t.Parallel()
	public, _ := keys(1)
	other, _ := keys(2)
	data := signed(t, whole(), 1)
	got, err := manifest.Verify(data, other, public)
	if err != nil || got.Sequence != 17 || len(got.Documents) != 3 {
		t.Errorf("what was signed is read as %+v, %v", got, err)
	}
	if _, err := manifest.Verify(data, other); !errors.Is(err, manifest.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := manifest.Verify(whole().YAML(), public); !errors.Is(err, manifest.ErrUnsigned) {
		t.Errorf("without a signature: %v", err)
	}
	if _, err := manifest.Verify(data, nil, public[:31]); !errors.Is(err, manifest.ErrSignature) {
		t.Errorf("keys that are none: %v", err)
	}
	windows := bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	if again, err := manifest.Verify(windows, public); err != nil || again.Digest() != got.Digest() {
		t.Errorf("with the line ends of Windows: %v", err)
	}
	twice, err := manifest.Sign(data, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize)))
	if err != nil || bytes.Count(twice, []byte("signature:")) != 1 {
		t.Errorf("a text that was signed is signed again as %s, %v", twice, err)
	}
}

// Each byte of a signed text is signed.
func TestNoByteOfASignedTextCanBeChanged(t *testing.T) {
	t.Parallel()
	public, _ := keys(1)
	data := signed(t, whole(), 1)
	for i := range len(data) - 1 { // but the line break at the end
		for _, to := range []byte{data[i] ^ 1, '\n', ' ', '#'} {
			if to == data[i] {
				continue
			}
			changed := bytes.Clone(data)
			changed[i] = to
			if m, err := manifest.Verify(changed, public); err == nil {
				t.Fatalf("byte %d was changed, and the signature holds: %+v\n%s", i, m, changed)
			}
		}
	}
	for what, changed := range map[string][]byte{
		"a line before":            append([]byte("# x\n"), data...),
		"a line between":           bytes.Replace(data, []byte("signature"), []byte("# x\nsignature"), 1),
		"a line behind":            append(bytes.Clone(data), "# x\n"...),
		"a signature twice":        append(bytes.Clone(data), data[bytes.LastIndex(data, []byte("signature")):]...),
		"the signature of nothing": data[bytes.LastIndex(data, []byte("signature")):],
	} {
		if _, err := manifest.Verify(changed, public); err == nil {
			t.Errorf("%s: the signature holds", what)
		}
	}
}

// Nothing of what nobody trusted has signed is interpreted: its errors would be others.
func TestTheSignatureComesFirst(t *testing.T) {
	t.Parallel()
	public, _ := keys(1)
	_, private := keys(2)
	line := string(signed(t, whole(), 2))
	line = line[strings.LastIndex(line, "signature"):]
	for _, text := range []string{"", "{", "nacre-manifest: 2\n\tx", strings.Repeat("? a\n", 1000), "\xff"} {
		if _, err := manifest.Verify([]byte(text+"\n"+line), public); !errors.Is(err, manifest.ErrSignature) {
			t.Errorf("%.20q: %v, want that it is not signed", text, err)
		}
	}
	old := "release: '1'\ndocuments:\n    a: sha256:" + strings.Repeat("0", 64) + "\n"
	if _, err := manifest.Verify([]byte(old+line), public); !errors.Is(err, manifest.ErrSignature) || !strings.Contains(err.Error(), "older format") {
		t.Errorf("a manifest in the older format: %v, want what to do", err)
	}
	if _, err := manifest.Sign([]byte("db: {dsn: x}\n"), private); err == nil {
		t.Error("what is no manifest is signed")
	}
}

func TestSignRefusesWhatIsNotComplete(t *testing.T) {
	t.Parallel()
	public, private := keys(1)
	for what, change := range map[string]func(*manifest.Manifest){
		"sequence":  func(m *manifest.Manifest) { m.Sequence = 0 },
		"audience":  func(m *manifest.Manifest) { m.Audience = nil },
		"format":    func(m *manifest.Manifest) { m.Documents[2].Format = "" },
		"documents": func(m *manifest.Manifest) { m.Documents = nil },
		"UTF-8":     func(m *manifest.Manifest) { m.Documents[0].Name = "" },
	} {
		m := whole()
		change(m)
		if _, err := manifest.Sign(m.YAML(), private); err == nil {
			t.Errorf("%s: it is signed", what)
		}
		// Whoever has the key can sign it otherwise.
		text := m.YAML()
		by := fmt.Appendf(text, "signature: %s\n", base64of(ed25519.Sign(private, text)))
		if _, err := manifest.Verify(by, public); err == nil {
			t.Errorf("%s: a signed manifest need not have it", what)
		}
	}
	// A signature made elsewhere, of the text as it stands.
	text := whole().YAML()
	if _, err := manifest.Verify(fmt.Appendf(text, "signature: %s\n", base64of(ed25519.Sign(private, text))), public); err != nil {
		t.Errorf("a signature that another program made: %v", err)
	}
}

// elsewhere is a signer whose key is not in this process.
type elsewhere struct {
	public crypto.PublicKey
	sign   func([]byte) ([]byte, error)
}

func (s elsewhere) Public() crypto.PublicKey { return s.public }
func (s elsewhere) Sign(_ io.Reader, text []byte, _ crypto.SignerOpts) ([]byte, error) {
	return s.sign(text)
}

func TestSigners(t *testing.T) {
	t.Parallel()
	public, private := keys(1)
	_, wrong := keys(2)
	good := elsewhere{public, func(text []byte) ([]byte, error) { return ed25519.Sign(private, text), nil }}
	if data, err := manifest.Sign(whole().YAML(), good); err != nil {
		t.Errorf("a signer elsewhere: %v", err)
	} else if _, err := manifest.Verify(data, public); err != nil {
		t.Errorf("a signer elsewhere: %v", err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	down := errors.New("down")
	for what, key := range map[string]crypto.Signer{
		"none": nil, "an empty key": ed25519.PrivateKey(nil), "a short key": private[:63], "a key of another kind": curve,
		"one that is down":          elsewhere{public, func([]byte) ([]byte, error) { return nil, down }},
		"one that signs otherwise":  elsewhere{public, func(text []byte) ([]byte, error) { return ed25519.Sign(wrong, text), nil }},
		"one with a public key cut": elsewhere{public[:31], nil},
	} {
		if _, err := manifest.Sign(whole().YAML(), key); err == nil {
			t.Errorf("%s signs", what)
		}
	}
}

// A manifest that "openssl pkeyutl -sign -rawin" has signed.
func TestASignatureOfOpenSSL(t *testing.T) {
	t.Parallel()
	public, err := hex.DecodeString("3f5ecbb075083ca8e1d194d0d6625bd5ed6f6826c05e5e724fc51000a52e4574")
	if err != nil {
		t.Fatal(err)
	}
	const data = `nacre-manifest: 2
release: 1
sequence: 1
audience:
- namespace: "*"
  group: "*"
  service: "*"
documents:
- name: a.yaml
  format: yaml
  sha256: 0000000000000000000000000000000000000000000000000000000000000000
signature: awnmAKXRFz85lhjgr5cplZrZ5XEvd13PdWVFwHa5S1+AXmK2kCbJqHdj3V9QS093D7KtIeYqBeNIKaKLQZu5Bw==
`
	if m, err := manifest.Verify([]byte(data), public); err != nil || m.Release != "1" {
		t.Errorf("it is read as %+v, %v", m, err)
	}
}

// A trace must not hold up a release: a mistake in it is one of the publisher, who gets the error.
func TestATraceParentIsSignedAndDoesNotRejectARelease(t *testing.T) {
	t.Parallel()
	public, private := keys(1)
	data := signed(t, whole(), 1)
	if m, err := manifest.Verify(data, public); err != nil || m.TraceParent != traceParent {
		t.Errorf("the trace parent that was signed is read as %q, %v", m.TraceParent, err)
	}
	other := bytes.Replace(data, []byte("b7ad6b7169203331"), []byte("b7ad6b7169203332"), 1)
	if _, err := manifest.Verify(other, public); !errors.Is(err, manifest.ErrSignature) {
		t.Errorf("a trace parent that was changed after signing is answered with %v", err)
	}
	for _, bad := range []string{"not-one", traceParent + "0", "01" + traceParent[2:], strings.ToUpper(traceParent), "00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01"} {
		m := whole()
		m.TraceParent = bad
		var problem *source.Problem
		if _, err := manifest.Sign(m.YAML(), private); !errors.As(err, &problem) || problem.Position.Line != 4 || strings.Contains(err.Error(), bad) {
			t.Errorf("signing the trace parent %q is answered with %v, which does not name line 4", bad, err)
		}
		if got, err := manifest.Parse(m.YAML()); err != nil || got.TraceParent != "" || got.Release != m.Release {
			t.Errorf("the trace parent %q is read as %+v, %v; it must be ignored", bad, got, err)
		}
	}
}
