package document_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/source"
)

func decode(t *testing.T, name, kind, text string) document.Keys {
	t.Helper()
	keys, err := document.Decode(t.Context(), name, kind, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return keys
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, text, want string }{
		{"a.yaml", "", "db: {pool: 20, ratio: 1.50}\non: true\nt: 30s\nempty: {}\nlist: []\nnothing: ~\n", "db.pool int 20 1:12|db.ratio float 1.5 1:23|empty map {} 0:0|list list [] 5:7|nothing null null 6:10|on bool true 2:5|t string 30s 3:4"},
		{"a.yaml", "", "hosts: [a, {n: 1}]\n'x.y': 1\n", `"x.y" int 1 2:8|hosts[0] string a 1:8|hosts[1].n int 1 1:8`},
		{"a.json", "", `{"a": {"b": 9007199254740993}}`, "a.b int 9007199254740993 1:13"},
		{"a.toml", "", "[a]\nb = 1\n", "a.b int 1 2:5"},
		{"a.properties", "", "a.b=1\n", "a.b string 1 1:5"},
		{"orders", "yaml", "a: 1\n", "a int 1 1:4"}, // the type of Nacos where the name says nothing
		{"a.yaml", "", "", ""},
		{"a.yaml", "", "- 1\n- b: 2\n", "[0] int 1 1:1|[1].b int 2 1:1"},
		{"a.yaml", "", "db: {password: hunter2}\n", "db.password string ****** 1:16"},
	} {
		var got []string
		for _, k := range decode(t, c.name, c.kind, c.text) {
			got = append(got, fmt.Sprintf("%s %s %s %d:%d", k.Path, k.Type, k.Text(), k.Line, k.Column))
		}
		text := strings.Join(got, "|")
		if text != c.want {
			t.Errorf("%s %q has the keys\n%s\nwant\n%s", c.name, c.text, text, c.want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	_, err := document.Decode(t.Context(), "a.yaml", "", []byte("a: 1\na: hunter2\n"))
	if !errors.Is(err, source.DuplicateKey) || !strings.Contains(err.Error(), "a.yaml:2:1 a: is defined twice") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a duplicate key: %v, want its kind and position, and no value", err)
	}
	for _, kind := range []string{"", "text", "html"} {
		if _, err := document.Decode(t.Context(), "motd", kind, []byte("hello")); !errors.Is(err, document.ErrNoKeys) {
			t.Errorf("a document without a format, type %q: %v", kind, err)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	old := decode(t, "a.yaml", "", "a: 1\nb: x\nc: {d: 1}\nsame: 1\npassword: p1\nurl: h:1\ngone: {token: t}\n")
	now := decode(t, "a.yaml", "", "a: '1'\nb: ' x'\nc: 5\nsame: 1\npassword: p2\nurl: http://u:hunter2@h\nnew: 2\n")
	var got []string
	for _, c := range document.Compare(old, now) {
		got = append(got, c.Line())
	}
	want := []string{
		`~ a: 1 (int) → "1" (string)   1:4`,
		`~ b: x → " x"   2:4`,
		"+ c: 5   3:4",
		"- c.d: 1   3:8",
		"- gone.token: ******   7:15",
		"+ new: 2   7:6",
		"~ password: changed (secret)   5:11",
		"~ url: changed (secret)   6:6",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the changes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if same := document.Compare(old, old); same != nil {
		t.Errorf("a document differs from itself: %v", same)
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"db.password": true, "dbPassword": true, "DB_PASSWORD": true, "jwt-secret": true, "apiKey": true, "APIKey": true, "redis.dsn": true,
		"tokens[0].value": true, "tls.private_key": true, "auth.credentials.user": true, `"api.key"`: true, "encryption.key": true,
		"keyspace": false, "tokenizer": false, "monkey": false, "compass": false, "db.pool": false, "passenger": false, "": false, "topic": false,
	} {
		if got := document.SecretName(name); got != want {
			t.Errorf("%s: secret %v, want %v", name, got, want)
		}
	}
}

func TestSecretValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"postgres://u:pw@h/db": true, "root:pw@tcp(h:3306)/db": true, "-----BEGIN EC PRIVATE KEY-----": true, "ENC(abc)": true, "{cipher}abc": true,
		"eyJhbGciOi.eyJzdWIi.x": true, "host=h password=pw": true, "Bearer abcdefg": true, "AKIAIOSFODNN7EXAMPLE": true, "mongodb+srv://u:p@h": true,
		"http://h:8080/x": false, "h:8080": false, "a@b.example": false, "http://h/?at=a:b@c": false, "20": false, "": false, "-----BEGIN CERTIFICATE-----": false,
	} {
		if got := document.SecretValue(value); got != want {
			t.Errorf("%s: secret %v, want %v", value, got, want)
		}
	}
}

// planted has a secret in each place that a document can hide one.
func planted(secret, other string) string {
	return "db:\n  pool: " + other + "\n  password: " + secret + "\n  url: mysql://u:" + secret + "@h/x\ntls:\n  private_key: |\n    -----BEGIN RSA PRIVATE KEY-----\n    " +
		secret + "\n\n    " + secret + "\nname: orders\n# old password: " + secret + "\nhosts: [a, {token: " + secret + ", n: 1}]\nquoted_secret: \"" + secret + "\n  " + secret + "\"\ntokens:\n  - " + secret + "\n  - " + secret + "x\nafter: 1\n"
}

func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	old, now := planted("hunter2", "20"), planted("hunter3", "50")
	for _, name := range []string{"a.yaml", "a.txt", "a.properties"} {
		text := document.Unified(t.Context(), name, name, "", []byte(old), []byte(now))
		if strings.Contains(text, "hunter") && name == "a.yaml" {
			t.Errorf("a secret is in the text diff of %s:\n%s", name, text)
		}
		if !strings.Contains(text, "+  pool: 50") || !strings.Contains(text, "+  password: ****** (changed)") || strings.Contains(text, "password: hunter") {
			t.Errorf("the text diff of %s lacks a change, or shows a password:\n%s", name, text)
		}
	}
	for _, c := range document.Compare(decode(t, "a.yaml", "", old), decode(t, "a.yaml", "", now)) {
		if strings.Contains(c.Line(), "hunter") {
			t.Errorf("a secret is in a line: %s", c.Line())
		}
	}
}

// In a text without keys, the words of a line decide.
func TestNoSecretOfAText(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"<password>%s</password>", `<db user="u" password="%s"/>`, "GET /x?a=1&token=%s", `{"a": 1, "apiKey": "%s"}`, "export DB_PASSWORD=%s", "-- secret => %s",
		"// the token: %s", "dsn = '%s'", "  credentials.key: %s", "see mysql://u:%s@h/db",
	} {
		old, now := fmt.Sprintf("x\n"+line+"\n", "hunter2"), fmt.Sprintf("x\n"+line+"\n", "hunter3")
		text := document.Unified(t.Context(), "a.xml", "a.xml", "xml", []byte(old), []byte(now))
		if strings.Contains(text, "hunter") || !strings.Contains(text, "(changed)") {
			t.Errorf("%s: the secret is shown, or its change is not:\n%s", line, text)
		}
	}
	if text := document.Unified(t.Context(), "a.xml", "a.xml", "xml", []byte("<pool>20</pool>\n"), []byte("<pool>50</pool>\n")); !strings.Contains(text, "+<pool>50</pool>") {
		t.Errorf("a value that is not secret is hidden:\n%s", text)
	}
}

func TestUnifiedOfEqualDocuments(t *testing.T) {
	t.Parallel()
	text := planted("hunter2", "20")
	if got := document.Unified(t.Context(), "a.yaml", "a.yaml", "", []byte(text), []byte(text)); got != "" {
		t.Errorf("a document differs from itself:\n%s", got)
	}
}

func FuzzUnified(f *testing.F) {
	f.Add("a.yaml", planted("hunter2", "20"), planted("hunter3", "20"))
	f.Add("a.json", `{"password": "x"}`, `{"password": "y",`)
	f.Add("a.properties", "password=\\\n x", "a=b")
	f.Fuzz(func(t *testing.T, name, old, now string) {
		began := time.Now()
		document.Unified(t.Context(), "x"+name, "x"+name, "yaml", []byte(old), []byte(now))
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a diff took %v", took)
		}
		if keys, err := document.Decode(t.Context(), "x"+name, "yaml", []byte(now)); err == nil && document.Compare(keys, keys) != nil {
			t.Error("a document differs from itself")
		}
	})
}
