package program_test

import (
	"os"
	"testing"

	"github.com/nacre-go/nacre/internal/program"
)

func TestThis(t *testing.T) {
	t.Parallel()
	host, _ := os.Hostname()
	if p := program.This(); p.Service != "program.test" || p.Host != host || p != program.This() {
		t.Errorf("the process says of itself %+v, want the service program.test on %q, always", p, host)
	}
}
