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

const story = `the service starts
    version 1: spring, 0 keys changed
    live: price 100, tax 19
the prices of the summer are published
    held: release is incomplete: prices.yaml: is not the one of release spring
    live: price 100, tax 19
its manifest
    held: release is incomplete: taxes.yaml: is not the one of release summer
    live: price 100, tax 19
its taxes: now it is whole
    version 2: summer, 2 keys changed
    live: price 119, tax 21
an attacker changes the taxes by hand
    held: release is incomplete: taxes.yaml: is not the one of release summer
    live: price 119, tax 21
and signs it with a key of their own
    refused: release.yaml: the manifest is not signed by a trusted key, or was changed after it was signed
    live: price 119, tax 21
and puts the manifest of the spring back, which has a signature
    held: release.yaml: release spring has sequence 1, and 2 was accepted here before; sign it with a higher one, or Approve the layer to go back
    live: price 119, tax 21
`
