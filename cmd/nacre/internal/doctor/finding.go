package doctor

import (
	"errors"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Result is the outcome of a check.
type Result string

// The results. Warn is for what works and may surprise; Skip is for a check that was not made.
const (
	Pass Result = "pass"
	Warn Result = "warn"
	Fail Result = "fail"
	Skip Result = "skip"
)

// Finding is the result of one check. It never contains a password, a token or a content.
type Finding struct {
	Check  string `json:"check"`            // such as "grpc"
	Target string `json:"target,omitempty"` // the server or the document
	Result Result `json:"result"`
	Code   string `json:"code,omitempty"` // the name of the problem's code, as in docs/nacos-errors.md
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"`
}

// failure returns the finding for an error: its code, its cause and its fix.
func (x *examination) failure(check, target string, err error) Finding {
	err = x.User.Rewrite(err)
	f := Finding{Check: check, Target: target, Result: Fail, Text: err.Error()}
	if code, ok := errors.AsType[nacos.Code](err); ok {
		f.Code = code.Name()
	}
	if e, ok := errors.AsType[*source.Error](err); ok {
		f.Fix = e.Fix
		short := *e
		short.Fix = ""
		f.Text = short.Error()
	}
	return f
}
