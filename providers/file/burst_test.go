package file_test

import (
	"fmt"
	"time"
)

// burst makes changes while r reads, and returns what went wrong. It closes r's source, for a user
// may have no more than 128 watches of the kernel's at a time.
func burst(r *reader, changes int, gap time.Duration, change func(v int) error) error {
	defer r.close()
	c, err := r.next(bound)
	if err != nil {
		return err
	}
	if v, err := wholeVersion(c); err != nil || v != 0 {
		return fmt.Errorf("first content: version %d, %w", v, err)
	}
	if err := r.s.Watching(); err != nil {
		return fmt.Errorf("this machine cannot show it: %w", err)
	}
	read := make(chan error, 1)
	go func() {
		contents, last := 0, 0
		for last < changes {
			c, err := r.next(bound)
			if err != nil {
				read <- fmt.Errorf("version %d was the last to come: %w", last, err)
				return
			}
			v, err := wholeVersion(c)
			if err != nil {
				read <- err
				return
			}
			if v <= last {
				read <- fmt.Errorf("version %d came after version %d", v, last)
				return
			}
			contents, last = contents+1, v
		}
		if contents > changes {
			read <- fmt.Errorf("%d contents for %d changes", contents, changes)
			return
		}
		read <- nil
	}()
	for v := 1; v <= changes; v++ {
		if err := change(v); err != nil {
			return err
		}
		if gap > 0 {
			time.Sleep(gap)
		}
	}
	return <-read
}
