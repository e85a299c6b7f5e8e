package nacre

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// checkLayers returns an error for a config without layers, and for each option of [Layer] that has
// no effect: the program asks for something that it does not get. It names a layer as Health does.
func checkLayers(layers []engine.Layer) error {
	if len(layers) == 0 {
		return invalidLayers("config has no layers", `pass a source, such as file.New("config.yaml") or env.New("ORDERS")`)
	}
	names, _ := engine.LayerNames(layers)
	hasManifest := slices.ContainsFunc(layers, func(l engine.Layer) bool { return l.Manifest })
	var errs []error
	for i, l := range layers {
		without := func(option, what, fix string) {
			errs = append(errs, invalidLayers(fmt.Sprintf("layer %s has %s without %s", names[i], option, what), fix))
		}
		if l.RefreshEvery != 0 && len(l.Resolvers) == 0 {
			without("RefreshEvery", "Resolve", "add Resolve, or leave out RefreshEvery")
		}
		for _, scheme := range slices.Sorted(maps.Keys(l.Embeddable)) {
			if l.Resolvers[scheme] == nil {
				without(fmt.Sprintf("AllowEmbedding(%q)", scheme), "a resolver of this scheme", "add Resolve for the scheme, or leave out AllowEmbedding")
			}
		}
		if l.TrustUnsigned && !hasManifest {
			without("TrustUnsigned", "a manifest", "add a layer with SignedManifest, or leave out TrustUnsigned")
		}
	}
	return errors.Join(errs...)
}

func invalidLayers(problem, fix string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: errors.New(problem), Fix: fix}
}
