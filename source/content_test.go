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
		"orders": "", "": "", "orders.yaml.bak": "", "yaml": "", ".yaml": "yaml", "a.env/b": "", ".environment": "", "orders.txt": "text", "tls/ca.PEM": "text", "tls.crt": "text", "tls.key": "text", "orders.doc": "", ".": "",
	} {
		if got := source.FormatOf(name); got != want {
			t.Errorf("the format of %q is %q, documented as %q", name, got, want)
		}
	}
}
