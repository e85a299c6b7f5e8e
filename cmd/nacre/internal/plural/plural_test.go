package plural_test

import (
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 documents": plural.Count(0, "document"), "1 document": plural.Count(1, "document"), "2 documents": plural.Count(2, "document"),
		"1 copy": plural.Count(1, "copy"), "3 copies": plural.Count(3, "copy"), "3 keys": plural.Count(3, "key"), "1 byte": plural.Count(int64(1), "byte"),
		"1 key or document": plural.Count(1, "key or document"), "2 keys or documents": plural.Count(2, "key or document"),
		"1 of 1 instance": plural.Of(1, 1, "instance"), "0 of 2 instances": plural.Of(0, 2, "instance"),
		"is": plural.Verb(1, "is", "are"), "are": plural.Verb(0, "is", "are"),
	} {
		if got != want {
			t.Errorf("the text is %q, want %q", got, want)
		}
	}
}
