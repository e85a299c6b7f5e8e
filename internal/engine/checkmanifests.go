package engine

import (
	"errors"
	"fmt"

	"github.com/nacre-go/nacre/internal/publickey"
	"github.com/nacre-go/nacre/source"
)

// CheckManifests returns what is wrong with the manifest layers, such as unusable keys or a second
// manifest.
func CheckManifests(layers []Layer) error {
	var errs []error
	addError := func(err error, fix string) {
		errs = append(errs, &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: err, Fix: fix})
	}
	names, _ := LayerNames(layers)
	first, required, isSigned := "", "", false
	for i, l := range layers {
		if l.RequireSigned {
			required = names[i]
		}
		if !l.Manifest {
			continue
		}
		if len(l.Decoder.At) > 0 {
			addError(fmt.Errorf("layer %s is a manifest and is put under a key", l.Source.Name()), "a manifest has no configuration; remove nacre.Under")
		}
		if len(l.ManifestKeys) > 0 {
			isSigned = true
			if err := publickey.Check(l.ManifestKeys...); err != nil {
				addError(err, "give SignedManifest the public keys of those who release")
			}
		}
		if first != "" {
			addError(fmt.Errorf("layers %s and %s are both manifests", first, names[i]), "a config has one manifest; list all documents of a release in it")
		}
		first = names[i]
	}
	if required != "" && !isSigned {
		addError(fmt.Errorf("layer %s must be signed and the config has no signed manifest", required), "add a layer with SignedManifest")
	}
	return errors.Join(errs...)
}
