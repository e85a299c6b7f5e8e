package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// scenario is one row of the table: something that happens to services.
type scenario struct {
	name string
	play func(ctx context.Context, l library, st *store) (outcome string, err error)
}

var scenarios = []scenario{
	{"Start with a misspelled key (`pol: 20`)", start(func(good string) string { return strings.Replace(good, "pool:", "pol:", 1) },
		func(s settings) string { return fmt.Sprintf("starts, pool is %d", s.Pool) })},
	{"Start with a duration without a unit (`timeout: 30`)", start(func(good string) string { return strings.Replace(good, "2s", "30", 1) },
		func(s settings) string { return fmt.Sprintf("starts, timeout is %v", s.Timeout) })},
	{"Start without a required key", start(func(good string) string { return strings.Replace(good, "dsn: postgres://db\n", "", 1) },
		func(s settings) string { return fmt.Sprintf("starts, dsn is %q", s.DSN) })},
	{"Two good changes, a file by renames", change(func(l library) string { return document(l, "30") }, 30)},
	{"A change that is not YAML, then a good one", change(func(library) string { return "dsn: [\npool" }, 20)},
	{"A change with a value of the wrong type, then a good one", change(func(l library) string { return document(l, "many") }, 20)},
	{"A change that no rule should allow (`pool: -5`), then a good one", change(func(l library) string { return document(l, "-5") }, 20)},
	{"A change that leaves the document empty, then a good one", change(func(library) string { return "# nothing\n" }, 20)},
	{"The document is deleted, and comes back", deletion},
	{"`pool` is set by the environment, and the document changes", precedence},
	{"A callback panics", panicking},
	{"The document is gone or its server is down at the next start", restart},
}

// begin publishes a good document with pool 20 and starts the service.
func begin(ctx context.Context, l library, st *store, extra ...string) (*service, error) {
	if err := publishFirst(l, st, document(l, "20")); err != nil {
		return nil, err
	}
	s, err := launch(ctx, l, st.job, extra...)
	if err == nil && s.refused != "" {
		s.end()
		err = fmt.Errorf("the service does not start: %s", s.refused)
	}
	if err == nil {
		time.Sleep(warmUp)
	}
	return s, err
}

// warmUp is how long a service runs before something happens to it. The Nacos SDK needs 5 s until
// it is sure to see a change in less than a second; konf starts to watch after it has started.
const warmUp = 6 * time.Second

// publishFirst writes the document before a service reads it.
func publishFirst(_ library, st *store, text string) error {
	if st.server != nil {
		return st.server.Put("", "DEFAULT_GROUP", "app.yaml", text)
	}
	return st.write(text)
}

func start(spoil func(good string) string, describe func(settings) string) func(context.Context, library, *store) (string, error) {
	return func(ctx context.Context, l library, st *store) (string, error) {
		if err := publishFirst(l, st, spoil(document(l, "20"))); err != nil {
			return "", err
		}
		s, err := launch(ctx, l, st.job)
		if err != nil {
			return "", err
		}
		defer s.end()
		if s.refused != "" {
			return "refused", nil
		}
		return describe(s.started), nil
	}
}

// change publishes a text and then, if the text is a bad one, a good one. want is the pool that a
// service should have in between.
func change(text func(library) string, want int) func(context.Context, library, *store) (string, error) {
	return func(ctx context.Context, l library, st *store) (string, error) {
		s, err := begin(ctx, l, st)
		if err != nil {
			return "", err
		}
		defer s.end()
		if err := st.write(text(l)); err != nil {
			return "", err
		}
		bad := want == 20
		got, alive := s.until(func(s settings) bool { return bad && s.Pool != want || !bad && s.Pool == want })
		var outcome string
		switch {
		case !alive:
			return "the process ends", nil
		case got.Pool != want && bad:
			outcome = fmt.Sprintf("pool becomes %d", got.Pool)
		case got.Pool != want:
			outcome = "does not see the first"
		case bad:
			outcome = "keeps the good one"
		}
		err = st.again(l, s, &outcome)
		if !bad {
			outcome = cmp.Or(strings.TrimPrefix(strings.ReplaceAll(outcome, "the good one", "the second"), "; "), "sees both")
		}
		return outcome, err
	}
}

// again publishes a good document with pool 60 and adds to the outcome if it is not seen.
func (s *store) again(l library, running *service, outcome *string) error {
	if err := s.write(document(l, "60")); err != nil {
		return err
	}
	got, alive := running.until(func(s settings) bool { return s.Pool == 60 })
	switch {
	case !alive:
		*outcome += "; then the process ends"
	case got.Pool != 60:
		*outcome += "; does not see the good one"
	}
	return nil
}

func deletion(ctx context.Context, l library, st *store) (string, error) {
	s, err := begin(ctx, l, st)
	if err != nil {
		return "", err
	}
	defer s.end()
	if err := st.remove(); err != nil {
		return "", err
	}
	got, alive := s.until(func(s settings) bool { return s.Pool != 20 || s.DSN == "" })
	if !alive {
		return "the process ends", nil
	}
	outcome := "keeps the last one"
	if got.DSN == "" {
		outcome = fmt.Sprintf("dsn becomes %q", got.DSN)
	}
	err = st.again(l, s, &outcome)
	return strings.Replace(outcome, "does not see the good one", "does not see the new one", 1), err
}

func precedence(ctx context.Context, l library, st *store) (string, error) {
	s, err := begin(ctx, l, st, "APP_POOL=40", "KRATOS_APP_POOL=40")
	if err != nil {
		return "", err
	}
	defer s.end()
	if s.started.Pool != 40 {
		return fmt.Sprintf("pool is %d from the start", s.started.Pool), nil
	}
	if err := st.write(strings.Replace(document(l, "50"), "2s", "4s", 1)); err != nil {
		return "", err
	}
	got, alive := s.until(func(s settings) bool { return s.Timeout == 4*time.Second })
	switch {
	case !alive:
		return "the process ends", nil
	case got.Timeout != 4*time.Second:
		return "the change is not seen", nil
	case got.Pool != 40:
		return fmt.Sprintf("pool becomes %d", got.Pool), nil
	}
	return "the environment wins", nil
}

func panicking(ctx context.Context, l library, st *store) (string, error) {
	s, err := begin(ctx, l, st, envPanics+"=1")
	if err != nil {
		return "", err
	}
	defer s.end()
	if err := st.write(document(l, "30")); err != nil {
		return "", err
	}
	got, alive := s.until(func(s settings) bool { return s.Pool == 30 })
	if !alive {
		return "the process ends", nil
	}
	if got.Pool != 30 {
		return "the change is not seen", nil
	}
	var second string
	if err := st.again(l, s, &second); err != nil {
		return "", err
	}
	switch {
	case strings.Contains(second, "ends"):
		return "the process ends", nil
	case second != "":
		return "the next change is not seen", nil
	}
	return "the service continues", nil
}

func restart(ctx context.Context, l library, st *store) (string, error) {
	s, err := begin(ctx, l, st)
	if err != nil {
		return "", err
	}
	s.until(func(settings) bool { return false }) // time to store what is to be stored
	s.end()
	if st.server != nil {
		st.server.Stop()
	} else if err := st.remove(); err != nil {
		return "", err
	}
	s, err = launch(ctx, l, st.job)
	if err != nil {
		return "", err
	}
	defer s.end()
	if s.refused != "" {
		return "refused", nil
	}
	if s.started.DSN == "" {
		return "starts, dsn is \"\"", nil
	}
	return "starts with the last one", nil
}
