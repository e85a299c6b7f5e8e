package engine_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

var update = flag.Bool("update", false, "write the event logs in testdata/flow anew")

// TestFlow plays scenes and compares the log of all events with testdata/flow.
// Read the difference before you run it with -update.
func TestFlow(t *testing.T) {
	for name, scene := range map[string]func(*flowStage){
		"change": func(s *flowStage) {
			s.say("high: a comment")
			s.high.put("# new\na: 3")
			settle()
			s.say("high: a: 4")
			s.high.put("a: 4")
			settle()
			s.say("both within the window")
			s.low.put("b: 3")
			s.high.put("a: 5")
			settle()
			s.say("low: a key that high hides")
			s.low.put("a: 9\nb: 3")
			settle()
		},
		"rejection": func(s *flowStage) {
			s.say("low: bad; high: good")
			s.low.put("bb: 1\na: x")
			s.high.put("a: 7")
			settle()
			s.say("high: good again, low as bad as before")
			s.high.put("a: 8")
			settle()
			s.say("low: mended")
			s.low.put("b: 9")
			settle()
			s.say("high: does not match its digest")
			s.high.putDigest("a: 1", "sha256:"+strings.Repeat("0", 64))
			settle()
		},
		"absence": func(s *flowStage) {
			s.say("high: deleted")
			s.high.remove()
			settle()
			s.say("high: made again, as it was")
			s.high.put("a: 3")
			settle()
		},
		"outage": func(s *flowStage) {
			s.say("low: down")
			s.low.fail(errDown)
			settle()
			s.say("low: down for another reason")
			s.low.fail(&source.Error{Kind: source.PermissionDenied, Op: "read", Document: "server"})
			settle()
			s.say("low: changed and up")
			s.low.put("b: 9")
			time.Sleep(time.Minute)
			settle()
		},
		"pin": func(s *flowStage) {
			s.say("high: a: 4")
			s.high.put("a: 4")
			settle()
			s.say("roll back")
			if _, err := s.e.Rollback(context.Background(), observe.By{}); err != nil {
				s.say(err.Error())
			}
			settle()
			s.say("high: a: 5")
			s.high.put("a: 5")
			settle()
			s.say("unpin")
			if err := s.e.Unpin(context.Background(), observe.By{}); err != nil {
				s.say(err.Error())
			}
			settle()
		},
		"subscribers": func(s *flowStage) {
			for name, err := range map[string]error{"good": nil, "fails": errors.New("cannot")} {
				s.e.Subscribe(name, false, func(*pipeline.State) engine.Handler {
					return func(_ context.Context, state *pipeline.State, _ []observe.Cause) (bool, error) {
						if name == "good" {
							time.Sleep(time.Millisecond) // so that the log has one order
						}
						return true, err
					}
				})
			}
			s.say("high: a: 4")
			s.high.put("a: 4")
			settle()
		},
		"derive": func(s *flowStage) {
			s.derive(func(a int) error {
				if a == 5 {
					return errors.New("cannot connect")
				}
				return nil
			})
			s.say("high: a: 4")
			s.high.put("a: 4")
			settle()
			s.say("high: a: 5, from which it cannot be built; low: good")
			s.high.put("a: 5")
			s.low.put("b: 9")
			settle()
			s.say("high: a: 6")
			s.high.put("a: 6")
			settle()
		},
		"autorollback": func(s *flowStage) {
			s.derive(func(int) error { return nil })
			s.e.AddAutoRollback(engine.AutoRollback{Name: "self test", For: 10 * time.Second, Every: time.Second, Timeout: time.Second,
				Check: func(_ context.Context, live *pipeline.State) error {
					if value(live).A == 5 {
						return errors.New("no answer")
					}
					return nil
				}})
			s.say("high: a: 4")
			s.high.put("a: 4")
			time.Sleep(12 * time.Second)
			s.say("high: a: 5, with which the service does not work")
			s.high.put("a: 5")
			settle()
			s.say("high: the same once more")
			s.high.put("a: 5\n")
			s.high.put("a: 5")
			settle()
			s.say("somebody means it")
			if _, err := s.e.Approve(context.Background(), "high", s.e.Health().Layers[1].Latest, observe.By{Who: "ann"}); err != nil {
				s.say(err.Error())
			}
			time.Sleep(500 * time.Millisecond)
			s.say("and pins it")
			if _, err := s.e.Pin(context.Background(), 0, observe.By{}); err != nil {
				s.say(err.Error())
			}
			settle()
		},
		"rollbackfailed": func(s *flowStage) {
			s.e.AddAutoRollback(engine.AutoRollback{Name: "self test", For: 10 * time.Second, Every: 5 * time.Second, Timeout: time.Second,
				Check: func(_ context.Context, live *pipeline.State) error {
					if value(live).A == 5 {
						return errors.New("no answer")
					}
					return nil
				}})
			s.say("high: a: 4, and a key that is bad for the section, which is not there yet")
			s.high.put(fmt.Sprintf("a: 4\nextra: {n: %d}", foreign))
			time.Sleep(12 * time.Second)
			s.say("high: a: 5, with which the service does not work")
			s.high.put("a: 5\nextra: {n: 4}")
			settle()
			s.say("the section comes, so that there is no way back")
			if _, err := s.e.Attach(context.Background(), s.extra); err != nil {
				s.say(err.Error())
			}
			settle()
		},
		"guard": func(s *flowStage) {
			s.say("low: empty; high: good")
			s.low.put("")
			s.high.put("a: 4")
			settle()
			s.say("low: empty and released")
			if _, err := s.e.Approve(context.Background(), "low", s.e.Health().Layers[0].Latest, observe.By{}); err != nil {
				s.say(err.Error())
			}
			settle()
			s.say("high: bad twice, then good")
			s.high.put("a: x")
			settle()
			s.high.put("a: 101")
			settle()
			s.high.put("a: 7")
			settle()
			s.say("high: what was good")
			s.high.put("a: 4")
			settle()
		},
		"manifest": func(s *flowStage) {
			s.say("the manifest of release 2, then the documents one after the other")
			s.release.put(releaseOf("2", "b: 4", "a: 4"))
			settle()
			s.high.put("a: 4")
			settle()
			s.low.put("b: 4")
			settle()
			s.say("high: what is in no release")
			s.high.put("a: 5")
			settle()
			s.say("high: what is in it again")
			s.high.put("a: 4")
			settle()
			s.say("all of release 3 at once, of which low is bad")
			s.release.put(releaseOf("3", "b: x", "a: 6"))
			s.low.put("b: x")
			s.high.put("a: 6")
			settle()
			s.say("release 4")
			s.release.put(releaseOf("4", "b: 6", "a: 6"))
			s.low.put("b: 6")
			settle()
			s.say("a manifest that is none")
			s.release.put("release: [")
			settle()
		},
		"section": func(s *flowStage) {
			s.say("high: a: 4, and the section's key")
			s.high.put("a: 4\nextra: {n: 4}")
			settle()
			s.say("the section comes")
			n, err := s.e.Attach(context.Background(), s.extra)
			if err != nil {
				s.say(err.Error())
			}
			settle()
			s.say("high: bad for the section; low: good")
			s.high.put(fmt.Sprintf("a: 5\nextra: {n: %d}", foreign))
			s.low.put("b: 3")
			settle()
			s.say("high: good for both")
			s.high.put("a: 6\nextra: {n: 6}")
			settle()
			s.say("back to before the section")
			if _, err := s.e.Pin(context.Background(), 1, observe.By{}); err != nil {
				s.say(err.Error())
			}
			settle()
			s.say("back to now, and bad for the section again")
			if err := s.e.Unpin(context.Background(), observe.By{}); err != nil {
				s.say(err.Error())
			}
			s.high.put(fmt.Sprintf("a: 7\nextra: {n: %d}", foreign))
			settle()
			s.say("the section goes")
			if err := s.e.Detach(context.Background(), n); err != nil {
				s.say(err.Error())
			}
			settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log []string
			synctest.Test(t, func(t *testing.T) {
				j := &journal{}
				began := time.Now()
				s := &flowStage{low: newOrigin("low", "b: 2"), high: newOrigin("high", "a: 3")}
				s.say = func(text string) { j.add("> " + text) }
				set := settings(t, s.low, s.high)
				set.Observers = []observe.Observer{writeDown(j, began)}
				set.LastKnownGoodKey = bytes.Repeat([]byte{1}, 32) // keyed sums and revisions are the same each time
				switch name {
				case "manifest":
					s.release = newOrigin("release", releaseOf("1", "b: 2", "a: 3"))
					set.Layers = append([]engine.Layer{{Source: s.release, Manifest: true}}, set.Layers...)
				case "section", "rollbackfailed":
					s.extra = newExtra(t)
					set.Sections = append(set.Sections, &schema.Section{At: s.extra.At, Shape: &tree.Shape{Reserved: true}})
				case "guard":
					set.MaxKeyLoss, set.MaxBadChanges, set.BreakerWindow = 0.5, 2, time.Minute
				}
				s.say("boot")
				s.e = start(t, set)
				settle()
				scene(s)
				if err := s.e.Close(); err != nil {
					t.Error(err)
				}
				log = arrivalsInOrder(j.take())
			})
			golden(t, filepath.Join("testdata", "flow", name+".txt"), strings.Join(log, "\n")+"\n")
		})
	}
}

// flowStage is the environment of a scene.
type flowStage struct {
	low, high, release *origin
	extra              schema.Section
	e                  *engine.Engine
	say                func(string)
}

// releaseOf returns the manifest of the contents of low and high.
func releaseOf(name, low, high string) string {
	return string(manifest.New(name, map[string][]byte{"low.yaml": []byte(low), "high.yaml": []byte(high)}).YAML())
}

// derive builds a resource from a.
func (s *flowStage) derive(refuse func(a int) error) {
	_, err := s.e.Derive(context.Background(), pool(refuse))
	if err != nil {
		s.say(err.Error())
	}
}

// arrivalsInOrder sorts arrivals of one moment: two layers that change at once have no order.
func arrivalsInOrder(log []string) []string {
	for i := 0; i < len(log); {
		end := i + 1
		for end < len(log) && strings.Contains(log[i], "s content_received ") && strings.HasPrefix(log[end], log[i][:18]) {
			end++
		}
		slices.Sort(log[i:end])
		i = end
	}
	// Resources close concurrently with the writer, in any order within the moment.
	moment := func(line string) string { at, _, _ := strings.Cut(line, "s "); return at }
	for i := range log {
		for k := i; strings.Contains(log[k], "s resource_closed ") && k+1 < len(log) && moment(log[k]) == moment(log[k+1]) && !strings.Contains(log[k+1], "s resource_closed "); k++ {
			log[k], log[k+1] = log[k+1], log[k]
		}
	}
	return log
}

// fields are the fields that an event of each kind sets, in the order in which the log has them.
var fields = map[observe.EventKind][]string{
	observe.ContentReceived:  {"Layer", "Documents", "Revision"},
	observe.Applied:          {"Version", "Sum", "KeyedSum", "Causes", "Changed", "Steps", "Took"},
	observe.Unchanged:        {"Version", "Causes", "Steps", "Took"},
	observe.Rejected:         {"Version", "Causes", "Problems", "Steps", "Took"},
	observe.Held:             {"Version", "Causes", "Reasons", "Fix", "Steps"},
	observe.RolledBack:       {"Version", "From", "To", "Causes", "Err"},
	observe.RollbackFailed:   {"Version", "From", "To", "Causes", "Err", "Problems"},
	observe.BreakerOpened:    {"Layer", "Count", "Took"},
	observe.PendingRestart:   {"Version", "Changed", "Reasons"},
	observe.DocumentAbsent:   {"Layer", "Document"},
	observe.DocumentMissing:  {"Layer", "Document", "Location"},
	observe.LayerDown:        {"Layer", "Err", "Took"},
	observe.LayerUp:          {"Layer", "Took"},
	observe.SubscriberCalled: {"Name", "Version", "Causes", "Took", "Err"},
	observe.SubscriberSlow:   {"Name", "Version", "Causes", "Took"},
	observe.ResourceBuilt:    {"Name", "Took", "Err"},
	observe.ResourceClosed:   {"Name", "Count", "Err"},
	observe.Approved:         {"Layer", "Revision", "Version", "By"},
	observe.Pinned:           {"Version", "From", "To", "By"},
	observe.Unpinned:         {"Version", "By"},
	observe.Refreshed:        {"Version", "By"},
	observe.Closed:           {"Version"},
	observe.Opened:           {"Version", "Sum", "KeyedSum", "FromLastKnownGood", "Age", "Took"},
}

// writeDown writes each event as a line: the time since the start, its kind, the fields that the
// kind sets, and "!" with any other field that is set.
func writeDown(j *journal, began time.Time) observe.Observer {
	return func(e observe.Event) {
		line := fmt.Sprintf("%6.2fs %-17s", time.Since(began).Seconds(), e.Kind)
		if !e.Time.Equal(time.Now()) {
			line += " !Time"
		}
		v := reflect.ValueOf(e)
		for _, name := range fields[e.Kind] {
			switch value := v.FieldByName(name).Interface().(type) {
			case error:
				line += fmt.Sprintf(" %s=%q", name, value.Error())
			case []observe.Step:
				steps := make([]string, len(value))
				for i, s := range value {
					steps[i] = strings.TrimSuffix(s.Name+" "+s.Layer, " ")
					if s.Began.Before(began) || s.Began.Add(s.Took).After(time.Now()) {
						steps[i] += " !Began"
					}
				}
				line += fmt.Sprintf(" %s=%q", name, steps)
			case string:
				line += fmt.Sprintf(" %s=%.12s", name, value)
			default:
				line += fmt.Sprintf(" %s=%v", name, value)
			}
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name != "Kind" && name != "Time" && !v.Field(i).IsZero() && !slices.Contains(fields[e.Kind], name) {
				line += " !" + name
			}
		}
		j.add(line)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the events are not those of %s:\n%s\nwant\n%s", path, got, want)
	}
}
