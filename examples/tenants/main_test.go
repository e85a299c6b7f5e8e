package main

import (
	"bytes"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A Nacos 3 pushes which configs there are, and a Nacos 2 is asked.
func TestStory(t *testing.T) {
	for _, version := range []string{"2.3", "3.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := run(t.Context(), &out, version); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != story {
				t.Errorf("the output is not what it should be:\n%s", got)
			}
		})
	}
}

const story = `at first              acme 10, globex 20, hooli 30
initech comes         acme 10, globex 20, hooli 30, initech 40
acme changes          acme 11, globex 20, hooli 30, initech 40
hooli goes            acme 11, globex 20, initech 40
all are lost          held: the layer loses 3 of its 3 documents with 6 of 6 keys
the service still has acme 11, globex 20, initech 40
`
