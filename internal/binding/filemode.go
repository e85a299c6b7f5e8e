package binding

import (
	"errors"
	"io/fs"
	"reflect"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

var fileModeType = reflect.TypeFor[fs.FileMode]()

const (
	wantFileMode = "a file mode in octal such as 0640 or 0o640"
	modeOutside  = "must be " + wantFileMode + ", and at most 0o7777"
	decimalMode  = "must be " + wantFileMode + ", not a decimal number"
	maxFileMode  = 0o7777
	unixSetuid   = 0o4000
	unixSetgid   = 0o2000
	unixSticky   = 0o1000
)

// buildFileMode binds a file mode as chmod reads it. It refuses a decimal number: 640 is not 0640,
// and either may be meant.
func buildFileMode(k *codec) {
	k.shape.Type, k.plain = "file mode", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		var mode uint64
		switch x := n.Value.(type) {
		case int64:
			if x != 0 && !n.Octal {
				r.wrongly(n, decimalMode)
				return
			}
			mode = uint64(x) // a negative number is out of range
		case uint64, float64:
			r.wrongly(n, decimalMode)
			return
		default:
			text, ok := textOf(n)
			if !ok || strings.TrimSpace(text) == "" {
				r.wrong(n, wantFileMode)
				return
			}
			var err error
			if mode, err = octal(strings.TrimSpace(text)); err != nil {
				if errors.Is(err, strconv.ErrRange) {
					r.wrongly(n, modeOutside)
					return
				}
				r.wrongly(n, "must be "+wantFileMode)
				return
			}
		}
		if mode > maxFileMode {
			r.wrongly(n, modeOutside)
			return
		}
		v.SetUint(uint64(fileMode(uint32(mode))))
	}
}

// octal parses 0640 and 0o640.
func octal(text string) (uint64, error) {
	digits, ok := strings.CutPrefix(strings.Replace(text, "0O", "0o", 1), "0o")
	if !ok && !strings.HasPrefix(text, "0") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(digits, 8, 64)
}

// fileMode converts a number as chmod reads it: Go and Unix share only the permission bits.
func fileMode(unix uint32) fs.FileMode {
	mode := fs.FileMode(unix) & fs.ModePerm
	for bit, flag := range map[uint32]fs.FileMode{unixSetuid: fs.ModeSetuid, unixSetgid: fs.ModeSetgid, unixSticky: fs.ModeSticky} {
		if unix&bit != 0 {
			mode |= flag
		}
	}
	return mode
}
