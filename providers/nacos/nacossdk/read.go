package nacossdk

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/vo"

	"github.com/nacre-go/nacre/source"
)

var errPanic = errors.New("panic")

// guard turns a panic of the SDK into an error.
func guard(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return f()
}

// call makes a call of the SDK when there is a free slot. It waits as long as the entry lives, and
// reports a call that takes long.
func (e *entry) call(f func() error) error {
	timer := time.NewTimer(readWait)
	defer timer.Stop()
	done := make(chan error, 1)
	free := e.hub.slots
	for {
		select {
		case free <- struct{}{}:
			free = nil
			go func() {
				defer func() { <-e.hub.slots }()
				done <- guard(f)
			}()
		case err := <-done:
			return err
		case <-timer.C:
			e.fail(fail(source.Timeout, e.key, "the SDK's client does not answer", "check that Nacos is reachable, and that the client is open"))
		case <-e.ctx.Done():
			return e.ctx.Err()
		}
	}
}

// read reads the config and reports whether it has changed.
func (e *entry) read() (differs bool, err error) {
	asked := time.Now()
	var content string
	err = e.call(func() error {
		if err := e.hub.gate.check(); err != nil {
			return err
		}
		got, err := e.hub.sdk.GetConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group})
		content = strings.Clone(got)
		e.hub.gate.took(outage(e.key, err), e.interval())
		return err
	})
	if e.ctx.Err() != nil {
		return false, e.ctx.Err()
	}
	if err != nil {
		e.failed(explain(e.key, err))
		return false, err
	}
	d := &doc{content: content, absent: content == ""} // Nacos stores no empty content; in the SDK it means "missing"
	if !d.absent {
		sum := md5.Sum([]byte(content))
		d.md5 = hex.EncodeToString(sum[:])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	differs = e.doc == nil || *e.doc != *d
	e.provenAt = asked
	e.failures = 0
	if differs || e.err != nil {
		e.doc, e.err = d, nil
		e.changedLocked()
	}
	return differs, nil
}

// failed records an error of a read. The sources see it if it lasts, or if nothing else is known.
func (e *entry) failed(err error) {
	e.mu.Lock()
	e.failures++
	report := e.doc == nil || e.failures >= lasting
	e.mu.Unlock()
	if report {
		e.fail(err)
	}
}

// fail sets the error that the sources report.
func (e *entry) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil && e.err.Error() == err.Error() {
		return
	}
	e.err = err
	e.changedLocked()
}

func (e *entry) changedLocked() {
	close(e.changed)
	e.changed = make(chan struct{})
}

func fail(kind source.Kind, k key, cause, fix string) error {
	return &source.Error{Kind: kind, Op: "read", Document: k.String(), Fix: fix, Err: errors.New(cause)}
}

// outage returns an error of the SDK that concerns all configs: the server does not work.
func outage(k key, err error) error {
	if err == nil || strings.Contains(strings.ToLower(err.Error()), "being modified") {
		return nil
	}
	switch source.KindOf(explain(k, err)) {
	case source.Unavailable, source.Timeout:
		return err
	}
	return nil
}

// explain returns the error for one of the SDK's. It examines that text and does not pass it on,
// since it may quote a content.
func explain(k key, err error) error {
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, errPanic):
		return fail(source.Unavailable, k, "the SDK's client has panicked", "see the SDK's log; the source reads again")
	case has("403", "forbid", "user not found", "authorization failed", "token invalid", "token expired", "access denied"):
		return fail(source.PermissionDenied, k, "the server rejects the SDK's client", "check the user name, password or access key of the SDK's client, and its permissions in this namespace")
	case has("timeout", "timed out", "deadline"):
		return fail(source.Timeout, k, "the SDK's client has no answer in time", "check the network, and the load of the server")
	case has("being modified"):
		return fail(source.Unavailable, k, "the server is modifying the config", "nothing: the source reads again")
	}
	return fail(source.Unavailable, k, "the SDK's client cannot read the config", "check the address, and that Nacos runs there; the SDK's log says more")
}
