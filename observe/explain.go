package observe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Explanation tells where the value of a key comes from.
type Explanation struct {
	Key string `json:"key"`
	// Known says that the struct has this key; Type is what it takes, in words.
	Known bool   `json:"known"`
	Type  string `json:"type,omitempty"`
	// Secret says that values are not shown.
	Secret bool `json:"secret,omitempty"`
	// Default is the text of the default tag; HasDefault that there is one.
	Default    string `json:"default,omitempty"`
	HasDefault bool   `json:"has_default,omitempty"`
	// Value is what is live, as text: that of the winner or the default, save for a key that is Pending. Of a map it says how many
	// keys it has; empty where nothing sets the key.
	Value string `json:"value,omitempty"`
	// Pending says that the key takes effect only after a restart, and that the winner waits for one.
	Pending bool `json:"pending,omitempty"`
	// Claims are what the layers say, the winner first. Empty when no layer has the key: then the default holds.
	Claims []Claim `json:"claims,omitempty"`
}

// Claim is what one layer says of a key.
type Claim struct {
	source.Position
	// Value is the text of a scalar, "{3 keys}" of a map, "[2 items]" of a list, "******" of a secret.
	Value string `json:"value"`
	// Wins says that this claim is what is live, for a map: a part of it.
	Wins bool `json:"wins"`
	// Since is when the content that says so became live.
	Since time.Time `json:"since,omitzero"`
}

// Report tells of every key of a config where its value comes from, and what the layers say in vain.
type Report struct {
	Version int64  `json:"version"`
	Sum     string `json:"sum"`
	// Keys are all scalars and lists that a layer or a default sets, in the order of the alphabet.
	Keys []Explanation `json:"keys"`
}

// Dead returns the keys that layers set and no field of the struct has: nothing ever reads them.
func (r Report) Dead() []Explanation {
	return r.pick(func(x Explanation) bool { return !x.Known && len(x.Claims) > 0 })
}

// Shadowed returns the keys of which a layer says something that a higher one says too: the lower one is in vain, as long as the
// higher one is there.
func (r Report) Shadowed() []Explanation {
	return r.pick(func(x Explanation) bool {
		return slices.ContainsFunc(x.Claims, func(c Claim) bool { return !c.Wins })
	})
}

func (r Report) pick(is func(Explanation) bool) (all []Explanation) {
	for _, x := range r.Keys {
		if is(x) {
			all = append(all, x)
		}
	}
	return all
}

// Redacted stands in place of a secret.
const Redacted = "******"

// String returns a line for each claim: "db.pool = 20   orders.yaml:7:9 (nacos)", losers and the default after it.
func (e Explanation) String() string {
	var b strings.Builder
	for i, c := range e.Claims {
		if i == 0 {
			fmt.Fprintf(&b, "%s = %s   %s\n", e.Key, c.Value, c.Position)
			continue
		}
		word := "over"
		if c.Wins {
			word = "with"
		}
		fmt.Fprintf(&b, "  %s %s   %s\n", word, c.Value, c.Position)
	}
	switch {
	case e.HasDefault && len(e.Claims) == 0:
		fmt.Fprintf(&b, "%s = %s   default\n", e.Key, e.Default)
	case e.HasDefault:
		fmt.Fprintf(&b, "  over %s   default\n", e.Default)
	case len(e.Claims) == 0 && e.Known:
		fmt.Fprintf(&b, "%s: no layer sets it\n", e.Key)
	case len(e.Claims) == 0:
		fmt.Fprintf(&b, "%s: no such key\n", e.Key)
	}
	if e.Pending {
		value := e.Value
		if value == "" {
			value = "not set"
		}
		fmt.Fprintf(&b, "  waits for a restart; until then %s\n", value)
	}
	if !e.Known && len(e.Claims) > 0 {
		b.WriteString("  no field of the struct has this key\n")
	}
	return b.String()
}
