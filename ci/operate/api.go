package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// api is a server that answers JSON.
type api struct {
	ctx  context.Context //nolint:containedctx // of the day, which makes all requests
	base string
}

// get asks a path for JSON.
func (a api) get(path string, query url.Values, into any) error {
	body, err := a.do(http.MethodGet, path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s%s: %w", a.base, path, err)
	}
	return nil
}

// do sends a request, and returns the body of the answer. A status other than 200 is an error.
func (a api) do(method, path string, body io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s%s: %s: %s", method, a.base, path, response.Status, text)
	}
	return text, nil
}
