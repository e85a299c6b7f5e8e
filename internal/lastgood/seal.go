package lastgood

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// sealed is the first line of a copy that is encrypted, with AES-256 in Galois/Counter Mode: a nonce and the rest follow. The line
// and the path are authenticated too: the copy of another config, or of another place, is not taken for this one.
const (
	sealed       = "nacre-lastgood-sealed-2\n"
	sealedBefore = "nacre-lastgood-sealed-1\n"
)

var (
	errSealed    = errors.New("it is encrypted, and there is no key")
	errNotSealed = errors.New("it is not encrypted, and there is a key: anybody may have written it")
	errKey       = errors.New("it was encrypted with another key or for another path, or was changed")
	errBefore    = errors.New("it was written by an earlier version of nacre")
)

// seal encrypts what encode has made, for a path; without a key it is left as it is.
func seal(plain, key []byte, path string) ([]byte, error) {
	if len(key) == 0 {
		return plain, nil
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return append([]byte(sealed), aead.Seal(nil, nil, plain, []byte(sealed+path))...), nil
}

// unseal is the inverse of seal.
func unseal(data, key []byte, path string) ([]byte, error) {
	rest, is := bytes.CutPrefix(data, []byte(sealed))
	switch {
	case bytes.HasPrefix(data, []byte(sealedBefore)):
		return nil, errBefore
	case len(key) == 0 && is:
		return nil, errSealed
	case len(key) == 0:
		return data, nil
	case !is:
		return nil, errNotSealed
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, rest, []byte(sealed+path))
	if err != nil {
		return nil, errKey
	}
	return plain, nil
}

// newAEAD makes a cipher that brings a nonce of its own, by chance, with each text.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
