package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The story is told to its end, each chapter shows what its title says, and no secret is in what
// the service shows.
func TestStory(t *testing.T) {
	var out bytes.Buffer
	s, err := newStory(&out)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.tell(t.Context()); err != nil {
		t.Errorf("the story broke off: %v", err)
	}
	if err := s.end(); err != nil {
		t.Errorf("end: %v", err)
	}
	text := out.String()
	for _, want := range []string{
		`db\.pool = 20   orders\.yaml:3:9\n +over 5   config\.yaml:3:9`,
		`db\.dsn = \*{6}`,
		`subscriber "pool": 20 → 50 in version 2, because of \[orders\.yaml\]`,
		`subscriber "rate" was called 0 times`,
		`version 2 → 3; causes: \[orders\.yaml limits\.yaml\]`,
		`orders\.yaml:3:3 db\.pol: unknown key \(AllowUnknown\("db\.pol"\) would accept it\), did you mean db\.pool\?`,
		`orders\.yaml:5:12 limits\.timeout: must be a duration such as 3s, not a bare number`,
		`subscriber "panics": 1 panic, "panic: cannot resize"`,
		`subscriber "blocks" is still running`,
		`layer orders\.yaml is down`,
		`version 6 is live \d+ ms after the server was back`,
		`orders\.yaml \[orders\.yaml\] is from the last known good copy`,
		`pool 80, rate 1000, timeout 1\.5s \(version 1\)`,
		`the service is ready, since it runs on a good configuration: true`,
		`health: ready: true`,
		`every layer is verified as current`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("the story does not say %s", want)
		}
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "s3cret") {
			t.Errorf("a secret is shown: %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
