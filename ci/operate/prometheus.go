package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scrapeEvery is how often Prometheus scrapes and evaluates.
const scrapeEvery = time.Second

// scraping returns the configuration of Prometheus.
func scraping(rules, alertmanager string, instances []string) []byte {
	return fmt.Appendf(nil, `global:
  scrape_interval: %[1]s
  scrape_timeout: %[1]s
  evaluation_interval: %[1]s
rule_files: [%[2]q]
alerting:
  alertmanagers:
    - static_configs:
        - targets: [%[3]q]
scrape_configs:
  - job_name: orders
    static_configs:
      - targets: ["%[4]s"]
`, scrapeEvery, rules, alertmanager, strings.Join(instances, `", "`))
}

// prometheus is the API of Prometheus.
type prometheus struct{ api }

// series is one series of an answer. A query at one time has one point.
type series struct {
	Metric map[string]string `json:"metric"`
	Value  point             `json:"value"`
	Values []point           `json:"values"`
}

// point is a time, and a value as text.
type point [2]any

func (p point) number() float64 {
	text, _ := p[1].(string)
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

func (p *prometheus) ask(path string, query url.Values) ([]series, error) {
	var answer struct {
		Data struct {
			ResultType string   `json:"resultType"`
			Result     []series `json:"result"`
		} `json:"data"`
	}
	err := p.get(path, query, &answer)
	return answer.Data.Result, err
}

// query evaluates an expression now.
func (p *prometheus) query(expr string) ([]series, error) {
	return p.ask("/api/v1/query", url.Values{"query": {expr}})
}

// queryRange evaluates an expression at each second between two times.
func (p *prometheus) queryRange(expr string, from, to time.Time) ([]series, error) {
	return p.ask("/api/v1/query_range", url.Values{
		"query": {expr}, "step": {"1"},
		"start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
	})
}

// firing returns the names of the alerts that fire now, or have fired since from.
func (p *prometheus) firing(from time.Time) ([]string, error) {
	expr := `ALERTS{alertstate="firing"}`
	if !from.IsZero() {
		expr = fmt.Sprintf(`max_over_time(%s[%ds])`, expr, max(1, int(time.Since(from)/time.Second)))
	}
	found, err := p.query(expr)
	var names []string
	for _, s := range found {
		if name := s.Metric["alertname"]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// state returns the alerts that are pending or fire, as text for a failure.
func (p *prometheus) state() string {
	found, err := p.query("ALERTS")
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, s := range found {
		fmt.Fprintf(&b, "    %s %s %v\n", s.Metric["alertname"], s.Metric["alertstate"], s.Metric)
	}
	return b.String()
}
