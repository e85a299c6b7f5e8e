package nacre

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// lastGoodPath returns the path of a config's last known good copy; "" if none is wanted, or with
// an error if none is possible.
func lastGoodPath(o Options, t reflect.Type, layers []engine.Layer) (string, error) {
	if o.LastKnownGoodDisabled {
		return "", nil
	}
	name := programName()
	if o.LastKnownGoodDir != "" {
		path, err := filepath.Abs(filepath.Join(o.LastKnownGoodDir, name+"-"+fingerprint(t, layers)+".lastgood"))
		return path, noPlace(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", noPlace(err)
	}
	folder, _ := os.Getwd()
	return filepath.Join(cache, "nacre", name+"-"+fingerprint(t, layers, folder)+".lastgood"), nil
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
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// fingerprint distinguishes configs that must not share a copy. The copy does not hold local
// layers, so they do not count: a release with another file finds the copy.
func fingerprint(t reflect.Type, layers []engine.Layer, more ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", t)
	for _, l := range layers {
		d := source.DescriptionOf(l.Source)
		if d.Local {
			continue
		}
		fmt.Fprintf(h, "%s\x00", l.Source.Name())
		if d.Identity != "" {
			fmt.Fprintf(h, "%s\x00", d.Identity)
		}
	}
	for _, m := range more {
		fmt.Fprintf(h, "%s\x00", m)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
