package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

// listenCommand is the first argument of a process that is one client under test.
const listenCommand = "listen"

// job is the second argument of such a process, as JSON. It has no password, which is in the
// environment.
type job struct {
	Client string
	Addr   string
	Prefix string
	N      int
	Dir    string        // for files of the client
	Pause  time.Duration // between two configs that it begins to follow
	user   string
	pass   string
}

// note is what it tells: a line for each content that the client gave.
type note struct{ index, version int }

// listener is one client under test. It follows all configs of the job and tells of each content,
// until ctx is done.
type listener func(ctx context.Context, j job, heard func(index, version int)) error

// The clients, in the order of the table.
var listeners = []struct {
	name, title string
	largest     int  // the largest N that it is asked to follow; 0: any
	atOnce      bool // it begins to follow all configs at the same time
	listen      listener
}{
	{name: "sdk", title: "nacos-sdk-go", listen: listenSDK},
	{name: "nacossdk", title: "nacre on the SDK's client", listen: listenNacosSDK},
	{name: "nacre", title: "nacre, the session", listen: listenSession},
	{name: "open", title: "nacre.Open", largest: 1000, atOnce: true, listen: listenOpen},
}

func clientNames() []string {
	var names []string
	for _, l := range listeners {
		names = append(names, l.name)
	}
	return names
}

// runListener is the process of one client. It ends when its standard input does: so it never
// outlives its parent.
func runListener(args []string) int {
	signal.Ignore(os.Interrupt) // it reaches the parent too, which then ends this process
	// Whatever a library prints must not come between the lines of the protocol.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := listenTo(args, os.Stdin, out); err != nil {
		tell(os.Stderr, "%v", err)
		return 1
	}
	return 0
}

func listenTo(args []string, in io.Reader, out io.Writer) error {
	var j job
	if len(args) != 1 {
		return fmt.Errorf("%s wants one argument", listenCommand)
	}
	if err := json.Unmarshal([]byte(args[0]), &j); err != nil {
		return fmt.Errorf("the job: %w", err)
	}
	j.user, j.pass = os.Getenv(envUsername), os.Getenv(envPassword)
	at := slices.Index(clientNames(), j.Client)
	if at < 0 {
		return fmt.Errorf("there is no client %q", j.Client)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in)
	}()
	// One goroutine writes: in those of the clients the printing would leave large stacks behind,
	// which are not theirs.
	notes := make(chan note, 1024)
	go func() {
		for n := range notes {
			if _, err := fmt.Fprintf(out, "heard %d %d\n", n.index, n.version); err != nil {
				cancel()
			}
		}
	}()
	return listeners[at].listen(ctx, j, func(index, version int) { notes <- note{index, version} })
}

// readNotes hands over each note of a listener until its output ends.
func readNotes(from io.Reader, to func(note)) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		var n note
		if _, err := fmt.Sscanf(lines.Text(), "heard %d %d", &n.index, &n.version); err != nil {
			return fmt.Errorf("a listener says something strange: %w", err)
		}
		to(n)
	}
	return lines.Err()
}
