package publickey_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/nacre-go/nacre/internal/publickey"
)

func key(seed byte) ed25519.PublicKey {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return private.Public().(ed25519.PublicKey)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	a, b := key(1), key(2)
	if err := publickey.Check(a, b); err != nil {
		t.Errorf("two keys: %v", err)
	}
	for what, keys := range map[string][]ed25519.PublicKey{
		"none": nil, "a nil": {nil}, "a short one": {a[:31]}, "a long one": {append(a[:32:32], 0)}, "one twice": {a, b, a}, "a nil beside one": {a, nil},
	} {
		if publickey.Check(keys...) == nil {
			t.Errorf("%s: nothing is wrong", what)
		}
	}
}

// A key for which anyone can sign is rejected.
func TestWeakKeys(t *testing.T) {
	t.Parallel()
	forged := make([]byte, ed25519.SignatureSize) // R is the neutral point and S is 0: right if the key times a hash of the text is neutral
	forged[0] = 1
	for _, text := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		key, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		weak := false
		for i := range 100 {
			weak = weak || ed25519.Verify(key, fmt.Append(nil, i), forged)
		}
		if !weak {
			t.Errorf("control: no one can sign for %s", text)
		}
		if publickey.Check(key) == nil {
			t.Errorf("%s is a key, and anyone can sign for it", text)
		}
	}
}
