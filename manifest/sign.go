package manifest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/nacre-go/nacre/source"
)

// Errors of Verify.
var (
	// ErrUnsigned is the error of a manifest without a signature.
	ErrUnsigned = errors.New("the manifest is not signed")
	// ErrSignature is the error of a text that no trusted key has signed in this form.
	ErrSignature = errors.New("the manifest is not signed by a trusted key, or was changed after it was signed")
)

// signatureKey begins the last line of a signed manifest.
const signatureKey = "signature: "

// Verify reads a signed manifest. It verifies the signature first, which must be from one of the
// keys, and parses nothing of a text that none of them has signed. The error is ErrUnsigned or
// ErrSignature (with errors.Is), a *[source.Problem] with the line of a mistake, or says what a
// signed manifest lacks.
func Verify(data []byte, key ed25519.PublicKey, more ...ed25519.PublicKey) (*Manifest, error) {
	text, signature, err := split(data)
	if err != nil {
		return nil, err
	}
	if signature == nil {
		return nil, ErrUnsigned
	}
	signed := verify(key, text, signature)
	for _, k := range more {
		signed = signed || verify(k, text, signature)
	}
	if !signed && !bytes.HasPrefix(text, []byte(firstLine+"\n")) {
		return nil, fmt.Errorf("%w; it does not begin with %q: make one in the older format again, see docs/manifests.md", ErrSignature, firstLine)
	}
	if !signed {
		return nil, ErrSignature
	}
	m, err := parse(text)
	if err != nil {
		return nil, err
	}
	return m, m.complete()
}

func verify(key ed25519.PublicKey, text, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, text, signature)
}

// Parse reads a manifest and ignores its signature, if it has one: anyone who can write the
// manifest decides what it says. The error is a *[source.Problem] with the line of a mistake, or
// says that the manifest is too large.
func Parse(data []byte) (*Manifest, error) {
	text, _, err := split(data)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// Sign signs the text of a manifest, from [Manifest.YAML] or written by hand, and replaces a
// signature that it has. It rejects a text that Verify would reject. The key is an
// ed25519.PrivateKey, or a signer whose private key is elsewhere.
func Sign(text []byte, key crypto.Signer) ([]byte, error) {
	public, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	text, _, err = split(text)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(bytes.Clone(text), '\n')
	}
	m, err := parse(text)
	if err == nil {
		err = m.complete()
	}
	if err == nil && m.badTraceParent > 0 {
		err = &source.Problem{Kind: source.Malformed, Position: source.Position{Line: m.badTraceParent},
			Message: "traceparent must be one of version 00 of W3C Trace Context, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	}
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(rand.Reader, text, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign the manifest: %w", err)
	}
	if !verify(public, text, signature) {
		return nil, errors.New("the signature does not match the signer's public key")
	}
	return fmt.Appendf(bytes.Clone(text), "%s%s\n", signatureKey, base64.StdEncoding.EncodeToString(signature)), nil
}

// publicKey returns the public key of a signer that can sign a manifest.
func publicKey(key crypto.Signer) (ed25519.PublicKey, error) {
	errKey := errors.New("a manifest is signed with an Ed25519 key of 64 bytes")
	if private, ok := key.(ed25519.PrivateKey); key == nil || ok && len(private) != ed25519.PrivateKeySize {
		return nil, errKey
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize {
		return nil, errKey
	}
	return public, nil
}

// split returns the text of a manifest, with lines that end in "\n", and its signature; nil for
// none. It looks at the last line only.
func split(data []byte) (text, signature []byte, err error) {
	if len(data) > maxSize {
		return nil, nil, fmt.Errorf("the manifest has more than %d bytes", maxSize)
	}
	text = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	whole := bytes.TrimRight(text, " \n")
	last := bytes.LastIndexByte(whole, '\n') + 1
	encoded, signed := bytes.CutPrefix(whole[last:], []byte(signatureKey))
	if !signed {
		return text, nil, nil
	}
	signature, err = base64.StdEncoding.Strict().DecodeString(string(encoded))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, nil, fmt.Errorf("%w: its last line must be %sand the base64 of an Ed25519 signature", ErrSignature, signatureKey)
	}
	return text[:last], signature, nil
}

// complete returns an error for what a signed manifest lacks.
func (m *Manifest) complete() error {
	if m.Sequence == 0 {
		return errors.New("a signed manifest needs a sequence, a number that is higher than that of every release before it")
	}
	if len(m.Audience) == 0 {
		return errors.New("a signed manifest needs an audience: a list of namespace, group and service, each a name, or \"*\" for all")
	}
	for i, d := range m.Documents {
		if d.Format == "" {
			return fmt.Errorf("document %d of the signed manifest has no format; its name does not declare one", i+1)
		}
	}
	return nil
}
