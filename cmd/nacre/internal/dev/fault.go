package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// Server is the test server with its faults.
type Server interface {
	ClearFaults()
	CorruptReads(n int)
	Disconnect()
	DropPushes(n int)
	ExpireTokens()
	FailRequests(n, code int)
	Stall(on bool)
	Stop()
	Start(ctx context.Context) error
}

// Fault is something that the server does wrong on command.
type Fault struct {
	Name  string
	Usage string // of its arguments
	Does  string
	run   func(s Server, args []int) error
	args  int // the largest number of arguments
}

// always is the count of a fault that lasts until it is cleared.
const always = -1

// count returns an argument, or always.
func count(args []int, i int) int {
	if i < len(args) {
		return args[i]
	}
	return always
}

// Faults lists the faults.
func Faults() []Fault {
	return []Fault{
		{"drop-pushes", "[N]", "loses the next N pushes, by default all", func(s Server, a []int) error { s.DropPushes(count(a, 0)); return nil }, 1},
		{"fail-requests", "[N [CODE]]", "answers the next N requests with an error, by default all with 500", func(s Server, a []int) error {
			code := 500
			if len(a) > 1 {
				code = a[1]
			}
			s.FailRequests(count(a, 0), code)
			return nil
		}, 2},
		{"corrupt-reads", "[N]", "declares a wrong md5 in the next N contents, by default in all", func(s Server, a []int) error { s.CorruptReads(count(a, 0)); return nil }, 1},
		{"stall", "", "freezes all connections, until clear", func(s Server, _ []int) error { s.Stall(true); return nil }, 0},
		{"disconnect", "", "breaks all connections once", func(s Server, _ []int) error { s.Disconnect(); return nil }, 0},
		{"expire-tokens", "", "makes all logins expired ones", func(s Server, _ []int) error { s.ExpireTokens(); return nil }, 0},
		{"stop", "", "refuses connections, until start", func(s Server, _ []int) error { s.Stop(); return nil }, 0},
		{"start", "", "ends stop", func(s Server, _ []int) error { return s.Start(context.Background()) }, 0},
		{"clear", "", "ends all faults except stop", func(s Server, _ []int) error { s.Stall(false); s.ClearFaults(); return nil }, 0},
	}
}

// Apply runs the fault that words name, such as "drop-pushes 3".
func Apply(s Server, words []string) error {
	if len(words) == 0 {
		return errors.New("fault has no name")
	}
	all := Faults()
	i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == words[0] })
	if i < 0 {
		names := make([]string, len(all))
		for j, f := range all {
			names[j] = f.Name
		}
		return fmt.Errorf("fault %q is unknown; use one of %s", words[0], strings.Join(names, ", "))
	}
	if len(words)-1 > all[i].args {
		return fmt.Errorf("fault %s has at most %s", words[0], plural.Count(all[i].args, "argument"))
	}
	var args []int
	for _, word := range words[1:] {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return fmt.Errorf("argument %q of fault %s is not a count", word, words[0])
		}
		args = append(args, n)
	}
	return all[i].run(s, args)
}
