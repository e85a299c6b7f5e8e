package binder

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/binding"
)

// Size is a number of bytes, written "10MiB", "1.5GB", "512B" or as a bare number of bytes. kB, MB,
// GB, TB, PB and EB are powers of 1000; KiB, MiB, GiB, TiB, PiB and EiB are powers of 1024. The
// case of the unit does not matter, and a blank before it is allowed. A size is never negative and
// always a whole number of bytes.
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
		unit = 0
		for _, u := range sizeUnits {
			if strings.EqualFold(u.name, name) {
				unit = u.size
			}
		}
		if unit == 0 {
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
