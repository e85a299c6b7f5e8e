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
    version 1
    service orders, redis r1:6379 with 10 connections, audit audit.log
good for all
    version 2
    service invoices, redis r2:6379 with 20 connections, audit new.log
too many connections for redis
    refused: service.yaml:2:32 redis.pool: must be at most 100
    service invoices, redis r2:6379 with 20 connections, audit new.log
a misspelt key of the plugin
    refused: service.yaml:3:19 plugins.audit.fiel: unknown key, did you mean plugins.audit.file?
    and:     plugins.audit.file: is required
    service invoices, redis r2:6379 with 20 connections, audit new.log
the plugin goes
    version 3
    service bills, redis r3:6379 with 10 connections, audit new.log
and its settings may be what they like
    version 4
    service bills, redis r3:6379 with 10 connections, audit new.log
`
