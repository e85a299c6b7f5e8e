package verify_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

func TestContent(t *testing.T) {
	t.Parallel()
	data := []byte("a: cAnArY-7Zq\n")
	m, s := md5.Sum(data), sha256.Sum256(data)
	md5Hex, shaHex := hex.EncodeToString(m[:]), hex.EncodeToString(s[:])
	for _, c := range []struct {
		name   string
		digest string
		data   []byte
		kind   source.Kind // Unknown: no problem
	}{
		{"none declared", "", data, source.Unknown},
		{"md5", "md5:" + md5Hex, data, source.Unknown},
		{"sha256", "sha256:" + shaHex, data, source.Unknown},
		{"upper case", "md5:" + strings.ToUpper(md5Hex), data, source.Unknown},
		{"md5 of the content before", "md5:" + md5Hex, []byte("a: cAnArY-7Zq"), source.Corrupt},
		{"torn", "sha256:" + shaHex, data[:5], source.Corrupt},
		{"emptied", "sha256:" + shaHex, nil, source.Corrupt},
		{"no hex", "sha256:", data, source.Corrupt},
		{"shortened hex", "md5:" + md5Hex[:16], data, source.Corrupt},
		{"hex of the other", "md5:" + shaHex, data, source.Corrupt},
		{"unknown algorithm", "crc32:00", data, source.InvalidArgument},
		{"no algorithm", md5Hex, data, source.InvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ps := verify.Content(source.Content{Revision: "r", Documents: []source.Document{
				{Name: "fine.yaml", Data: []byte("x")}, {Name: "orders.yaml", Data: c.data, Digest: c.digest}, {Name: "gone.yaml", Absent: true, Digest: c.digest},
			}})
			if c.kind == source.Unknown {
				if ps != nil {
					t.Errorf("data that is as declared was refused: %v", ps)
				}
				return
			}
			if len(ps) != 1 || ps[0].Kind != c.kind || ps[0].Position.Document != "orders.yaml" || ps[0].Position.Revision != "r" {
				t.Fatalf("problems are %v, want one of kind %v at orders.yaml", ps, c.kind)
			}
			if text := ps.Error(); strings.Contains(text, "cAnArY") || hexOf(c.digest) != "" && strings.Contains(text, hexOf(c.digest)) {
				t.Errorf("the problem tells data or sum: %s", text)
			}
		})
	}
	tree := source.Document{Name: "t", Tree: map[string]any{"a": 1}, Digest: "md5:" + md5Hex}
	if ps := verify.Content(source.Content{Documents: []source.Document{tree}}); len(ps) != 1 || ps[0].Kind != source.InvalidArgument {
		t.Errorf("a digest of a tree passed: %v", ps)
	}
}

func hexOf(digest string) string { return digest[strings.IndexByte(digest, ':')+1:] }
