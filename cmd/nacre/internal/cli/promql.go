package cli

import (
	"context"
	"net/http"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/contexts"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
)

// prometheusAt returns a client of --prometheus, with the credentials of the environment. A file
// with a token is read for each request, since tokens of machines change.
func (a *app) prometheusAt(address string) (*prometheus.Client, error) {
	warned := false
	return prometheus.New(address, func(r *http.Request) error {
		token := a.env.Get("NACRE_PROMETHEUS_TOKEN")
		if path := a.env.Get("NACRE_PROMETHEUS_TOKEN_FILE"); token == "" && path != "" {
			var err error
			if token, err = contexts.ReadSecret(path); err != nil {
				return exit.With(exit.Denied, err, "see NACRE_PROMETHEUS_TOKEN_FILE")
			}
		}
		authorized := authorize(r, token, a.env.Get("NACRE_PROMETHEUS_USER"), a.env.Get("NACRE_PROMETHEUS_PASSWORD"))
		if authorized && !warned && !private(r) {
			warned = true
			a.note("warning: the credentials for %s are sent without encryption; use https", r.URL.Host)
		}
		return nil
	})
}

// holds reports whether an expression of PromQL returns samples, none of which is 0 or NaN.
func (a *app) holds(ctx context.Context, address, expression string) (bool, error) {
	client, err := a.prometheusAt(address)
	if err != nil {
		return false, err
	}
	answer, err := client.Query(ctx, expression, time.Time{})
	if err != nil {
		return false, err
	}
	for _, s := range answer.Samples {
		if s.Value == 0 || s.Value != s.Value {
			return false, nil
		}
	}
	return len(answer.Samples) > 0, nil
}
