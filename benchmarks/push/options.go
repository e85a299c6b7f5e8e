package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the environment tells, as in the tests against a real server.
const (
	envAddr     = "NACRE_NACOS_ADDR"
	envUsername = "NACRE_NACOS_USERNAME"
	envPassword = "NACRE_NACOS_PASSWORD"
)

// inProcess is the address that stands for a server in this process.
const inProcess = "inprocess"

// options are what the command line says.
type options struct {
	addr       string
	user, pass string
	counts     []int
	clients    []string
	tries      int
	singles    int
	adding     int
	recovery   bool
	idle       int
	idleFor    time.Duration
	idleUntil  time.Duration
	binaries   bool
	size       int
	wait       time.Duration
	settle     time.Duration
	json       bool
	out        string
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{user: os.Getenv(envUsername), pass: os.Getenv(envPassword)}
	var counts, names string
	f := flag.NewFlagSet("push", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.addr, "addr", "", "`HOST:PORT` of a server (HTTP), or inprocess; none: "+envAddr+", and without that a real one is started")
	f.StringVar(&counts, "n", "2,10,100,1000,3000", "how many configs change together, a `LIST`")
	f.StringVar(&names, "clients", strings.Join(clientNames(), ","), "which clients to measure, a `LIST`")
	f.IntVar(&o.tries, "tries", 5, "tries of each N up to 10; above there are half as many, above 100 a quarter")
	f.IntVar(&o.singles, "singles", 30, "changes of one config, one after the other, in each of half as many tries; 0: none")
	f.IntVar(&o.adding, "adding", 400, "configs that change, each just after a listener for it was added, in as many tries; 0: none")
	f.BoolVar(&o.recovery, "recovery", true, "kill a server of its own, and change configs when it is back; in half as many tries")
	f.IntVar(&o.idle, "idle", 3000, "listeners whose requests, processor and memory are measured while nothing changes; 0: not at all")
	f.DurationVar(&o.idleFor, "idle-for", time.Minute, "how long they are watched")
	// Go's collector runs every two minutes where nothing else calls for it, and gives back what
	// the start needed.
	f.DurationVar(&o.idleUntil, "idle-until", 150*time.Second, "when their memory is taken a second time, counted from the start")
	f.BoolVar(&o.binaries, "binaries", true, "build a small program on each client, and say how large it is")
	f.IntVar(&o.size, "size", 1024, "size of a content in `bytes`")
	f.DurationVar(&o.wait, "wait", 30*time.Second, "how long to wait for what is not fresh")
	f.DurationVar(&o.settle, "settle", 6*time.Second, "rest before the change; the SDK looks every 5 s for what to listen to")
	f.BoolVar(&o.json, "json", false, "write one JSON object a line in place of the table")
	f.StringVar(&o.out, "o", "", "`FILE` to write the table into, between its marks if it has them")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if f.NArg() > 0 {
		return options{}, fmt.Errorf("what is %q? there are flags only, see -help", f.Arg(0))
	}
	if o.addr == "" {
		o.addr = os.Getenv(envAddr)
	}
	for text := range strings.SplitSeq(counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 10000 {
			return options{}, fmt.Errorf("-n: %q is not a number from 1 to 10000", text)
		}
		o.counts = append(o.counts, n)
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(clientNames(), name) {
			return options{}, fmt.Errorf("-clients: there is no %q, there are %s", name, strings.Join(clientNames(), ", "))
		}
		o.clients = append(o.clients, name)
	}
	switch {
	case o.tries < 1:
		return options{}, fmt.Errorf("-tries: %d is less than 1", o.tries)
	case o.singles < 0:
		return options{}, fmt.Errorf("-singles: %d is less than 0", o.singles)
	case o.adding < 0 || o.adding > 10000:
		return options{}, fmt.Errorf("-adding: %d is not between 0 and 10000", o.adding)
	case o.idle < 0 || o.idle > 10000:
		return options{}, fmt.Errorf("-idle: %d is not between 0 and 10000", o.idle)
	case o.idleFor < time.Second:
		return options{}, fmt.Errorf("-idle-for: %v is less than 1 s", o.idleFor)
	case o.idleUntil < calm+o.idleFor:
		return options{}, fmt.Errorf("-idle-until: %v is before the %v of -idle-for and the %v before it have passed", o.idleUntil, o.idleFor, calm)
	case o.size < minSize || o.size > maxSize:
		return options{}, fmt.Errorf("-size: %d is not between %d and %d", o.size, minSize, maxSize)
	case o.wait < time.Second:
		return options{}, fmt.Errorf("-wait: %v is less than 1 s", o.wait)
	case o.settle < 0:
		return options{}, fmt.Errorf("-settle: %v is less than 0", o.settle)
	}
	return o, nil
}

// triesOf is how often n configs are changed together. A large n is many samples by itself, and
// takes its time.
func (o options) triesOf(n int) int {
	switch {
	case n > 100:
		return (o.tries + 3) / 4
	case n > 10:
		return (o.tries + 1) / 2
	}
	return o.tries
}

func (o options) measures(client string) bool { return slices.Contains(o.clients, client) }
