package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/nacre-go/nacre/observe"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// instance is one instance of the service. Its address stays when it restarts.
type instance struct {
	api
	name, addr, state string
	process           *process
}

// start starts the instance.
func (i *instance) start(d *day, options ...string) (err error) {
	args := append([]string{"-listen", i.addr, "-nacos", d.nacos.Addr(), "-state", i.state}, options...)
	i.process, err = start(d.dir, i.name, d.service, args...)
	return err
}

// runs reports whether the instance was started and not stopped.
func (i *instance) runs() bool { return i.process != nil && !i.process.stopping }

func (i *instance) stop() error { return i.process.stop() }

// forget removes the last known good copy.
func (i *instance) forget() error { return os.RemoveAll(i.state) }

// breakState puts a file where the folder of the last known good copy is, so that it cannot be
// saved; permissions would not stop root.
func (i *instance) breakState() error {
	if err := os.Rename(i.state, i.state+".away"); err != nil {
		return err
	}
	return os.WriteFile(i.state, []byte("not a folder\n"), 0o600)
}

func (i *instance) repairState() error {
	if err := os.Remove(i.state); err != nil {
		return err
	}
	return os.Rename(i.state+".away", i.state)
}

// fault turns a fault of the service on or off.
func (i *instance) fault(name string, on bool) error {
	_, err := i.do(http.MethodPost, fmt.Sprintf("/fault/%s?on=%t", name, on), nil)
	return err
}

// pass ends one of the calls that a fault holds up.
func (i *instance) pass(name string) error {
	_, err := i.do(http.MethodPost, "/fault/"+name, nil)
	return err
}

// act is an action of an operator.
func (i *instance) act(action string, fields map[string]any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = i.do(http.MethodPost, "/admin/config/"+action, bytes.NewReader(body))
	return err
}

// pin holds all changes of this instance.
func (i *instance) pin() error {
	h, err := i.health()
	if err != nil {
		return err
	}
	return i.act("pin", map[string]any{"version": h.Version, "seen": h.Version, "why": "an incident"})
}

func (i *instance) unpin() error {
	h, err := i.health()
	if err != nil {
		return err
	}
	return i.act("unpin", map[string]any{"seen": h.Version, "why": "the incident is over"})
}

// health is what the JSON of the debug page says.
func (i *instance) health() (observe.Health, error) {
	var page struct {
		Health observe.Health `json:"health"`
	}
	body, err := i.do(http.MethodGet, "/debug/config.json", nil)
	if err == nil {
		err = json.Unmarshal(body, &page)
	}
	return page.Health, err
}

// scrape reads the metrics, as Prometheus does.
func (i *instance) scrape() (map[string]*dto.MetricFamily, error) {
	body, err := i.do(http.MethodGet, "/metrics", nil)
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	return parser.TextToMetricFamilies(bytes.NewReader(body))
}

func newInstance(d *day, number int, addr string) *instance {
	name := fmt.Sprintf("orders-%d", number)
	return &instance{api: api{d.ctx, "http://" + addr}, name: name, addr: addr, state: filepath.Join(d.dir, name)}
}

// layer returns the state of a layer.
func layer(h *observe.Health, name string) (*observe.LayerHealth, error) {
	for i := range h.Layers {
		if h.Layers[i].Name == name {
			return &h.Layers[i], nil
		}
	}
	var names []string
	for _, l := range h.Layers {
		names = append(names, l.Name)
	}
	return nil, fmt.Errorf("layer %s is unknown; the layers are %s", name, strings.Join(names, ", "))
}
