package fleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/fleet"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus/prometheustest"
)

// published is when the content of the tests was published.
var published = time.Unix(1700000000, 0)

// instance returns the series of an instance that has applied the content. Each change replaces the
// value of a series, or removes it if the value is empty; a series that it lacks is added.
func instance(name string, changes ...string) string {
	lines := []string{
		`up 1`, `nacre_config_ready 1`, `nacre_config_version 2`, `nacre_config_pinned 0`,
		`nacre_config_last_apply_success_timestamp_seconds 1700000001`,
		`nacre_layer_up 1`, `nacre_layer_stale 0`, `nacre_layer_verified_timestamp_seconds 1700000001.5`, `nacre_layer_rejected 0`, `nacre_layer_held 0`,
	}
	for _, change := range changes {
		metric, _, _ := strings.Cut(change, " ")
		found := false
		for i, line := range lines {
			if strings.HasPrefix(line, metric+" ") {
				lines[i], found = change, true
			}
		}
		if !found {
			lines = append(lines, change)
		}
	}
	var b strings.Builder
	for _, line := range lines {
		metric, value, _ := strings.Cut(line, " ")
		if value == "" {
			continue
		}
		base, labels, _ := strings.Cut(strings.TrimSuffix(metric, "}"), "{")
		if base != "up" {
			labels += `,config="orders"`
		}
		if strings.HasPrefix(base, "nacre_layer") || base == "nacre_rejections_total" {
			labels += `,layer="orders.yaml"`
		}
		fmt.Fprintf(&b, "%s{job=\"orders\",instance=%q,%s} %s\n", base, name, strings.Trim(labels, ","), value)
	}
	return b.String()
}

func ask(t *testing.T, srv *prometheustest.Server, change func(*fleet.Query)) []fleet.Row {
	t.Helper()
	client, err := prometheus.New(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := fleet.Query{Client: client, Selector: `job="orders"`, Layer: "orders.yaml", Published: published, Oldest: time.Minute}
	if change != nil {
		change(&q)
	}
	rows, _, err := q.Ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func start(t *testing.T) *prometheustest.Server {
	t.Helper()
	srv := prometheustest.New()
	t.Cleanup(srv.Close)
	return srv
}

// Each state of an instance has the row that its metrics prove, and no more.
func TestRows(t *testing.T) {
	t.Parallel()
	const (
		old      = "nacre_layer_verified_timestamp_seconds 1699999990"
		accepted = "nacre_config_last_apply_success_timestamp_seconds 1699999990"
		minute   = "nacre_layer_verified_timestamp_seconds 1700000060"
		rejected = "nacre_layer_rejected 1"
		held     = "nacre_layer_held 1"
	)
	for name, c := range map[string]struct {
		changes []string
		before  []string
		age     time.Duration
		want    string // status, received, applied, acted, refused, and why
	}{
		"applied":                              {nil, nil, 0, "applied yyyn []"},
		"not verified since":                   {[]string{old}, nil, 0, "behind nnnn []"},
		"never verified":                       {[]string{"nacre_layer_verified_timestamp_seconds "}, nil, 0, "behind nnnn []"},
		"received, and not decided":            {[]string{accepted}, nil, 0, "behind ynnn []"},
		"received, and nothing to decide":      {[]string{accepted, minute}, nil, 0, "applied yyyn []"},
		"accepted another content":             {[]string{old, "nacre_config_last_apply_success_timestamp_seconds 1700000001"}, nil, 0, "behind nnnn []"},
		"rejected":                             {[]string{rejected, `nacre_rejections_total{kind="unknown_key"} 1`, `nacre_rejections_total{kind="invalid"} 2`}, nil, 0, "rejected ynny [invalid, unknown key; nacre who with --instance says which key]"},
		"rejected earlier":                     {[]string{old, rejected, `nacre_rejections_total{kind="invalid"} 1`}, []string{`nacre_rejections_total{kind="invalid"} 1`}, 0, "behind nnnn []"},
		"rejected earlier, received now":       {[]string{rejected, `nacre_rejections_total{kind="invalid"} 1`}, []string{`nacre_rejections_total{kind="invalid"} 1`}, 0, "behind ynnn []"},
		"rejected earlier, and again":          {[]string{rejected, `nacre_rejections_total{kind="invalid"} 2`, `nacre_rejections_total{kind="missing"} 1`}, []string{`nacre_rejections_total{kind="invalid"} 1`, `nacre_rejections_total{kind="missing"} 1`}, 0, "rejected ynny [invalid; nacre who with --instance says which key]"},
		"rejected by a process that is new":    {[]string{rejected, `nacre_rejections_total{kind="invalid"} 1`}, []string{`nacre_rejections_total{kind="invalid"} 7`}, 0, "rejected ynny [invalid; nacre who with --instance says which key]"},
		"rejected, and published again":        {[]string{rejected, minute}, nil, 0, "rejected ynny [nacre who with --instance says why]"},
		"another layer is rejected":            {[]string{accepted, "nacre_config_last_apply_successful 0"}, nil, 0, "behind ynnn []"},
		"held":                                 {[]string{held, `nacre_changes_total{result="held"} 1`}, nil, 0, "held ynny [nacre who with --instance says why]"},
		"held by a pin":                        {[]string{held, `nacre_changes_total{result="held"} 1`, "nacre_config_pinned 1"}, nil, 0, "held ynny [the config is pinned]"},
		"held by the breaker":                  {[]string{held, `nacre_changes_total{result="held"} 1`, `nacre_breaker_opened_total{layer="orders.yaml"} 1`}, nil, 0, "held ynny [the layer had too many bad changes]"},
		"rolled back":                          {[]string{held, `nacre_changes_total{result="held"} 1`, `nacre_changes_total{result="rolled_back"} 1`}, nil, 0, "held ynny [it was rolled back, since it made the service unhealthy]"},
		"held earlier":                         {[]string{held, `nacre_changes_total{result="held"} 1`}, []string{`nacre_changes_total{result="held"} 1`}, 0, "behind ynnn []"},
		"down":                                 {[]string{"nacre_layer_up 0", old}, nil, 0, "down nnnn []"},
		"stale":                                {[]string{"nacre_layer_stale 1", old}, nil, 0, "stale nnnn [last verified 2023-11-14T22:13:10Z]"},
		"a subscriber is busy":                 {[]string{`nacre_subscriber_pending{subscriber="audit"} 1`, `nacre_subscriber_call_start_timestamp_seconds{subscriber="audit"} 1700000001`}, nil, 0, "applied yynn [subscriber audit is busy]"},
		"a subscriber that has ended":          {[]string{`nacre_subscriber_pending{subscriber="audit"} 0`}, nil, 0, "applied yyyn []"},
		"a subscriber has failed":              {[]string{`nacre_subscriber_calls_total{subscriber="audit",result="error"} 3`}, []string{`nacre_subscriber_calls_total{subscriber="audit",result="error"} 2`}, 0, "applied yynn [subscriber audit has failed since the publish]"},
		"a subscriber had failed before":       {[]string{`nacre_subscriber_calls_total{subscriber="audit",result="error"} 3`}, []string{`nacre_subscriber_calls_total{subscriber="audit",result="error"} 3`}, 0, "applied yyyn []"},
		"calls that ended well":                {[]string{`nacre_subscriber_calls_total{subscriber="audit",result="ok"} 3`}, nil, 0, "applied yyyn []"},
		"a resource has panicked":              {[]string{`nacre_resource_builds_total{resource="db",result="panic"} 1`}, nil, 0, "applied yynn [resource db has failed since the publish]"},
		"not ready":                            {[]string{"nacre_config_ready 0"}, nil, 0, "applied yynn [is not ready]"},
		"not open":                             {[]string{"nacre_config_ready 0", "nacre_config_version ", "nacre_layer_up "}, nil, 0, "unknown nnnn [its config is not open]"},
		"another document":                     {[]string{"nacre_layer_up ", "nacre_layer_rejected ", "nacre_layer_held "}, nil, 0, "unused nnnn []"},
		"an old scrape":                        {nil, nil, 2 * time.Minute, "unknown nnnn [Prometheus has scraped it 2m0s ago]"},
		"no answer":                            {[]string{"up 0"}, nil, 0, "unknown nnnn [Prometheus cannot scrape it]"},
		"no answer, and nothing of an earlier": {[]string{"up 0", "nacre_config_ready ", "nacre_config_version ", "nacre_layer_up "}, nil, 0, "unknown nnnn [Prometheus cannot scrape it]"},
		"pushed, and not scraped":              {[]string{"up "}, nil, 0, "applied yyyn []"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t)
			srv.Set(instance("10.0.0.7:8080", c.changes...))
			srv.SetBefore(instance("10.0.0.7:8080", c.before...))
			srv.SetAge(c.age)
			rows := ask(t, srv, nil)
			if len(rows) != 1 {
				t.Fatalf("the rows are %+v", rows)
			}
			r, letters := rows[0], ""
			for _, is := range []bool{r.Received, r.Applied, r.Acted, r.Refused} {
				letters += map[bool]string{true: "y", false: "n"}[is]
			}
			if got := fmt.Sprintf("%s %s %v", r.Status, letters, r.Why); got != c.want || r.Instance != "10.0.0.7:8080" {
				t.Errorf("%s: %s, want %s", r.Instance, got, c.want)
			}
		})
	}
}

// A Prometheus has the instances of many services, and more than one config of one instance.
func TestOthers(t *testing.T) {
	t.Parallel()
	srv := start(t)
	other := func(text, from, to string) string { return strings.ReplaceAll(text, from, to) }
	one := instance("10.0.0.7:8080")
	srv.Set(one + instance("10.0.0.8:8080", "nacre_layer_verified_timestamp_seconds 1") +
		other(one, `job="orders"`, `job="users"`) +
		`up{job="orders",instance="10.0.0.9:9100"} 1` + "\n" +
		`nacre_config_version{job="orders",instance="10.0.0.7:8080",config="limits"} 5` + "\n")
	names := func(rows []fleet.Row) (all []string) {
		for _, r := range rows {
			all = append(all, r.Instance+" "+r.Status)
		}
		return all
	}
	want := "[10.0.0.7:8080 applied 10.0.0.8:8080 behind 10.0.0.9:9100 unknown]"
	if got := fmt.Sprint(names(ask(t, srv, nil))); got != want {
		t.Errorf("the rows of a job are %s, want %s", got, want)
	}
	want = "[10.0.0.7:8080 job=orders applied 10.0.0.7:8080 job=users applied 10.0.0.8:8080 behind 10.0.0.9:9100 unknown]"
	if got := fmt.Sprint(names(ask(t, srv, func(q *fleet.Query) { q.Selector = `job=~".+"` }))); got != want {
		t.Errorf("the rows of two jobs are %s, want %s", got, want)
	}

	// Two configs that read the document are two rows, unless one is named.
	srv.Set(one + other(one, `config="orders"`, `config="batch"`))
	want = "[10.0.0.7:8080 config=batch applied 10.0.0.7:8080 config=orders applied]"
	if got := fmt.Sprint(names(ask(t, srv, nil))); got != want {
		t.Errorf("the rows of two configs are %s, want %s", got, want)
	}
	if got := fmt.Sprint(names(ask(t, srv, func(q *fleet.Query) { q.Config = "batch" }))); got != "[10.0.0.7:8080 applied]" {
		t.Errorf("the rows of one config are %s", got)
	}
	if got := fmt.Sprint(names(ask(t, srv, func(q *fleet.Query) { q.Layer = "base.yaml" }))); got != "[10.0.0.7:8080 config=batch unused 10.0.0.7:8080 config=orders unused]" {
		t.Errorf("the rows of another layer are %s", got)
	}
	if got := ask(t, srv, func(q *fleet.Query) { q.Selector = `job="none"` }); len(got) != 0 {
		t.Errorf("the rows of a job that does not exist are %+v", got)
	}
}

// The metrics name the struct that an instance binds, and its ID.
func TestRowsNameTheInstance(t *testing.T) {
	t.Parallel()
	srv := start(t)
	srv.Set(instance("10.0.0.7:8080", `nacre_instance_info{struct="s1-0123456789ab",id="orders-3"} 1`) + instance("10.0.0.8:8080") +
		instance("10.0.0.9:8080", `nacre_instance_info{struct="s1-0123456789ab",id="orders-4"} 1`, "nacre_layer_up ", "nacre_layer_rejected ", "nacre_layer_held "))
	var got []string
	for _, r := range ask(t, srv, nil) {
		got = append(got, fmt.Sprintf("%s %s: %q %q", r.Job, r.Target, r.Struct, r.ID))
	}
	want := []string{`orders 10.0.0.7:8080: "s1-0123456789ab" "orders-3"`, `orders 10.0.0.8:8080: "" ""`, `orders 10.0.0.9:8080: "" ""`}
	if !slices.Equal(got, want) {
		t.Errorf("the rows name %q, want %q: the last one reads another document", got, want)
	}
}

// Two Prometheus scrape each instance: the sample that is less good counts, and either may lack an
// instance.
func TestReplicas(t *testing.T) {
	t.Parallel()
	srv := start(t)
	replica := func(n string, changes ...string) string {
		return strings.ReplaceAll(instance("10.0.0.7:8080", changes...), "{", `{replica="`+n+`",`)
	}
	for name, c := range map[string]struct {
		text, want string
	}{
		"both have it":        {replica("a") + replica("b"), "applied"},
		"one is behind":       {replica("a") + replica("b", "nacre_layer_verified_timestamp_seconds 1699999999"), "behind"},
		"one says rejected":   {replica("a", "nacre_layer_rejected 1", `nacre_rejections_total{kind="invalid"} 1`) + replica("b"), "rejected"},
		"one cannot reach it": {replica("a") + replica("b", "up 0"), "applied"},
	} {
		srv.Set(c.text)
		if rows := ask(t, srv, nil); len(rows) != 1 || rows[0].Status != c.want {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

// A name of more than 64 bytes is cut in labels.
func TestLongNames(t *testing.T) {
	t.Parallel()
	srv := start(t)
	long := strings.Repeat("x", 63) + "é.yaml"
	srv.Set(strings.ReplaceAll(instance("10.0.0.7:8080"), "orders.yaml", strings.Repeat("x", 63)))
	if rows := ask(t, srv, func(q *fleet.Query) { q.Layer = long }); len(rows) != 1 || rows[0].Status != "applied" {
		t.Errorf("the rows of a long name are %+v", rows)
	}
}

// What a Prometheus lacks is a warning, and a selector that it does not understand an error.
func TestAnswers(t *testing.T) {
	t.Parallel()
	srv := start(t)
	srv.Set(instance("10.0.0.7:8080"))
	srv.Warn("a store is down")
	client, err := prometheus.New(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := fleet.Query{Client: client, Selector: `job="orders"`, Layer: "orders.yaml", Published: published, Oldest: time.Minute}
	if rows, warnings, err := q.Ask(t.Context()); err != nil || len(rows) != 1 || fmt.Sprint(warnings) != "[a store is down]" {
		t.Errorf("%+v, %q, %v", rows, warnings, err)
	}
	q.Selector = "job=orders"
	if _, _, err := q.Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "parse error") {
		t.Errorf("a wrong selector: %v", err)
	}
}

// A metric holds a time as a float64. The rounding must not make the time an earlier one.
func TestPrecision(t *testing.T) {
	t.Parallel()
	srv := start(t)
	for ms := int64(0); ms < 1000; ms += 37 {
		at := published.Add(time.Duration(ms) * time.Millisecond)
		seconds := fmt.Sprintf("%.3f", float64(at.UnixMilli())/1e3)
		srv.Set(instance("10.0.0.7:8080", "nacre_layer_verified_timestamp_seconds "+seconds, "nacre_config_last_apply_success_timestamp_seconds "+seconds))
		if rows := ask(t, srv, func(q *fleet.Query) { q.Published = at }); rows[0].Status != "applied" {
			t.Fatalf("an instance that has accepted the content at the millisecond of its publish, %s, is %+v", seconds, rows[0])
		}
	}
}
