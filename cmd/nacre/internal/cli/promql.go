package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// queryTime is how long a Prometheus may take, and maxAnswer the size of the largest answer.
const (
	queryTime = 10 * time.Second
	maxAnswer = 4 << 20
)

// holds reports whether a query of PromQL returns samples, none of which is 0 or NaN.
func holds(ctx context.Context, prometheus, query string) (bool, error) {
	failed := func(err error) (bool, error) {
		return false, exit.With(exit.Unreachable, fmt.Errorf("ask Prometheus: %w", err), "check --prometheus and --healthy")
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	target := strings.TrimRight(prometheus, "/") + "/api/v1/query?" + url.Values{"query": {query}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return failed(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return failed(reason(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return failed(err)
	}
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			ResultType string          `json:"resultType"`
			Result     json.RawMessage `json:"result"`
		} `json:"data"`
	}
	switch err := json.Unmarshal(body, &answer); {
	case err != nil:
		return failed(fmt.Errorf("status %d, and the answer is not that of Prometheus", response.StatusCode))
	case answer.Status != "success":
		return failed(fmt.Errorf("the query fails: %s", answer.Error))
	}
	values, err := samples(answer.Data.ResultType, answer.Data.Result)
	if err != nil {
		return failed(err)
	}
	for _, v := range values {
		if v == 0 || v != v {
			return false, nil
		}
	}
	return len(values) > 0, nil
}

// samples returns the values of a vector or a scalar.
func samples(kind string, result json.RawMessage) (all []float64, err error) {
	type sample [2]any // time, and the value as a text
	var found []sample
	switch kind {
	case "vector":
		var vector []struct {
			Value sample `json:"value"`
		}
		err = json.Unmarshal(result, &vector)
		for _, v := range vector {
			found = append(found, v.Value)
		}
	case "scalar":
		found = make([]sample, 1)
		err = json.Unmarshal(result, &found[0])
	default:
		err = fmt.Errorf("the query returns a %s; it must return a vector or a scalar", kind)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		text, _ := s[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
