package binder

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/binding"
)

// Size is a number of bytes, written "10MiB", "1.5GB", "512B" or as a bare number of bytes. kB, MB,
// GB, TB, PB and EB are powers of 1000; KiB, MiB, GiB, TiB, PiB and EiB are powers of 1024. The
// case of these units does not matter, and a blank before the unit is allowed. A size is never
// negative and always a whole number of bytes.
//
// The B may be left out, as in Kubernetes: "64Mi" is 64MiB, and "5M" is 5MB. A single letter is k,
// M, G, T, P or E, in this case only: "10m" and "64K" mean 1024-based sizes to some programs, and
// "10m" a fraction to Kubernetes, so they are errors.
type Size int64

// sizeUnits are from the largest to the smallest, for String.
var sizeUnits = []struct {
	name string
	size Size
}{
	{"EiB", 1 << 60}, {"EB", 1e18}, {"PiB", 1 << 50}, {"PB", 1e15}, {"TiB", 1 << 40}, {"TB", 1e12},
	{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

// UnmarshalText reads a size. Its error is a [PublicError].
func (s *Size) UnmarshalText(text []byte) error {
	digits := strings.TrimSpace(string(text))
	end := len(digits)
	for end > 0 && (digits[end-1]|0x20 >= 'a' && digits[end-1]|0x20 <= 'z') {
		end--
	}
	unit := Size(1)
	if name := digits[end:]; name != "" {
		if unit = unitOf(name); unit == 0 {
			if len(name) == 1 && unitOf(name+"B") != 0 {
				return PublicError("must be " + binding.WantSize + "; the unit must say whether it counts in 1000 (k, M, G) or in 1024 (Ki, Mi, Gi)")
			}
			return PublicError("must be " + binding.WantSize)
		}
		digits = strings.TrimRight(digits[:end], " ")
	}
	// A Rat would also take exponents, fractions and any length.
	whole, part, dotted := strings.Cut(digits, ".")
	if whole == "" || dotted && part == "" || len(digits) > 40 || strings.Trim(whole+part, "0123456789") != "" {
		return PublicError("must be " + binding.WantSize)
	}
	r, ok := new(big.Rat).SetString(digits)
	if !ok {
		return PublicError("must be " + binding.WantSize)
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(unit)))
	if !r.IsInt() {
		return PublicError("must be a whole number of bytes")
	}
	if !r.Num().IsInt64() {
		return PublicError("must be less than 8EiB")
	}
	*s = Size(r.Num().Int64())
	return nil
}

// unitOf returns the size of a unit, or 0 if the name is unknown.
func unitOf(name string) Size {
	for _, u := range sizeUnits {
		short := strings.TrimSuffix(u.name, "B")
		if strings.EqualFold(u.name, name) || name == short || len(short) == 2 && strings.EqualFold(short, name) {
			return u.size
		}
	}
	return 0
}

// MarshalText returns what String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the size in the largest unit of which it is a whole number: "10MiB", "1500MB".
func (s Size) String() string {
	if s != 0 {
		for _, u := range sizeUnits {
			if s%u.size == 0 {
				return strconv.FormatInt(int64(s/u.size), 10) + u.name
			}
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
