package main

import (
	"bytes"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStory(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != story {
		t.Errorf("the output is not what it should be:\n%s", got)
	}
}

const story = `a script that failed has emptied the document
    held: service.yaml: is empty and had 7 keys
    live: addr :8080, limit 100, 5 rates
a script that failed has lost most of it
    held: service.yaml: loses 6 of 7 keys
    live: addr :8080, limit 100, 5 rates
a limit with which nothing works
    version 2 was rolled back: check self test: most requests are turned away
    live: addr :8080, limit 100, 5 rates
it is still what the layer says
    held: version 2 was rolled back: check self test: most requests are turned away
    live: addr :8080, limit 100, 5 rates
the same once more, after what was good
    held: version 2 was rolled back: check self test: most requests are turned away
    live: addr :8080, limit 100, 5 rates
an address that takes effect only at the next start, and a limit
    waits for a restart: addr
    live: addr :8080, limit 200, 5 rates
all rates are removed, and an operator approves it
    held: service.yaml: loses 5 of 7 keys
    live: addr :8080, limit 200, 5 rates
released
    live: addr :8080, limit 200, 0 rates
`
