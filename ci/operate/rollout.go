package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// progress is how far an instance has got, as nacre rollout status prints it.
type progress struct {
	Instance string `json:"instance"`
	Received bool   `json:"received"`
	Applied  bool   `json:"applied"`
	Acted    bool   `json:"acted"`
	Refused  bool   `json:"refused"`
	Status   string `json:"status"`
	Version  int64  `json:"version"`
}

// rollout waits until nacre rollout status says of each instance that it has a status, and the same
// by the metrics in Prometheus as by the JSON of the instances. Those that do not run are unknown.
func (d *day) rollout(document, status string) error {
	var addresses []string
	for _, i := range d.instances {
		addresses = append(addresses, i.addr)
	}
	return d.wait("nacre rollout status of "+document+" that says "+status, 20*time.Second, func() error {
		asked, err := d.rolloutBy(document, "--instance", strings.Join(addresses, ","))
		if err != nil {
			return err
		}
		measured, err := d.rolloutBy(document, "--prometheus", d.prometheus.base, "--selector", `job="orders"`)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(asked, measured) {
			return fmt.Errorf("the instances say %+v, and the metrics %+v", asked, measured)
		}
		for _, i := range d.instances {
			want := status
			if !i.runs() {
				want = "unknown"
			}
			if got := asked[i.addr]; got.Status != want || got.Refused != (want == "rejected" || want == "held") {
				return fmt.Errorf("%s is %+v, want %s", i.name, got, want)
			}
		}
		return nil
	})
}

// answer is what nacre rollout status prints.
type answer struct {
	Items    []progress `json:"items"`
	Findings []finding  `json:"findings"`
}

// finding is what nacre rollout status says of several instances.
type finding struct {
	Kind      string   `json:"kind"`
	Instances []string `json:"instances"`
}

// named waits until nacre rollout status names the instances that share an ID, and the one that
// binds another struct, by their JSON and by the metrics.
func (d *day) named(sharing []*instance, other *instance) error {
	var addresses []string
	for _, i := range d.instances {
		addresses = append(addresses, i.addr)
	}
	want := []finding{{Kind: "shared_id"}, {"structs_differ", []string{other.addr}}}
	for _, i := range sharing {
		want[0].Instances = append(want[0].Instances, i.addr)
	}
	slices.Sort(want[0].Instances)
	return d.wait("the findings of nacre rollout status", 20*time.Second, func() error {
		for _, source := range [][]string{{"--instance", strings.Join(addresses, ",")}, {"--prometheus", d.prometheus.base, "--selector", `job="orders"`}} {
			got, err := d.rolloutAnswer(orders, source...)
			if err != nil {
				return err
			}
			for _, f := range got.Findings {
				slices.Sort(f.Instances)
			}
			if !reflect.DeepEqual(got.Findings, want) {
				return fmt.Errorf("%s: the findings are %v, want %v", source[0], got.Findings, want)
			}
		}
		return nil
	})
}

// once runs a command of nacre once.
func (d *day) once(args ...string) error {
	args = append([]string{"once"}, append(args, "--server", d.nacos.Addr())...)
	cmd := exec.CommandContext(d.ctx, d.nacre, args...)
	cmd.Env = append(os.Environ(), "NACRE_CONFIG="+filepath.Join(d.dir, "none.yaml"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nacre %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// rolloutBy runs the command once, and returns its rows by instance.
func (d *day) rolloutBy(document string, source ...string) (map[string]progress, error) {
	answer, err := d.rolloutAnswer(document, source...)
	if err != nil {
		return nil, err
	}
	all := map[string]progress{}
	for _, p := range answer.Items {
		if p.Status == "current" { // as applied, by an instance that hides the md5
			p.Status = "applied"
		}
		all[p.Instance] = p
	}
	if len(all) != len(d.instances) {
		return nil, fmt.Errorf("nacre rollout status by %s: %d rows, want %d", source[0], len(all), len(d.instances))
	}
	return all, nil
}

// rolloutAnswer runs the command once.
func (d *day) rolloutAnswer(document string, source ...string) (a answer, err error) {
	args := append([]string{"rollout", "status", document, "--server", d.nacos.Addr(), "--watch=false", "--max-refused", "100", "-o", "json"}, source...)
	cmd := exec.CommandContext(d.ctx, d.nacre, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "NACRE_CONFIG="+filepath.Join(d.dir, "none.yaml")), &out, &errs
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &ended) || ended.ExitCode() != 7) {
		return a, fmt.Errorf("nacre %s: %w: %s", strings.Join(args, " "), err, errs.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return a, fmt.Errorf("nacre %s: %w: %s", strings.Join(args, " "), err, out.Bytes())
	}
	return a, nil
}
