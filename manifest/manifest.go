package manifest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Manifest is a release and its documents.
type Manifest struct {
	// Release is the name of the release.
	Release string
	// Documents are the SHA-256 of the documents' data, by their names.
	Documents map[string][sha256.Size]byte
	// Signature is that of Signed; nil for none.
	Signature []byte
}

// New returns the manifest of documents, by their names. It is not signed.
func New(release string, documents map[string][]byte) *Manifest {
	m := &Manifest{Release: release, Documents: map[string][sha256.Size]byte{}}
	for name, data := range documents {
		m.Documents[name] = sha256.Sum256(data)
	}
	return m
}

// Matches reports whether a document is in the manifest, and whether it has that data.
func (m *Manifest) Matches(name string, data []byte) (listed, same bool) {
	want, listed := m.Documents[name]
	return listed, listed && sha256.Sum256(data) == want
}

// Signed returns the bytes that a signature is of.
func (m *Manifest) Signed() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "nacre-manifest-1\n%q\n", m.Release)
	for _, name := range slices.Sorted(maps.Keys(m.Documents)) {
		sum := m.Documents[name]
		fmt.Fprintf(&b, "%q %x\n", name, sum[:])
	}
	return b.Bytes()
}

// Sign signs the manifest.
func (m *Manifest) Sign(key ed25519.PrivateKey) { m.Signature = ed25519.Sign(key, m.Signed()) }

// Errors of Verify.
var (
	ErrUnsigned  = errors.New("it is not signed")
	ErrSignature = errors.New("it was not signed with a key that is trusted")
)

// Verify returns nil if one of the keys has signed the manifest as it is.
func (m *Manifest) Verify(keys ...ed25519.PublicKey) error {
	if len(m.Signature) == 0 {
		return ErrUnsigned
	}
	signed := m.Signed()
	for _, key := range keys {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, signed, m.Signature) {
			return nil
		}
	}
	return ErrSignature
}

// document is how a manifest is written.
type document struct {
	Release   string            `yaml:"release"`
	Documents map[string]string `yaml:"documents"`
	Signature string            `yaml:"signature,omitempty"`
}

// prefix names the algorithm of a digest.
const prefix = "sha256:"

// YAML returns the manifest as a document.
func (m *Manifest) YAML() []byte {
	d := document{Release: m.Release, Documents: map[string]string{}, Signature: base64.StdEncoding.EncodeToString(m.Signature)}
	for name, sum := range m.Documents {
		d.Documents[name] = prefix + hex.EncodeToString(sum[:])
	}
	data, err := yaml.Marshal(d)
	if err != nil { // it is made of texts
		return nil
	}
	return data
}

// maxSize is the largest manifest that is read, in bytes: some thousands of documents.
const maxSize = 1 << 20

// Parse reads a manifest, in YAML or JSON. It does not look at the signature.
func Parse(data []byte) (*Manifest, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("it has more than %d bytes", maxSize)
	}
	var d document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil {
		return nil, errors.New("it is not a manifest: it must have release, documents and, if it is signed, signature, and nothing else")
	}
	m := &Manifest{Release: d.Release, Documents: map[string][sha256.Size]byte{}}
	if len(d.Documents) == 0 {
		return nil, errors.New("it lists no documents")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Documents)) {
		text, ok := strings.CutPrefix(d.Documents[name], prefix)
		sum, err := hex.DecodeString(text)
		if !ok || err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("the digest of %q must be %s and %d hexadecimal digits", name, prefix, 2*sha256.Size)
		}
		m.Documents[name] = [sha256.Size]byte(sum)
	}
	if d.Signature != "" {
		signature, err := base64.StdEncoding.DecodeString(d.Signature)
		if err != nil || len(signature) != ed25519.SignatureSize {
			return nil, errors.New("the signature must be the base64 of an Ed25519 signature")
		}
		m.Signature = signature
	}
	return m, nil
}
