package nacre_test

import (
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Options that cannot be meant are errors of Open, all at once, and name the field.
func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	type config struct {
		A int `config:"a"`
	}
	open := func(o nacre.Options) error {
		o.Logger, o.LastKnownGoodDisabled = slog.New(slog.DiscardHandler), true
		cfg, err := nacre.OpenWith[config](t.Context(), o, memory.New("config.yaml", []byte("a: 1")))
		if err != nil {
			return err
		}
		return cfg.Close()
	}
	for name, o := range map[string]nacre.Options{
		"Window": {Window: -2}, "MaxWindow": {MaxWindow: nacre.Off}, "BootTimeout": {BootTimeout: nacre.Off}, "CloseTimeout": {CloseTimeout: -time.Second},
		"FreshWithin": {FreshWithin: -time.Minute}, "History": {History: nacre.Off}, "MaxKeyLoss": {MaxKeyLoss: -0.5}, "MaxBadChanges": {MaxBadChanges: -2},
		"MaxKeyLoss is not a share": {MaxKeyLoss: 50}, "MaxKeyLoss is": {MaxKeyLoss: math.NaN()}, "LastKnownGoodKey": {LastKnownGoodKey: []byte("canary")},
		"NotReadyWhenStale": {NotReadyWhenStale: -time.Minute}, "NotReadyWhenStale is set": {NotReadyWhenStale: time.Hour, FreshWithin: nacre.Off},
		"NotReadyWhenStale (1m0s) is shorter than FreshWithin (2m0s)": {NotReadyWhenStale: time.Minute, FreshWithin: 2 * time.Minute},
	} {
		err := open(o)
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "Options."+name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: Open returns %v, want an invalid argument that names %s", o, err, name)
		}
	}
	err := open(nacre.Options{Window: -2, History: -1, MaxKeyLoss: 2})
	for _, name := range []string{"Window", "History", "MaxKeyLoss"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("of three mistakes, Open does not report %s: %v", name, err)
		}
	}
	for _, o := range []nacre.Options{
		{Window: nacre.Off, FreshWithin: nacre.Off, NotReadyWhenStale: nacre.Off, MaxKeyLoss: nacre.Off, MaxBadChanges: nacre.Off},
		{NotReadyWhenStale: time.Second}, {NotReadyWhenStale: time.Second, FreshWithin: time.Second},
	} {
		if err := open(o); err != nil {
			t.Errorf("Open refuses %+v: %v", o, err)
		}
	}
}
