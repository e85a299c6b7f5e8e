package nacossdk

import (
	"errors"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// key identifies a config.
type key struct{ namespace, group, dataID string }

// publicNamespace is the name of the namespace "".
const publicNamespace = "public"

// String returns "public/DEFAULT_GROUP/orders.yaml".
func (k key) String() string {
	ns := k.namespace
	if ns == "" {
		ns = publicNamespace
	}
	return ns + "/" + k.group + "/" + k.dataID
}

// check rejects names that are not valid in Nacos, and those that the SDK takes for others.
func (k key) check() error {
	var problems []string
	for _, part := range []struct {
		what, name string
		most       int
	}{{"data ID", k.dataID, 256}, {"group", k.group, 128}} {
		switch {
		case part.name == "":
			problems = append(problems, part.what+" is empty")
		case strings.ContainsFunc(part.name, illegal):
			problems = append(problems, part.what+" has an illegal character")
		case len(part.name) > part.most:
			problems = append(problems, part.what+" is too long")
		}
	}
	if problems == nil {
		return nil
	}
	return &source.Error{
		Kind: source.InvalidArgument, Op: "name", Document: k.String(), Err: errors.New(strings.Join(problems, "; ")),
		Fix: "use letters, digits and -_.: only, at most 256 for a data ID and 128 for a group",
	}
}

func illegal(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("-_.:", r)
}
