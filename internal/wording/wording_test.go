package wording_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

func hide(text string) string { return strings.ReplaceAll(text, "secret", "***") }

type panics struct{}

func (panics) Error() string { panic("secret") }

func TestOnlyForeignPartsAreRedacted(t *testing.T) {
	t.Parallel()
	own, foreign := wording.Own("a secret word: "), wording.Foreign("the secret")
	var none *wording.Error
	for name, test := range map[string]struct {
		text        wording.Text
		plain, want string
	}{
		"own":                         {own, "a secret word: ", "a secret word: "},
		"foreign":                     {foreign, "the secret", "the ***"},
		"both":                        {wording.Join(own, foreign, own), "a secret word: the secreta secret word: ", "a secret word: the ***a secret word: "},
		"nothing":                     {wording.Text{}, "", ""},
		"an error of others":          {wording.OfError(errors.New("secret")), "secret", "***"},
		"an own error":                {wording.OfError(wording.NewError("secret")), "secret", "secret"},
		"an error around one":         {wording.OfError(wording.Wrap("secret: ", errors.New("secret"))), "secret: secret", "secret: ***"},
		"two around one":              {wording.OfError(wording.Wrap("x: ", wording.Wrap("secret: ", io.EOF))), "x: secret: EOF", "x: secret: EOF"},
		"one that panics":             {wording.OfError(panics{}), "an error that cannot be printed", "an error that cannot be printed"},
		"one that is nil":             {wording.OfError(none), "an error that cannot be printed", "an error that cannot be printed"},
		"an own one in one of others": {wording.OfError(errors.Join(wording.NewError("secret"))), "secret", "***"},
		"marks":                       {wording.Parse("a secret, " + wording.Mark("secret") + " and " + wording.Mark("")), "a secret, secret and ", "a secret, *** and "},
		"marks in marks":              {wording.Parse(wording.Mark("secret " + wording.Mark("secret") + " secret")), "secret \ufffdsecret\ufffd secret", "*** \ufffd***\ufffd ***"},
		"a mark in a text of others":  {wording.Parse(wording.Mark("\ufdd1secret\ufdd0")), "\ufffdsecret\ufffd", "\ufffd***\ufffd"},
		"a mark that is open":         {wording.Parse("a \ufdd0secret"), "a secret", "a ***"},
	} {
		if got := test.text.String(); got != test.plain {
			t.Errorf("%s: the text is %q, must be %q", name, got, test.plain)
		}
		if got := test.text.Redact(hide); got != test.want {
			t.Errorf("%s: redacted it is %q, must be %q", name, got, test.want)
		}
	}
}

func same(a, b error) bool { return a == b } //nolint:errorlint // the very one

func TestNotes(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{"with a cause": io.EOF, "without": nil} {
		p := wording.Own("a secret").On(&source.Problem{Kind: source.Invalid, Err: cause})
		if p.Message != "a secret" || !errors.Is(p, source.Invalid) || cause != nil && !errors.Is(p, cause) {
			t.Errorf("%s: a note hides the message, the kind or the cause: %+v", name, p)
		}
		if n := wording.Of(p); n.Message.Redact(hide) != "a secret" || !same(n.Cause, cause) || n.ForeignKey {
			t.Errorf("%s: the note is %+v", name, n)
		}
		if all := wording.OwnAll(source.Problems{p}); !same(wording.Of(all[0]).Cause, cause) {
			t.Errorf("%s: a note was noted upon", name)
		}
		p.Message = "another secret"
		if n := wording.Of(p); n.Message.Redact(hide) != "another ***" || !same(n.Cause, cause) {
			t.Errorf("%s: a message that was changed is taken for nacre's own: %+v", name, n)
		}
		if wording.Strip(source.Problems{p}); !same(p.Err, cause) {
			t.Errorf("%s: without the note the cause is %v", name, p.Err)
		}
	}
	bare := &source.Problem{Message: "a secret", Err: io.EOF}
	if n := wording.Of(bare); n.Message.Redact(hide) != "a ***" || !same(n.Cause, io.EOF) {
		t.Errorf("a message without a note is taken for nacre's own: %+v", n)
	}
	if n := wording.Of(wording.Foreign("a secret").OnWithKey(bare)); !n.ForeignKey || n.Message.Redact(hide) != "a ***" {
		t.Errorf("the note of a foreign key is %+v", n)
	}
	if n := wording.Of(wording.OwnAll(source.Problems{{Message: "a secret"}})[0]); n.Message.Redact(hide) != "a secret" || n.Cause != nil {
		t.Errorf("the note of all is %+v", n)
	}
}
