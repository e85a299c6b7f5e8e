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

const story = `at first
    attempt 1, size 1: applied
    5 instances know that it is done
another key changes
    5 instances know that it is done
size 2, and the instance that runs is killed after its effect
    attempt 1, size 2: applied
    attempt 2, size 2: applied already
    4 instances know that it is done
size 3, and the first attempt fails
    attempt 1 fails
    attempt 2, size 3: applied
    4 instances know that it is done
`
