// Package peer has what is measured: nacre, other libraries, and references that no library can
// beat. Each is used as its documentation says.
package peer

import (
	"io"
	"log/slog"
	"slices"
	"strings"

	kratos "github.com/go-kratos/kratos/v2/log"
	"github.com/zeromicro/go-zero/core/logx"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// Documents are what a config is made of, lowest precedence first.
type Documents struct {
	Format    string
	Data      [][]byte
	OneSource bool // the documents come from one source, where the peer has sources of many
	// Apart says that no document sets a key of another one, and that none loses a key. A peer may
	// then merge a changed document into what it has, where it would otherwise read all again.
	Apart bool
}

// Change is another content of one document.
type Change struct {
	Document int
	Data     []byte
	Equal    bool // it has the same values as before
}

// Live is a config that a peer keeps up to date.
type Live[T any] interface {
	// Apply gives a document another content. It returns when Value has it.
	Apply(c Change) error
	// Value returns the live struct. It may convert, because it is not measured.
	Value() (*T, error)
	Close() error
}

// Peer is a library, or a reference.
type Peer struct {
	Name   string
	Module string // whose version the report shows; empty for a reference

	Config func(Documents) (Live[content.Config], error)
	Flat   func(Documents) (Live[content.Flat], error)

	// Cannot says why the peer has no part in a work, by the work's name or its
	// beginning; the empty name stands for all works.
	Cannot map[string]string
	// Only are the works that the peer has a part in; none: all that it can do.
	Only []string
}

// Names of peers that other packages refer to.
const (
	Nacre    = "nacre"
	Koanf    = "koanf"
	Struct   = "yaml.v3 + validator"
	Checksum = "SHA-256"
)

// Works that some peers cannot do, or do not do by themselves.
const (
	Layers     = "layers"
	Same       = "same"
	JSON       = "key/json"
	Comment    = "comment"
	Properties = "key/properties"
	Many       = "documents"
)

// All are the peers, nacre first.
func All() []Peer {
	return []Peer{
		nacrePeer(), koanfPeer(), viperPeer(), kratos2Peer(), kratos3Peer(), goZeroPeer(), goZeroCenterPeer(), runtimevarPeer(), gookitPeer(), konfPeer(), structPeer(), checksumPeer(), agolloPeer(),
	}
}

// Why says why the peer has no part in a work; it is empty if the peer has one.
func (p Peer) Why(work string) string {
	is := func(name string) bool { return name == "" || work == name || strings.HasPrefix(work, name+"/") }
	if len(p.Only) > 0 && !slices.ContainsFunc(p.Only, is) {
		return "is the reference of other works"
	}
	for name, why := range p.Cannot {
		if is(name) {
			return why
		}
	}
	return ""
}

// Quiet turns off what peers write to logs of their own, which would be measured too.
func Quiet() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // kratos v3
	kratos.SetLogger(kratos.NewStdLogger(io.Discard))
	logx.Disable() // go-zero
}
