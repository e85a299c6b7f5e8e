// Command api compares the exported API of this module with the record in api/, and counts its
// names.
//
// It fails if a recorded name is gone or changed, and if the module exports more names than
// api/limit.txt allows. A new name passes. With -update it records the API as it is; the difference
// then shows in the review.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"

	"github.com/nacre-go/nacre/internal/apicheck"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	dir := flag.String("dir", ".", "folder of the module")
	record := flag.String("record", "api", "folder of the record")
	update := flag.Bool("update", false, "record the API as it is")
	flag.Parse()
	err := run(ctx, os.Stdout, *dir, *record, *update)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, dir, record string, update bool) error {
	api, err := apicheck.Load(ctx, dir, "examples", "ci")
	if err != nil {
		return err
	}
	names := api.Names()
	for _, pkg := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(out, "%6d  %s\n", len(names[pkg]), pkg)
	}
	limit, err := apicheck.ReadLimit(record)
	if err != nil {
		return err
	}
	count := apicheck.Count(names)
	fmt.Fprintf(out, "%6d  in all, of at most %d\n", count, limit)
	if update {
		if err := apicheck.WriteRecord(record, names); err != nil {
			return err
		}
	}
	before, err := apicheck.ReadRecord(record)
	if err != nil {
		return err
	}
	changes := apicheck.Compare(before, names)
	for _, line := range changes.Added {
		fmt.Fprintln(out, "new:", line)
	}
	for _, line := range changes.Incompatible {
		fmt.Fprintln(out, "incompatible:", line)
	}
	switch {
	case len(changes.Incompatible) > 0:
		return fmt.Errorf("%d incompatible changes; if they are meant, record them with 'make api'", len(changes.Incompatible))
	case count > limit:
		return fmt.Errorf("%d exported names, more than the limit of %d in %s/%s", count, limit, record, apicheck.LimitFile)
	}
	return nil
}
