package lastgood

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// sealed is the first line of a copy that is encrypted, with AES-256 in Galois/Counter Mode. A
// nonce and the ciphertext follow. The line and the path are authenticated too, so that the copy of
// another config or path is refused.
const (
	sealed       = "nacre-lastgood-sealed-2\n"
	sealedBefore = "nacre-lastgood-sealed-1\n"
)

var (
	errSealed    = errors.New("copy is encrypted, and no key is set")
	errNotSealed = errors.New("copy is not encrypted although a key is set: any user may have written it")
	errKey       = errors.New("copy was encrypted with another key or for another path, or was changed")
	errBefore    = errors.New("copy was written by an earlier version of nacre")
)

// seal encrypts the result of encode, for a path. Without a key, it returns the result unchanged.
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

// newAEAD returns a cipher that adds a random nonce to each text.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
