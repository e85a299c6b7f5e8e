package source_test

import (
	"testing"

	"github.com/nacre-go/nacre/source"
)

func TestFormatOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"orders.yaml": "yaml", "orders.YML": "yaml", "a/b.c/orders.json": "json", `C:\conf\orders.TOML`: "toml",
		".env": "dotenv", "/app/.env.local": "dotenv", "prod.env": "dotenv", "app.properties": "properties", ".ENV": "dotenv",
		"orders": "", "": "", "orders.yaml.bak": "", "yaml": "", ".yaml": "yaml", "a.env/b": "", ".environment": "", "orders.txt": "", ".": "",
	} {
		if got := source.FormatOf(name); got != want {
			t.Errorf("the format of %q is %q, documented as %q", name, got, want)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	none, md5 := source.Digest{}, source.Digest{Algorithm: source.MD5, Hex: "9e107d9d372bb6826bd81d3542a419d6"}
	if !none.IsZero() || none.String() != "none" {
		t.Errorf("the zero digest declares %q", none)
	}
	if md5.IsZero() || md5.String() != "md5:9e107d9d372bb6826bd81d3542a419d6" {
		t.Errorf("the digest reads %q", md5)
	}
	if (source.Digest{Algorithm: source.SHA256}).IsZero() {
		t.Error("a digest that is declared, and empty, counts for none: it would not be checked")
	}
}
