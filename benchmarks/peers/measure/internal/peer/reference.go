package peer

import (
	"crypto/sha256"
	"errors"

	"github.com/go-playground/validator/v10"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// structPeer is the least that a reload which reads all documents has to do: YAML into the struct,
// and its rules.
func structPeer() Peer {
	const yamlOnly = "reads YAML"
	return Peer{
		Name: Struct, Module: "gopkg.in/yaml.v3", Config: rebuild(buildStruct[content.Config]), Flat: rebuild(buildStruct[content.Flat]),
		Cannot: map[string]string{JSON: yamlOnly, Properties: yamlOnly},
	}
}

var rules = validator.New(validator.WithRequiredStructEnabled())

func buildStruct[T any](d Documents) (*T, error) {
	var c T
	for _, data := range d.Data {
		if err := yaml.Unmarshal(data, &c); err != nil {
			return nil, err
		}
	}
	return &c, rules.Struct(&c)
}

// checksumPeer is the least that a reload which notices what has not changed has to do.
func checksumPeer() Peer {
	return Peer{Name: Checksum, Config: openChecksum[content.Config], Only: []string{Same, Comment}}
}

type checksum[T any] struct {
	sum [sha256.Size]byte
	Live[T]
}

func openChecksum[T any](d Documents) (Live[T], error) {
	live, err := rebuild(buildStruct[T])(d)
	return &checksum[T]{sha256.Sum256(d.Data[0]), live}, err
}

func (s *checksum[T]) Apply(c Change) error {
	if !c.Equal {
		return errors.New("a checksum reads no values")
	}
	s.sum = sha256.Sum256(c.Data)
	return nil
}
