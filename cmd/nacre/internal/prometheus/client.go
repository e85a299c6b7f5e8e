package prometheus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// queryTime is how long an answer may take, and maxAnswer the size in bytes of the largest one: ten
// thousand instances with some metrics each.
const (
	queryTime = 10 * time.Second
	maxAnswer = 64 << 20
)

// Client asks one server.
type Client struct {
	base      *url.URL
	authorize func(*http.Request) error
}

// New returns the client of the server at an address such as http://prometheus:9090 or
// https://thanos.internal/prefix. authorize adds credentials to a request; it may be nil.
func New(address string, authorize func(*http.Request) error) (*Client, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, exit.With(exit.Usage, errors.New("address of Prometheus is not a URL such as http://prometheus:9090"), "correct --prometheus")
	case u.User != nil:
		return nil, exit.With(exit.Usage, errors.New("address of Prometheus has a user name in it, which every user of this machine can see"),
			"set NACRE_PROMETHEUS_TOKEN, or NACRE_PROMETHEUS_USER and NACRE_PROMETHEUS_PASSWORD")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, exit.With(exit.Usage, errors.New("address of Prometheus has more than a host and a path"), "correct --prometheus")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/api/v1/query", ""
	return &Client{base: u, authorize: authorize}, nil
}

// Sample is the value of one series.
type Sample struct {
	Labels map[string]string // with the name of the metric as __name__
	Value  float64
}

// Answer is what an expression has returned.
type Answer struct {
	Samples []Sample
	// Warnings say why samples may be missing, such as a part of the server that is down.
	Warnings []string
}

// Query evaluates an expression at a time; the zero time is now, by the clock of the server. The
// expression must return a vector or a scalar.
func (c *Client) Query(ctx context.Context, expression string, at time.Time) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	u := *c.base
	values := url.Values{"query": {expression}}
	if !at.IsZero() {
		values.Set("time", strconv.FormatFloat(float64(at.UnixMilli())/1e3, 'f', 3, 64))
	}
	u.RawQuery = values.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Answer{}, err
	}
	if c.authorize != nil {
		if err := c.authorize(request); err != nil {
			return Answer{}, err
		}
	}
	// A redirect leads to the page of a login, as a rule.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, c.unreachable(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, c.unreachable(err)
	case len(body) > maxAnswer:
		return Answer{}, exit.With(exit.Failed, fmt.Errorf("ask Prometheus: the answer has more than %d MiB", maxAnswer>>20), "select fewer instances")
	}
	return c.read(response.StatusCode, body)
}

// unreachable is the error of a request without an answer, which the address is not repeated in.
func (c *Client) unreachable(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return exit.With(exit.Unreachable, fmt.Errorf("ask Prometheus at %s: %w", c.base.Host, err), "check --prometheus, and that the server can be reached from here")
}

// read reads an answer. Prometheus answers with 400 if it does not understand the expression, with
// 422 if it cannot evaluate it, and with 503 if that takes too long, or while it starts.
func (c *Client) read(status int, body []byte) (Answer, error) {
	var answer struct {
		Status    string   `json:"status"`
		Error     string   `json:"error"`
		ErrorType string   `json:"errorType"`
		Warnings  []string `json:"warnings"`
		Data      struct {
			ResultType string          `json:"resultType"`
			Result     json.RawMessage `json:"result"`
		} `json:"data"`
	}
	isJSON := json.Unmarshal(body, &answer) == nil && answer.Status != ""
	failed := func(code exit.Code, fix string) (Answer, error) {
		text := "status " + strconv.Itoa(status)
		if isJSON {
			text = cmp.Or(answer.Error, text)
		}
		return Answer{}, exit.With(code, fmt.Errorf("ask Prometheus at %s: %s", c.base.Host, text), fix)
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return failed(exit.Denied, "set NACRE_PROMETHEUS_TOKEN or NACRE_PROMETHEUS_TOKEN_FILE, or NACRE_PROMETHEUS_USER and NACRE_PROMETHEUS_PASSWORD")
	case status >= 300 && status < 400:
		return failed(exit.Denied, "the server redirects, as for a login; give the address of its API")
	case status == http.StatusTooManyRequests, status >= 500:
		return failed(exit.Unreachable, "the server is starting or busy; try again")
	case !isJSON:
		return Answer{}, exit.With(exit.Usage, fmt.Errorf("ask Prometheus at %s: status %d, and the answer is not that of Prometheus", c.base.Host, status), "check the path of --prometheus")
	case status == http.StatusBadRequest:
		return failed(exit.Usage, "correct the expression or the selector")
	case status != http.StatusOK || answer.Status != "success":
		return failed(exit.Failed, "")
	}
	samples, err := decode(answer.Data.ResultType, answer.Data.Result)
	if err != nil {
		return Answer{}, exit.With(exit.Usage, fmt.Errorf("ask Prometheus at %s: %w", c.base.Host, err), "correct the expression")
	}
	return Answer{Samples: samples, Warnings: answer.Warnings}, nil
}

// decode returns the values of a vector or a scalar.
func decode(kind string, result json.RawMessage) ([]Sample, error) {
	type value [2]any // the time, and the value as a text
	type series struct {
		Metric map[string]string `json:"metric"`
		Value  value             `json:"value"`
	}
	var found []series
	var err error
	switch kind {
	case "vector":
		err = json.Unmarshal(result, &found)
	case "scalar":
		found = make([]series, 1)
		err = json.Unmarshal(result, &found[0].Value)
	default:
		return nil, fmt.Errorf("the expression returns a %s; it must return a vector or a scalar", cmp.Or(kind, "result of no type"))
	}
	if err != nil {
		return nil, errors.New("the result is not that of Prometheus")
	}
	all := make([]Sample, len(found))
	for i, s := range found {
		text, _ := s.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errors.New("the result has a value that is not a number")
		}
		all[i] = Sample{s.Metric, v}
	}
	return all, nil
}
