package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/nacre-go/nacre/source"
)

var errCause = errors.New("cause")

type slow struct{}

func (slow) Error() string { return "slow" }
func (slow) Timeout() bool { return true }

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want source.Kind
	}{
		"nil":                      {nil, source.Unknown},
		"an unknown error":         {errCause, source.Unknown},
		"an Error":                 {&source.Error{Kind: source.PermissionDenied}, source.PermissionDenied},
		"an Error, wrapped":        {fmt.Errorf("x: %w", &source.Error{Kind: source.TooLarge}), source.TooLarge},
		"an Error over its cause":  {&source.Error{Kind: source.PermissionDenied, Err: fs.ErrNotExist}, source.PermissionDenied},
		"an Error in a LayerError": {&source.LayerError{Layer: "l", Err: &source.Error{Kind: source.Conflict}}, source.Conflict},
		"a Problem":                {&source.Problem{Kind: source.WrongType}, source.WrongType},
		"the first of Problems":    {source.Problems{{Kind: source.Invalid}, {Kind: source.Missing}}, source.Invalid},
		"an Unknown Error":         {&source.Error{Err: fs.ErrNotExist}, source.Unknown},
		"a Kind":                   {source.Closed, source.Closed},
		"a Kind, wrapped":          {fmt.Errorf("x: %w", source.Closed), source.Closed},
		"the first of several":     {errors.Join(errCause, &source.Error{Kind: source.Timeout}, source.PermissionDenied), source.Timeout},
		"a Problem over an Error":  {errors.Join(&source.Problem{Kind: source.Invalid}, &source.Error{Kind: source.PermissionDenied}), source.Invalid},
		"a Problem and its cause":  {&source.Problem{Kind: source.Invalid, Err: &source.Error{Kind: source.PermissionDenied}}, source.Invalid},
		"a deadline":               {context.DeadlineExceeded, source.Timeout},
		"a deadline of a file":     {os.ErrDeadlineExceeded, source.Timeout},
		"a missing file":           {&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, source.NotFound},
		"a permission":             {&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, source.PermissionDenied},
		"a refused connection":     {&net.OpError{Op: "dial", Err: &os.SyscallError{Syscall: "connect", Err: syscall.ECONNREFUSED}}, source.Unavailable},
		"a broken connection":      {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, source.Unavailable},
		"a timeout of the network": {&net.OpError{Op: "read", Err: slow{}}, source.Timeout},
		"an end":                   {io.EOF, source.Unknown},
		"a cancellation":           {context.Canceled, source.Unknown},
	} {
		if got := source.KindOf(test.err); got != test.want {
			t.Errorf("KindOf(%s) is %q, documented as %q", name, got, test.want)
		}
	}
}

// The numbers stand in metrics that people keep, so that none may ever change.
func TestKindsAreFrozen(t *testing.T) {
	t.Parallel()
	frozen := map[source.Kind]struct {
		number uint8
		text   string
	}{
		source.Unknown: {0, "unknown"}, source.Unavailable: {1, "unavailable"}, source.Timeout: {2, "timeout"}, source.PermissionDenied: {3, "permission denied"},
		source.NotFound: {4, "not found"}, source.InvalidArgument: {5, "invalid argument"}, source.TooLarge: {6, "too large"}, source.Conflict: {7, "conflict"},
		source.Closed: {8, "closed"}, source.Corrupt: {20, "corrupt"}, source.Malformed: {21, "malformed"},
		source.DuplicateKey: {22, "duplicate key"}, source.UnknownKey: {23, "unknown key"}, source.WrongType: {24, "wrong type"},
		source.Invalid: {25, "invalid"}, source.Missing: {26, "missing"}, source.BuildFailed: {27, "build failed"},
		source.Deprecated: {28, "deprecated"},
	}
	for k, want := range frozen {
		if uint8(k) != want.number || k.Error() != want.text {
			t.Errorf("kind %d is %q; it is frozen as %d, %q", k, k, want.number, want.text)
		}
	}
	named := 0
	for n := range 256 {
		if k := source.Kind(n); k == source.Unknown || k.Error() != "unknown" {
			named++
		}
	}
	if named != len(frozen) {
		t.Errorf("there are %d kinds, and %d of them are frozen here: a new kind belongs in this test", named, len(frozen))
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  source.Error
		want string
	}{
		{source.Error{Kind: source.NotFound, Op: "read", Document: "orders.yaml", Err: errCause, Fix: "create it"}, "read orders.yaml: not found: cause (create it)"},
		{source.Error{Kind: source.NotFound, Op: "read", Document: "orders.yaml"}, "read orders.yaml: not found"},
		{source.Error{Kind: source.PermissionDenied, Document: "orders.yaml"}, "orders.yaml: permission denied"},
		{source.Error{Kind: source.PermissionDenied, Op: "login"}, "login: permission denied"},
		{source.Error{Kind: source.PermissionDenied, Err: errCause}, "permission denied: cause"},
		{source.Error{}, "unknown"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("the text is %q, documented as %q", got, test.want)
		}
	}
	if got := (&source.LayerError{Layer: "nacos#2", Err: errCause}).Error(); got != "layer nacos#2: cause" {
		t.Errorf("a LayerError reads %q", got)
	}
}

// Both what happened and why are found by errors.Is and errors.As, through every type of this
// package.
func TestKindAndCauseAreReachable(t *testing.T) {
	t.Parallel()
	cause := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for name, err := range map[string]error{
		"Error":      &source.Error{Kind: source.Unavailable, Err: cause},
		"Problem":    &source.Problem{Kind: source.Unavailable, Err: cause},
		"Problems":   source.Problems{{Kind: source.Invalid}, {Kind: source.Unavailable, Err: cause}},
		"LayerError": &source.LayerError{Layer: "l", Err: &source.Error{Kind: source.Unavailable, Err: cause}},
	} {
		var path *fs.PathError
		if !errors.Is(err, source.Unavailable) || !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &path) || path != cause {
			t.Errorf("the kind or the cause of a %s cannot be reached", name)
		}
		if errors.Is(err, source.PermissionDenied) || errors.Is(err, source.Unknown) {
			t.Errorf("a %s is of a kind that it is not of", name)
		}
	}
	for name, err := range map[string]error{"Error": &source.Error{Kind: source.PermissionDenied}, "Problem": &source.Problem{Kind: source.PermissionDenied}} {
		if !errors.Is(err, source.PermissionDenied) || errors.Is(err, errCause) {
			t.Errorf("the kind of a %s without a cause cannot be reached", name)
		}
	}
	var layer *source.LayerError
	if err := fmt.Errorf("open: %w", &source.LayerError{Layer: "l", Err: errCause}); !errors.As(err, &layer) || layer.Layer != "l" {
		t.Error("a LayerError cannot be reached")
	}
}

func TestProblemText(t *testing.T) {
	t.Parallel()
	at := source.Position{Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 12}
	hidden := errors.New("hunter2 is no number")
	for _, test := range []struct {
		problem source.Problem
		want    string
	}{
		{source.Problem{Kind: source.UnknownKey, Position: at, Key: "db.pol", Suggest: "db.pool"}, "orders.yaml:7:12 (nacos) db.pol: unknown key, did you mean db.pool?"},
		{source.Problem{Kind: source.Invalid, Position: at, Key: "db.pool", Message: "must be at most 500"}, "orders.yaml:7:12 (nacos) db.pool: must be at most 500"},
		{source.Problem{Kind: source.Malformed, Position: at, Err: hidden}, "orders.yaml:7:12 (nacos): malformed"},
		{source.Problem{Kind: source.Missing, Key: "db.dsn"}, "db.dsn: missing"},
		{source.Problem{Kind: source.Invalid}, "invalid"},
	} {
		if got := test.problem.Error(); got != test.want {
			t.Errorf("the text is %q, documented as %q", got, test.want)
		}
	}
	all := source.Problems{{Kind: source.Missing, Key: "a"}, {Kind: source.Invalid, Key: "b"}}
	if got, want := all.Error(), "a: missing\nb: invalid"; got != want {
		t.Errorf("problems read %q, documented as one a line, %q", got, want)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]source.Position{
		"orders.yaml:7:12 (nacos)": {Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 12, Revision: "r"},
		"orders.yaml:7 (nacos)":    {Layer: "nacos", Document: "orders.yaml", Line: 7},
		"orders.yaml (nacos)":      {Layer: "nacos", Document: "orders.yaml", Column: 12},
		"orders.yaml:7":            {Document: "orders.yaml", Line: 7},
		"$ORDERS_DB_POOL":          {Layer: "env(ORDERS_)", Document: "$ORDERS_DB_POOL"},
		"$DB_POOL":                 {Layer: "env", Document: "$DB_POOL"},
		"$DB_POOL (overrides)":     {Layer: "overrides", Document: "$DB_POOL"},
		"orders.yaml:3:1":          {Layer: "orders.yaml", Document: "orders.yaml", Line: 3, Column: 1},
		"/etc/o/a.yaml:3":          {Layer: "a.yaml", Document: "/etc/o/a.yaml", Line: 3},
		`C:\o\a.yaml:3`:            {Layer: "a.yaml", Document: `C:\o\a.yaml`, Line: 3},
		"/etc/o/b.yaml:3":          {Layer: "o/b.yaml", Document: "/etc/o/b.yaml", Line: 3},
		"ab.yaml:3 (b.yaml)":       {Layer: "b.yaml", Document: "ab.yaml", Line: 3},
		"b.yaml (P/b.yaml)":        {Layer: "P/b.yaml", Document: "b.yaml"},
		"(nacos)":                  {Layer: "nacos"},
		"":                         {},
	} {
		if got := p.String(); got != want {
			t.Errorf("the position reads %q, documented as %q", got, want)
		}
	}
}
