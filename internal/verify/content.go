package verify

import (
	"crypto/md5" // Nacos declares MD5, which detects damage and not malice
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// Content compares the data of each document with the digest that its origin declares. It returns a
// problem for each document that differs or cannot be compared. It skips documents that are absent
// or have no declared digest. Hexadecimal digits may be of either case. The position of a problem
// is the document; the caller adds the layer and the revision.
func Content(c source.Content) source.Problems {
	var problems source.Problems
	for _, d := range c.Documents {
		if d.Absent || d.Digest == "" {
			continue
		}
		if kind, message := compare(d); message != "" {
			problems = append(problems, &source.Problem{
				Kind: kind, Message: message, Position: source.Position{Document: d.Name, Revision: c.Revision},
			})
		}
	}
	return problems
}

func compare(d source.Document) (source.Kind, string) {
	if d.Tree != nil {
		return source.InvalidArgument, "has a declared checksum, but no data"
	}
	var sum []byte
	algorithm, declared, _ := strings.Cut(d.Digest, ":")
	switch algorithm {
	case "md5":
		s := md5.Sum(d.Data)
		sum = s[:]
	case "sha256":
		s := sha256.Sum256(d.Data)
		sum = s[:]
	default:
		return source.InvalidArgument, "has a declared checksum of an unknown algorithm; use md5 or sha256"
	}
	if !strings.EqualFold(declared, hex.EncodeToString(sum)) {
		return source.Corrupt, "data and declared " + algorithm + " differ"
	}
	return 0, ""
}
