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

// guard keeps a panic of the SDK from the service.
func guard(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return f()
}

// call makes a call of the SDK when there is room for one. It waits for it as long as the entry
// lives, and says so when it takes long.
func (e *entry) call(f func() error) error {
	timer := time.NewTimer(readWait)
	defer timer.Stop()
	done := make(chan error, 1)
	begun := e.hub.slots
	for {
		select {
		case begun <- struct{}{}:
			begun = nil
			go func() {
				defer func() { <-e.hub.slots }()
				done <- guard(f)
			}()
		case err := <-done:
			return err
		case <-timer.C:
			e.fail(fail(source.Timeout, e.key, "the SDK's client does not answer", "check that Nacos can be reached, and whether the client was closed"))
		case <-e.ctx.Done():
			return e.ctx.Err()
		}
	}
}

// read reads the config and takes what came. It reports whether that differs from what there was.
func (e *entry) read() (differs bool, err error) {
	asked := time.Now()
	var content string
	err = e.call(func() error {
		got, err := e.hub.sdk.GetConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group})
		content = strings.Clone(got)
		return err
	})
	if e.ctx.Err() != nil {
		return false, e.ctx.Err()
	}
	if err != nil {
		e.failed(explain(e.key, err))
		return false, err
	}
	d := &doc{content: content, absent: content == ""} // Nacos stores no empty content, and so the SDK says "missing"
	if !d.absent {
		sum := md5.Sum([]byte(content))
		d.md5 = hex.EncodeToString(sum[:])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	differs = e.doc == nil || *e.doc != *d
	e.provenAt = asked
	e.tries = 0
	if differs || e.err != nil {
		e.doc, e.err = d, nil
		e.changedLocked()
	}
	return differs, nil
}

// failed notes an error of a read, and tells it when it lasts or nothing else is known.
func (e *entry) failed(err error) {
	e.mu.Lock()
	e.tries++
	tell := e.doc == nil || e.tries >= lasting
	e.mu.Unlock()
	if tell {
		e.fail(err)
	}
}

// fail has the sources tell an error.
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

// explain makes an error of one of the SDK's, whose text is looked at and not passed on: it may
// quote a content.
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
		return fail(source.Unavailable, k, "the SDK's client has panicked", "look into the SDK's log; the read is tried again by itself")
	case has("403", "forbid", "user not found", "authorization failed", "token invalid", "token expired", "access denied"):
		return fail(source.PermissionDenied, k, "the server refused the SDK's client", "check the user name, password or access key that the SDK's client was made with, and its rights in this namespace")
	case has("timeout", "timed out", "deadline"):
		return fail(source.Timeout, k, "the SDK's client had no answer in time", "check the network between here and there, and the load of the server")
	case has("being modified"):
		return fail(source.Unavailable, k, "the config is being modified", "nothing: the read is tried again by itself")
	}
	return fail(source.Unavailable, k, "the SDK's client cannot read it", "check that Nacos runs and that the address is right; the SDK's log says more")
}
