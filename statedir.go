package nacre

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// lastGoodPath returns the path of a config's last known good copy; "" if none is wanted, or with
// an error if none is possible. The name says who may share the copy: the program and its working
// directory or, with LastKnownGoodDir, the program alone. Its last part is a digest of the
// documents, so that several configs of a process have a copy each. Package lastgood finds the
// documents of a config in all copies with the same beginning.
func lastGoodPath(o Options, layers []engine.Layer) (string, error) {
	if o.LastKnownGoodDisabled {
		return "", nil
	}
	file := documentsDigest(layers) + ".lastgood"
	if o.LastKnownGoodDir != "" {
		path, err := filepath.Abs(filepath.Join(o.LastKnownGoodDir, programName()+"-"+file))
		return path, noPlace(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", noPlace(err)
	}
	folder, _ := os.Getwd()
	return filepath.Join(cache, "nacre", programName()+"-"+shortDigest(folder)+"-"+file), nil
}

func noPlace(err error) error {
	if err == nil {
		return nil
	}
	return &source.Error{Kind: source.NotFound, Op: "find a folder for the last known good copy", Err: err, Fix: "set Options.LastKnownGoodDir, or LastKnownGoodDisabled"}
}

func programName() string {
	program, err := os.Executable()
	if err != nil {
		return "config"
	}
	base := filepath.Base(program)
	return cmp.Or(strings.TrimSuffix(base, filepath.Ext(base)), "config")
}

// documentsDigest returns a digest of the documents that the copy holds, whatever the order, the
// servers and the options of their layers. Local layers are not in the copy.
func documentsDigest(layers []engine.Layer) string {
	var keys []string
	for _, l := range layers {
		if !source.DescriptionOf(l.Source).Local {
			keys = append(keys, engine.DocumentKey(l.Source))
		}
	}
	slices.Sort(keys)
	return shortDigest(strings.Join(keys, "\x00"))
}

// shortDigest returns a digest of 12 hexadecimal digits, as the names of copies have them.
func shortDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
