package main

import (
	"bytes"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStory(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), t.TempDir(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != story {
		t.Errorf("the output is not what it should be:\n%s", got)
	}
}

const story = `level=INFO msg="nacre: new version" event=applied version=1 causes="db.yaml; partner.yaml" changed=""
level=INFO msg="nacre: started" event=opened version=1
printed:  ******, and 41 characters
explain:  db.dsn = ******   db.yaml:2:8
explain:  partner.url = "https://partner.example"   partner.yaml:1:16
explain:  partner.token = ******   partner.yaml:1:50
missing:  db.yaml:2:8 db.dsn: the reference ${file:no-such} cannot be resolved: no such file or directory
level=INFO msg="nacre: closed" event=closed version=1
`
