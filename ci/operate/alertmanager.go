package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// routing returns the configuration of an Alertmanager with scaled waits. Its receivers post to
// the hook, each to the path that is its name.
func routing(text []byte, hook string) ([]byte, []string, error) {
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, nil, err
	}
	if err := scaleRoute(file["route"]); err != nil {
		return nil, nil, err
	}
	var names []string
	receivers, _ := file["receivers"].([]any)
	for _, r := range receivers {
		receiver, _ := r.(map[string]any)
		name, _ := receiver["name"].(string)
		hooks, _ := receiver["webhook_configs"].([]any)
		if name == "" || len(hooks) != 1 || len(receiver) != 2 {
			return nil, nil, fmt.Errorf("the receiver %v has no name, or something else than one webhook", receiver)
		}
		one, _ := hooks[0].(map[string]any)
		if _, ok := one["url"]; !ok {
			return nil, nil, fmt.Errorf("the webhook of %s has no url", name)
		}
		one["url"] = hook + "/" + name
		names = append(names, name)
	}
	out, err := yaml.Marshal(file)
	return out, names, err
}

func scaleRoute(v any) error {
	route, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("a route is a %T", v)
	}
	for _, key := range []string{"group_wait", "group_interval", "repeat_interval"} {
		text, ok := route[key].(string)
		if !ok {
			continue
		}
		d, err := model.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		route[key] = model.Duration(scaled(time.Duration(d)).Round(time.Millisecond)).String()
	}
	children, _ := route["routes"].([]any)
	for _, child := range children {
		if err := scaleRoute(child); err != nil {
			return err
		}
	}
	return nil
}

// alertmanager is the API of the Alertmanager.
type alertmanager struct{ api }

// inhibited returns the names of the alerts that are inhibited now.
func (a *alertmanager) inhibited() ([]string, error) {
	var alerts []struct {
		Labels map[string]string `json:"labels"`
		Status struct {
			State       string   `json:"state"`
			InhibitedBy []string `json:"inhibitedBy"`
		} `json:"status"`
	}
	if err := a.get("/api/v2/alerts", url.Values{}, &alerts); err != nil {
		return nil, err
	}
	var names []string
	for _, alert := range alerts {
		if len(alert.Status.InhibitedBy) > 0 && !slices.Contains(names, alert.Labels["alertname"]) {
			names = append(names, alert.Labels["alertname"])
		}
	}
	return names, nil
}

// state returns the alerts that the Alertmanager has, as text for a failure.
func (a *alertmanager) state() string {
	var alerts []struct {
		Labels map[string]string `json:"labels"`
		Status struct {
			State string `json:"state"`
		} `json:"status"`
	}
	if err := a.get("/api/v2/alerts", url.Values{}, &alerts); err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, alert := range alerts {
		fmt.Fprintf(&b, "    %s %s %v\n", alert.Labels["alertname"], alert.Status.State, alert.Labels)
	}
	return b.String()
}
