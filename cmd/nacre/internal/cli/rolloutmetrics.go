package cli

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/fleet"
	"github.com/nacre-go/nacre/providers/nacos"
)

// metered are the flags that find instances in a Prometheus.
type metered struct {
	prometheus, selector, config, layer string
	age                                 time.Duration
}

func (m *metered) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&m.prometheus, "prometheus", "", "URL of a Prometheus that scrapes the instances, to ask in their place")
	f.StringVar(&m.selector, "selector", "", `labels of the instances in Prometheus, such as 'job="orders"'`)
	f.StringVar(&m.config, "config-name", "", "label config of the metrics, for instances with several configs")
	f.StringVar(&m.layer, "layer", "", "label layer of the metrics (default: the data ID)")
	f.DurationVar(&m.age, "max-scrape-age", 3*time.Minute, "age of a scrape from which on it says nothing about an instance")
}

// check returns what is wrong with the flags.
func (m *metered) check(instances []string) error {
	switch {
	case m.prometheus == "" && (m.selector != "" || m.config != "" || m.layer != ""):
		return usage("--selector, --config-name and --layer need --prometheus")
	case m.prometheus == "":
		return nil
	case len(instances) > 0:
		return usage("--instance and --prometheus exclude each other")
	case strings.Trim(m.selector, "{} ,") == "":
		return usage(`--prometheus needs --selector with the labels of the instances, such as 'job="orders"'; without it every target would count`)
	case m.age <= 0:
		return usage("--max-scrape-age %v is not positive", m.age)
	}
	return nil
}

// metrics returns a function that asks --prometheus how far its instances have got with an item.
func (a *app) metrics(m metered, item nacos.Item) (func(ctx context.Context) ([]progress, error), error) {
	client, err := a.prometheusAt(m.prometheus)
	if err != nil {
		return nil, err
	}
	if item.Modified.IsZero() {
		return nil, exit.With(exit.Failed, errors.New("the server does not say when the config was published, and no metric has its md5"), "give --instance")
	}
	q := fleet.Query{
		Client: client, Selector: m.selector, Config: m.config, Layer: cmp.Or(m.layer, item.Key.DataID), Published: item.Modified, Oldest: m.age,
	}
	warned := false
	return func(ctx context.Context) ([]progress, error) {
		rows, warnings, err := q.Ask(ctx)
		if len(warnings) > 0 && !warned {
			warned = true
			a.note("warning: Prometheus may lack instances: %s", strings.Join(warnings, "; "))
		}
		items := make([]progress, len(rows))
		for i, r := range rows {
			items[i] = progress{
				Instance: r.Instance, From: "prometheus", Received: r.Received, Applied: r.Applied, Acted: r.Acted, Refused: r.Refused,
				Status: r.Status, Version: r.Version, Why: r.Why,
				identity: identity{Service: r.Job, ID: r.ID, Struct: r.Struct, process: r.Job + " " + r.Target},
			}
		}
		return items, err
	}, nil
}
