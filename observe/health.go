package observe

import (
	"errors"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Health is the state of a config at one moment. It carries no value of the configuration.
type Health struct {
	Version int64 `json:"version"`
	// Sum is a digest of the merged configuration without the values of secrets, as "v2-" and 64
	// hexadecimal digits. It is equal wherever the same program runs the same configuration.
	Sum string `json:"sum"`
	// KeyedSum is a digest that also tells secrets apart. It compares between configs that have the
	// same Options.LastKnownGoodKey, and is empty without a key.
	KeyedSum string `json:"keyed_sum,omitempty"`
	// Instance is the process that has the config.
	Instance Instance `json:"instance,omitzero"`
	// Struct is a digest of what the service's struct, and the sections that Options.Sections
	// declares, make of a document: keys, types, defaults, rules and tags, as "s1-" and 12
	// hexadecimal digits. Instances of one service with different digests run different builds.
	Struct string `json:"struct,omitempty"`
	// Since is when Version became live.
	Since time.Time `json:"since"`
	// Pinned reports whether the config holds all changes until Unpin.
	Pinned bool `json:"pinned"`
	// OnProbation reports whether the checks of an automatic rollback still watch the version.
	OnProbation bool `json:"on_probation,omitempty"`
	// Pending are the keys that wait for a restart, each with its position, such as
	// "server.addr config.yaml:3:9".
	Pending []string `json:"pending,omitempty"`
	Closed  bool     `json:"closed"`
	// NotReady says why the service should not take traffic, one reason an entry; empty when it
	// should. See [Health.Ready].
	NotReady []string `json:"not_ready,omitempty"`
	// Sections are the keys that packages bind to types of their own, or have reserved.
	Sections    []SectionHealth    `json:"sections,omitempty"`
	Layers      []LayerHealth      `json:"layers"` // lowest first
	Subscribers []SubscriberHealth `json:"subscribers,omitempty"`
	Resources   []ResourceHealth   `json:"resources,omitempty"`
	// Hooks are those of package fleetonce. They do not change whether the config is ready.
	Hooks         []HookHealth        `json:"hooks,omitempty"`
	LastKnownGood LastKnownGoodHealth `json:"last_known_good,omitzero"`
	// Guard are the limits of the change guard.
	Guard GuardHealth `json:"guard,omitzero"`
}

// Instance names a process among the instances of its service. A source of the config may know
// Service, Version and ID, as one of package nacos does; the lowest layer that knows one decides.
type Instance struct {
	// Service is the name of the service, or else of the program. Version is that of the service,
	// or else of the main module or its commit; empty if neither is known.
	Service string `json:"service,omitempty"`
	Version string `json:"version,omitempty"`
	// ID should differ between the instances of a service. It is the host unless the service sets
	// one, for example with nacos.Config.InstanceID.
	ID   string `json:"id,omitempty"`
	Host string `json:"host,omitempty"`
	// Process is random. Processes that share an ID have different ones, and so has a process after
	// a restart.
	Process string `json:"process"`
}

// GuardHealth are the limits above which the change guard holds a change; 0 means no limit. See
// nacre.Options.MaxKeyLoss and MaxBadChanges.
type GuardHealth struct {
	MaxKeyLoss    float64 `json:"max_key_loss,omitempty"`
	MaxBadChanges int     `json:"max_bad_changes,omitempty"`
}

// Ready returns nil when the config is open, since a validated version is then live; otherwise an
// error with all reasons. A layer that is stale, down, rejected or held does not change that,
// because the service works on good content. If Options.NotReadyWhenStale is set, the config is
// also not ready while a layer has not been verified as current for that long.
func (h Health) Ready() error {
	if len(h.NotReady) == 0 {
		return nil
	}
	return errors.New("config is not ready: " + strings.Join(h.NotReady, "; "))
}

// SectionHealth is the state of one section.
type SectionHealth struct {
	Key string `json:"key"`
	// Type is the type of the section; empty where the key is only reserved.
	Type string `json:"type,omitempty"`
	// Users is how many open handles the section has.
	Users int `json:"users,omitempty"`
}

// LayerHealth is the state of one layer.
type LayerHealth struct {
	// Name is the name of the layer, as in events, errors and Approve; see
	// nacre.WithName.
	Name string `json:"name"`
	// Identity is what the source says of its origin.
	Identity string `json:"identity,omitempty"`
	// Documents are the names of the documents in use.
	Documents []string `json:"documents,omitempty"`
	// Notes say why the source has some of these documents, one an entry, such as "next.yaml:
	// routed by rule 2: version v2.3.*", and what else the source has to tell.
	Notes []string `json:"notes,omitempty"`
	// Applied is the revision in use, and Latest the newest that the source returned. They differ
	// while a change is held or rejected, and are empty where there is none. A revision may be a
	// digest of the document. If the document holds a secret, "keyed-…" replaces it: a digest of
	// the revision under Options.LastKnownGoodKey, or under a key of this process.
	Applied source.Revision `json:"applied,omitempty"`
	Latest  source.Revision `json:"latest,omitempty"`
	// VerifiedAt is when the source last verified that Latest is what its origin has; zero means
	// never.
	VerifiedAt time.Time `json:"verified_at,omitzero"`
	// Release is the release that the content in use names, as a manifest or in the first lines of
	// its documents; empty if those lines differ. See [Cause].
	Release string `json:"release,omitempty"`
	// Stale reports whether VerifiedAt is further back than Options.FreshWithin, or than two
	// intervals at which the source verifies its content, if that is longer.
	Stale bool `json:"stale"`
	// FromLastKnownGood reports whether the content in use came from the last known good copy.
	FromLastKnownGood bool `json:"from_last_known_good,omitempty"`
	// FromSeed reports whether the content in use came from Options.LastKnownGoodSeed.
	FromSeed bool `json:"from_seed,omitempty"`
	// Absent are the documents that are not at their origin. The last content of those that are
	// also in Documents stays in use.
	Absent []string `json:"absent,omitempty"`
	// Unresolved are the texts of the content in use that look like references and for which the
	// layer has no resolver, each with its key and position. They are used as they are.
	Unresolved []string `json:"unresolved,omitempty"`
	// Down is the error of a source that fails now, and DownSince when its outage began.
	Down      string    `json:"down,omitempty"`
	DownSince time.Time `json:"down_since,omitzero"`
	// Rejected says why the latest content, or the latest value of a reference in the live content,
	// was rejected, one problem an entry.
	Rejected []string `json:"rejected,omitempty"`
	// Held says why the latest content waits for another content, or for an approval.
	Held []string `json:"held,omitempty"`
	// WithoutChangeGuard reports that the layer may lose any number of keys. BreakerOpen reports
	// that it has had so many bad changes that each content which was not live before is held.
	// Quarantined are the revisions that were rolled back and are held however often they are
	// published.
	WithoutChangeGuard bool              `json:"without_change_guard,omitempty"`
	BreakerOpen        bool              `json:"breaker_open,omitempty"`
	Quarantined        []source.Revision `json:"quarantined,omitempty"`
	// Unused are the keys of the content in use that no field has, and Deprecated the old names and
	// deprecated keys in it, one an entry, such as
	// "orders.yaml:7:3 timeout: unused key, did you mean server.timeout?". Keys that an
	// option of the layer allows are not among them. Unused also has the documents none of whose
	// keys any field has, and those with the character U+FFFD.
	Unused     []string `json:"unused,omitempty"`
	Deprecated []string `json:"deprecated,omitempty"`
}

// SubscriberHealth is the state of one subscriber.
type SubscriberHealth struct {
	Name     string `json:"name"`
	Calls    int64  `json:"calls"` // ended calls
	Failures int64  `json:"failures"`
	Panics   int64  `json:"panics"`
	Slow     int64  `json:"slow"` // calls that passed their deadline
	// LastVersion and LastError are of the last call that ended; 0 and empty before the first.
	LastVersion int64  `json:"last_version"`
	LastError   string `json:"last_error,omitempty"`
	// RunningSince is when the call that runs now began; zero when none does.
	RunningSince time.Time `json:"running_since,omitzero"`
	// Pending reports whether a newer version waits for the subscriber.
	Pending bool `json:"pending"`
}

// ResourceHealth is the state of one resource that the service derives from its config.
type ResourceHealth struct {
	Name string `json:"name"`
	// Since is when the last successful build ended.
	Since    time.Time `json:"since,omitzero"`
	Builds   int64     `json:"builds"`   // successful builds
	Failures int64     `json:"failures"` // builds that failed or were given up
	Panics   int64     `json:"panics"`   // in build and close
	Users    int64     `json:"users"`    // of the live instance
	Replaced int       `json:"replaced"` // instances that were replaced and are still open
	Closed   int64     `json:"closed"`
	// ClosedInUse counts those of Closed that still had users when their grace period was over.
	ClosedInUse int64 `json:"closed_in_use"`
	// LastError says why the last build or close failed; empty once one has succeeded.
	LastError string `json:"last_error,omitempty"`
}

// HookHealth is the state of a hook that one instance of the fleet runs for each version of a part
// of the config, as this instance knows it; see package fleetonce.
type HookHealth struct {
	Name string `json:"name"`
	// Record is the name of the record that the fleet shares.
	Record string `json:"record"`
	// State is a fleetonce.State, such as "waiting", "running", "done", "failed" or "no record".
	State string `json:"state"`
	// Since is when this instance learned of the state.
	Since time.Time `json:"since,omitzero"`
	// Version is that of this instance, and RecordVersion that which was claimed last. Token,
	// Attempt, Holder and Reason are those of the last claim.
	Version       string `json:"version,omitempty"`
	RecordVersion string `json:"record_version,omitempty"`
	Token         int64  `json:"token,omitempty"`
	Attempt       int    `json:"attempt,omitempty"`
	Holder        string `json:"holder,omitempty"`
	// Reason says why the last attempt has failed.
	Reason string `json:"reason,omitempty"`
	// Error is a problem of the record or its store; empty if there is none.
	Error string `json:"error,omitempty"`
}

// LastKnownGoodHealth is the state of the last known good copy on disk.
type LastKnownGoodHealth struct {
	Path    string    `json:"path,omitempty"` // empty when no copy is kept
	SavedAt time.Time `json:"saved_at,omitzero"`
	// Version is the last version that this process saved; 0 before the first.
	Version int64 `json:"version,omitempty"`
	// Error says why the last attempt to own, read or save the copy failed, and why a seed cannot
	// be read.
	Error string `json:"error,omitempty"`
	// Warning says what other users of the machine could do to the copy when the config was opened.
	Warning string `json:"warning,omitempty"`
}
