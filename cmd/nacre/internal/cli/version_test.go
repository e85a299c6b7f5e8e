package cli_test

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	code := cli.Main(&cli.Env{Args: []string{"version"}, Out: &out, Err: &errs, Now: time.Now})
	if code != 0 || !regexp.MustCompile(`^nacre \S+ go\S+ \w+/\w+\n$`).MatchString(out.String()) || errs.Len() > 0 {
		t.Errorf("nacre version: code %d, %q on stdout, %q on stderr", code, out.String(), errs.String())
	}
}
