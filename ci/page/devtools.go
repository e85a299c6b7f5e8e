package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// devtools drives a tab of a browser through the pipe of its DevTools protocol: it opens, types and
// clicks as a person does. It is used by one goroutine.
type devtools struct {
	ctx     context.Context //nolint:containedctx // of the run of the program
	write   io.WriteCloser
	read    *bufio.Reader
	session string
	id      int
	quit    func()
}

// openTab starts the browser with a profile of its own. Names of hosts that end in .test are this
// machine.
func (c chromium) openTab(ctx context.Context) (*devtools, error) {
	profile, err := os.MkdirTemp("", "page-")
	if err != nil {
		return nil, err
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, c.program, //nolint:gosec // a program of CI
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir="+profile,
		"--host-resolver-rules=MAP *.test 127.0.0.1", "--remote-debugging-pipe", "--window-size=1280,2200", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = theirIn.Close()
	_ = theirOut.Close()
	d := &devtools{ctx: ctx, write: ourOut, read: bufio.NewReader(ourIn), quit: func() {
		_ = ourOut.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = ourIn.Close()
		_ = os.RemoveAll(profile)
	}}
	if err := ourIn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		d.quit()
		return nil, err
	}
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	err = d.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	if err == nil {
		err = d.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	}
	if err != nil {
		d.quit()
		return nil, err
	}
	d.session = attached.SessionID
	return d, nil
}

// call calls a method and waits for its result. Events are ignored.
func (d *devtools) call(method string, params map[string]any, result any) error {
	d.id++
	message := map[string]any{"id": d.id, "method": method, "params": params}
	if d.session != "" {
		message["sessionId"] = d.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := d.write.Write(append(text, 0)); err != nil {
		return err
	}
	for {
		text, err := d.read.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var reply struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &reply); err != nil {
			return err
		}
		switch {
		case reply.ID != d.id:
			continue
		case reply.Error != nil:
			return errors.New(method + ": " + reply.Error.Message)
		case result != nil:
			return json.Unmarshal(reply.Result, result)
		}
		return nil
	}
}

// eval returns the value of an expression in the page, as text.
func (d *devtools) eval(expression string) (string, error) {
	var reply struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	if err := d.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &reply); err != nil {
		return "", err
	}
	if reply.ExceptionDetails != nil {
		return "", fmt.Errorf("%s: %s", expression, reply.ExceptionDetails.Text)
	}
	return fmt.Sprint(reply.Result.Value), nil
}

// evalFrame returns the value of an expression in the frame of the page that was given an address.
func (d *devtools) evalFrame(url, expression string) (string, error) {
	var all struct {
		TargetInfos []struct{ TargetID, Type, URL string }
	}
	if err := d.call("Target.getTargets", nil, &all); err != nil {
		return "", err
	}
	for _, target := range all.TargetInfos {
		if target.Type != "iframe" || target.URL != url {
			continue
		}
		var attached struct{ SessionID string }
		if err := d.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
			return "", err
		}
		frame := *d
		frame.session = attached.SessionID
		value, err := frame.eval(expression)
		d.id = frame.id
		return value, err
	}
	return "", errors.New("page has no frame of " + url)
}

// until waits for an expression to be true. It is false while the page is being left.
func (d *devtools) until(expression string) error {
	limit := time.After(20 * time.Second)
	for {
		got, err := d.eval(expression)
		if err == nil && got == "true" {
			return nil
		}
		select {
		case <-limit:
			where, _ := d.eval("location.href + ' ' + document.body.innerText.slice(0, 500)")
			return fmt.Errorf("%s is %s, %w; the browser shows %s", expression, got, errNever, where)
		case <-d.ctx.Done():
			return d.ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var errNever = errors.New("and did not become true")

// open shows a page.
func (d *devtools) open(url string) error {
	if err := d.call("Page.navigate", map[string]any{"url": url}, nil); err != nil {
		return err
	}
	return d.until(`document.readyState === "complete" && location.href !== "about:blank"`)
}
