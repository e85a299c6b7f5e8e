package publickey

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
)

// Check returns an error if a list of keys cannot be what its author means: it is empty, a key does
// not have 32 bytes, a key is given twice, or anyone can make a signature for a key, such as one of
// zeros only.
func Check(keys ...ed25519.PublicKey) error {
	if len(keys) == 0 {
		return errors.New("a signed manifest needs at least one public key")
	}
	seen := map[string]int{}
	for i, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("public key %d has %d bytes, want %d", i+1, len(key), ed25519.PublicKeySize)
		}
		if weak(key) {
			return fmt.Errorf("public key %d is not usable: anyone can make signatures for it", i+1)
		}
		if first, twice := seen[string(key)]; twice {
			return fmt.Errorf("public keys %d and %d are the same", first, i+1)
		}
		seen[string(key)] = i + 1
	}
	return nil
}

// weakKeys are the points of small order, by their y without the sign of x. A signature for one of
// them needs no private key.
var weakKeys = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 0, written as p
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 1, written as p+1
}

func weak(key ed25519.PublicKey) bool {
	y := [ed25519.PublicKeySize]byte(key)
	y[len(y)-1] &= 0x7f
	text := hex.EncodeToString(y[:])
	for _, w := range weakKeys {
		if w == text {
			return true
		}
	}
	return false
}
