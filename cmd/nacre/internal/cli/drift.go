package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/observe"
)

// An instance that is behind may have been asked while a content was on its way to it.
const (
	driftTries = 5
	driftPause = time.Second
	// An instance that hides an md5 has proven nothing until its server confirms the content again.
	hiddenTries = 40
)

// instanceDrift is what an instance runs, against what the server has, in JSON.
type instanceDrift struct {
	Instance string `json:"instance"`
	// State is same, drifted, unknown if it does not answer, or unproven if what it says does not
	// tell.
	State   string `json:"state"`
	Version int64  `json:"version,omitempty"`
	Sum     string `json:"sum,omitempty"`
	Release string `json:"release,omitempty"`
	// Documents are those that it reads and does not run as the server has them.
	Documents []driftedDocument `json:"documents,omitempty"`
	Why       []string          `json:"why,omitempty"`
}

// driftedDocument is a document of the environment that an instance runs with another content.
type driftedDocument struct {
	Key    release.Key `json:"key"`
	Status string      `json:"status"` // as in nacre who, or "elsewhere"
	MD5    string      `json:"md5,omitempty"`
	Why    []string    `json:"why,omitempty"`

	hidden bool // the instance does not say its md5
}

// drifts asks all instances what they run.
func (a *app) drifts(ctx context.Context, asked []string, namespace string, d *release.Drift) ([]instanceDrift, error) {
	asked, err := expand(ctx, asked)
	if err != nil {
		return nil, err
	}
	items := make([]instanceDrift, len(asked))
	for try := 1; ; try++ {
		err := parallel.Each(ctx, workers, len(asked), func(ctx context.Context, i int) error {
			if items[i].State != "" && !items[i].again(try) {
				return nil
			}
			if found := a.drift(ctx, asked[i], namespace, d); items[i].State == "" || ctx.Err() == nil {
				items[i] = found
			}
			return nil
		})
		switch {
		case try > 1 && errors.Is(ctx.Err(), context.DeadlineExceeded): // the answers before are complete
			return items, nil
		case err != nil || !slices.ContainsFunc(items, func(i instanceDrift) bool { return i.again(try + 1) }):
			return items, err
		}
		select {
		case <-time.After(driftPause):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return items, nil
			}
			return items, context.Cause(ctx)
		}
	}
}

// again reports whether an instance is asked for the n-th time.
func (i instanceDrift) again(n int) bool {
	hidden := slices.ContainsFunc(i.Documents, func(d driftedDocument) bool { return d.hidden })
	return i.behind() && (n <= driftTries || hidden && n <= hiddenTries)
}

// behind reports whether all that an instance lacks may be on its way.
func (i instanceDrift) behind() bool {
	return len(i.Documents) > 0 && !slices.ContainsFunc(i.Documents, func(d driftedDocument) bool { return d.Status != "behind" })
}

// drift asks one instance.
func (a *app) drift(ctx context.Context, address, namespace string, d *release.Drift) instanceDrift {
	found := instanceDrift{Instance: address, State: "same"}
	s, err := a.instance(ctx, address)
	if err != nil {
		found.State, found.Why = "unknown", unanswered(address, err)
		return found
	}
	found.Version, found.Sum = s.Health.Version, s.Health.Sum
	reads := 0
	var unproven []string
	for _, doc := range d.Documents {
		l, at := s.layerAt(namespace, doc.Key)
		switch {
		case at == "":
			continue
		case doc.MD5 == "" && at == "here": // the server has none: the comparison with the repository says so
			reads++
			continue
		}
		reads++
		if l.Release != "" {
			found.Release = l.Release
		}
		one := driftedDocument{Key: doc.Key, Status: "elsewhere", MD5: appliedMD5(l), Why: []string{"reads " + l.Identity}}
		if at == "here" {
			one.Status, one.Why = verdict(l, doc.MD5, doc.Modified)
			one.hidden = one.MD5 == ""
			switch {
			case one.Status == "current" && doc.MD5 != "" && doc.Modified.IsZero():
				unproven = append(unproven, doc.Key.String()+": the md5 is hidden, and the server does not say when the content was published")
				continue
			case one.Status == "applied" || one.Status == "current" || one.MD5 == doc.MD5:
				continue
			}
		}
		found.Documents = append(found.Documents, one)
	}
	switch {
	case reads == 0:
		found.State, found.Why = "drifted", []string{"reads no document of the environment"}
	case len(found.Documents) > 0:
		found.State = "drifted"
	case len(unproven) > 0:
		found.State, found.Why = "unproven", unproven
	}
	return found
}

// layerAt returns the layer of an instance that has a document, and whether it reads it "here",
// from the place of the environment, or "elsewhere", from another namespace or group. Empty: it has
// none.
func (s *state) layerAt(namespace string, k release.Key) (l observe.LayerHealth, at string) {
	place := "/" + namespace + "/" + k.Group + "/" + k.DataID
	if i := slices.IndexFunc(s.Health.Layers, func(l observe.LayerHealth) bool { return strings.HasSuffix(l.Identity, place) }); i >= 0 {
		return s.Health.Layers[i], "here"
	}
	for _, l := range s.Health.Layers {
		named := slices.Contains(l.Documents, k.DataID) || slices.Contains(l.Documents, k.Group+"/"+k.DataID) || slices.Contains(l.Absent, k.DataID)
		switch {
		case strings.HasPrefix(l.Identity, "nacos://") && strings.HasSuffix(l.Identity, "/"+k.DataID):
			return l, "elsewhere"
		case named && strings.HasPrefix(string(l.Applied), "md5:"): // of Nacos, by another client
			return l, "here"
		}
	}
	return observe.LayerHealth{}, ""
}

// lines say what an instance runs in place of what the server has.
func (i instanceDrift) lines() (all []string) {
	head := fmt.Sprintf("~ instance %s %s", i.Instance, i.State)
	if i.Version > 0 {
		head += fmt.Sprintf(", version %d, sum %s", i.Version, brief(strings.TrimPrefix(i.Sum, "v2-")))
	}
	if len(i.Why) > 0 {
		head += ": " + strings.Join(i.Why, "; ")
	}
	all = append(all, output.Clean(head))
	for _, d := range i.Documents {
		line := "    " + d.Key.String() + " " + d.Status
		if d.MD5 != "" {
			line += ", md5 " + brief(d.MD5)
		}
		if len(d.Why) > 0 {
			line += ": " + strings.Join(d.Why, "; ")
		}
		all = append(all, output.Clean(line))
	}
	return all
}
