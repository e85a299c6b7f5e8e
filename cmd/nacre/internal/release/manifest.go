package release

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// manifest returns the text of the manifest of a release. before is that of the release before.
func (t Target) manifest(srv Server, before []byte, j *journal, o Options) ([]byte, error) {
	spec := t.Environment.Manifest
	at := manifestKey(srv, spec)
	m := &manifest.Manifest{Audience: spec.Audience}
	if spec.Expires > 0 {
		m.Expires = j.Began.Add(spec.Expires)
	}
	for _, d := range t.Documents {
		k := KeyOf(srv, d)
		entry := manifest.Document{Name: k.DataID, Format: format(k, d.Type)}
		if k.Group != at.Group {
			entry.Group = k.Group
		}
		m.Add(entry, d.Content)
	}
	return complete(m, before, j, o)
}

// complete gives a manifest the release, a sequence above all before, and a signature.
func complete(m *manifest.Manifest, before []byte, j *journal, o Options) ([]byte, error) {
	m.Release, m.TraceParent = j.Release, j.Trace
	// The time is above the sequence of a manifest that was deleted.
	m.Sequence = uint64(max(o.Now().Unix(), 1))
	if old, err := manifest.Parse(before); err == nil && old.Sequence >= m.Sequence {
		m.Sequence = old.Sequence + 1
	}
	text := m.YAML()
	if _, err := manifest.Parse(text); err != nil {
		return nil, &source.Error{Kind: source.Invalid, Op: "make", Document: "manifest", Err: err}
	}
	if o.Key == nil {
		return text, nil
	}
	signed, err := manifest.Sign(text, o.Key)
	if err != nil {
		return nil, &source.Error{Kind: source.Invalid, Op: "sign", Document: "manifest", Err: err}
	}
	return signed, nil
}

// The types of the PEM blocks of keys.
const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// NewKey returns a new key for signatures: the private one, for the file of the publisher, and the
// public one, for the services, both in PEM.
func NewKey() (private, public []byte, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	pubDER, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: pubDER}), nil
}

// ParseKey reads a private key in PEM, as [NewKey] and openssl genpkey -algorithm ed25519 write it.
// The error has nothing of the text.
func ParseKey(text []byte) (crypto.Signer, error) {
	bad := func(why string) error {
		return &source.Error{Kind: source.Malformed, Op: "read", Document: "key", Err: errors.New(why), Fix: "make one with nacre keygen"}
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != privateBlock {
		return nil, bad("is not a private key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, bad("is not a key in PKCS 8")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, bad("is not an Ed25519 key")
	}
	return key, nil
}

// SignManifest signs the text of a manifest that was written by hand, or signs it again.
func SignManifest(text []byte, key crypto.Signer, now time.Time) ([]byte, error) {
	m, err := manifest.Parse(text)
	if err != nil {
		return nil, err
	}
	if !m.Expires.IsZero() && !m.Expires.After(now) {
		return nil, &source.Error{Kind: source.Invalid, Op: "sign", Document: "manifest", Err: errors.New("has expired"), Fix: "correct expires"}
	}
	signed, err := manifest.Sign(text, key)
	if err != nil {
		return nil, &source.Error{Kind: source.Invalid, Op: "sign", Document: "manifest", Err: err}
	}
	return signed, nil
}
