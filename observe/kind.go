package observe

import "fmt"

// EventKind is the kind of an event.
type EventKind uint8

// The kinds of events. Their numbers and names never change: databases of metrics may hold them.
const (
	// ContentReceived reports that a layer has new content, on which the config has not decided
	// yet. It sets Layer, Documents and Revision.
	ContentReceived EventKind = 1
	// Applied reports that a new version is live. It sets Version, Sum, KeyedSum, Causes, Changed,
	// Steps and Took, the time from the start of the decision to the swap.
	Applied EventKind = 2
	// Unchanged reports that new content was accepted and changes nothing, such as a comment. It
	// sets Version, Causes, Steps and Took, the time of the decision.
	Unchanged EventKind = 3
	// Rejected reports that new content was rejected; the live version stays. It sets Version,
	// Causes, Problems, Steps and Took, the time of the decision. A content that is written again
	// and rejected for the same reasons has no further event, unless its publisher names another
	// release or trace.
	Rejected EventKind = 4
	// Held reports that new content waits, because the config is pinned or a guard asks for an
	// approval. A content that replaces a held one has an event of its own, also if the reasons are
	// the same. It sets Version, Causes, Reasons, Fix and Steps, of decoding.
	Held EventKind = 5
	// RolledBack reports that a version was rolled back because a check of an automatic rollback
	// failed. It sets Version, From, To, Causes, which are the documents that made From and are
	// held from now on, and Err, the error of the check.
	RolledBack EventKind = 6
	// RollbackFailed reports that a check of an automatic rollback failed and that the version
	// before could not be made live again; the version that failed stays. It sets Version, From,
	// To, Causes, Err, the error of the check, and Problems, which say why version To could not be
	// made live.
	RollbackFailed EventKind = 7
	// BreakerOpened reports that a layer had too many bad changes. Its further changes are held
	// until it has the content again that was good, or until an approval. It sets Layer, Count, the
	// number of bad changes, and Took, the time within which they came at most.
	BreakerOpened EventKind = 8
	// PendingRestart reports that fields which take effect only after a restart have changed. It
	// sets Version, Changed, the keys that wait, and Reasons, which give each key with its
	// position.
	PendingRestart EventKind = 9
	// DocumentAbsent reports that a document is gone from its origin and that its last content
	// stays in use. It sets Layer and Document.
	DocumentAbsent EventKind = 10
	// DocumentMissing reports that a document is not at its origin and that none of its content is
	// in use, because it never was or because its layer drops absent documents. It comes once an
	// absence, also at the start. It sets Layer, Document and Location.
	DocumentMissing EventKind = 11
	// LayerDown reports that the source of a layer fails. It comes once an outage, and again when
	// the error changes. It sets Layer, Err and Took, the time since the outage began.
	LayerDown EventKind = 12
	// LayerUp reports that a failing source has recovered. It sets Layer and Took, the length of
	// the outage.
	LayerUp EventKind = 13
	// SubscriberCalled reports that a call of a subscriber has ended. It sets Name, Version, Causes
	// of the versions since the one that the subscriber saw last, Took and Err, what the subscriber
	// returned.
	SubscriberCalled EventKind = 14
	// SubscriberSlow reports that a call of a subscriber has passed its deadline. SubscriberCalled
	// follows when the call ends. It sets Name, Version, Causes and Took, the deadline.
	SubscriberSlow EventKind = 15
	// ResourceBuilt reports that a build of a resource has ended, or was given up. It sets Name,
	// Took and Err, why it could not be built. A resource that was built may still not come into
	// use, when another one could not be built.
	ResourceBuilt EventKind = 16
	// ResourceClosed reports that a resource which was replaced is closed. It sets Name, Count, the
	// number of users that still had it, which is above 0 only when the grace period was over, and
	// Err, what its close returned.
	ResourceClosed EventKind = 17
	// Opened reports that Open has a first version. It sets Version, Sum, KeyedSum,
	// FromLastKnownGood, FromSeed, Age and Took.
	Opened EventKind = 18
	// LastKnownGoodSaved reports that the last known good copy was saved. It sets Location and
	// Version.
	LastKnownGoodSaved EventKind = 19
	// LastKnownGoodFailed reports that the last known good copy could not be read, owned or saved.
	// It sets Location, Version, 0 before the first save, and Err.
	LastKnownGoodFailed EventKind = 20
	// LastKnownGoodExposed reports, once at the start, that other users of the machine may read or
	// change the last known good copy. It sets Location and Reasons.
	LastKnownGoodExposed EventKind = 21
	// LayerStale reports that the content of a layer was not verified as current for longer than
	// Options.FreshWithin. It comes once, until LayerFresh. It sets Layer, Documents, those whose
	// last content stays in use, Took, the time since the last verification, 0 for never, and Err,
	// the error of a source that fails now.
	LayerStale EventKind = 22
	// LayerFresh reports that the content of a stale layer is verified again. It sets Layer and
	// Took, how long the layer was stale.
	LayerFresh EventKind = 23
	// ReadinessChanged reports that the config is no longer ready, or is ready again; see
	// [Health.Ready]. It comes once a change, and not for the start and for Close. It sets Version,
	// Reasons, why the config is not ready, which is empty if it is ready, and, if it is ready,
	// Took, how long it was not.
	ReadinessChanged EventKind = 24
	// Approved reports that held content was applied because an operator approved it. It sets
	// Layer, Revision, Version and By.
	Approved EventKind = 25
	// Pinned reports that an operator pinned a version, by Pin or Rollback. It sets Version, From,
	// the version that was live before, To, the version whose content is pinned, and By.
	Pinned EventKind = 26
	// Unpinned reports that an operator ended the pin. It sets Version, which was pinned, and By.
	Unpinned EventKind = 27
	// OpenWaiting reports, after one second, that Open still waits for layers. It sets Reasons,
	// which give each of these layers with its error, and Took, how long Open waits at most from
	// now on.
	OpenWaiting EventKind = 28
	// ReferenceUnresolved reports that texts of a live content look like references, that the layer
	// has no resolver for them, and that they are used as they are. It sets Layer, Version and
	// Reasons, one text with its key and position an entry.
	ReferenceUnresolved EventKind = 29
	// UnusedKeys reports that the set of keys which no field has, in the contents in use, has
	// changed. It comes once a change of the set, also at the start, and without Problems when
	// no such key is left. It sets Version and Problems, one a key. Two problems concern a whole
	// document: that it may have unknown keys and no field has any of its keys, as a document in
	// another format, and that it has U+FFFD, as text after a wrong conversion.
	UnusedKeys EventKind = 30
	// DeprecatedKeys reports the same of old names of keys and of deprecated keys.
	DeprecatedKeys EventKind = 31
	// Refreshed reports that an operator asked the config to look at its sources, its references
	// and its rejected contents at once. It comes before the events of what that finds. It sets
	// Version, which is live, and By.
	Refreshed EventKind = 32
	// Closed reports that Close has ended the config. No event follows, except from a part that
	// did not end in time. It sets Version and Err, what Close returns, without the errors of its
	// observers.
	Closed EventKind = 33
	// SelfCheckFailed reports that a version differs from what its documents say, as the check of
	// Options.SelfCheckEvery finds it. Either the service has written into a value that Get
	// returned, which Reasons then say, or nacre has reused a part of the version before that it
	// should not have: then the config makes every version without reuse from then on. It sets
	// Version and Reasons, which name the documents and keys.
	SelfCheckFailed EventKind = 34
)

var kindNames = [...]string{
	ContentReceived:      "content_received",
	Applied:              "applied",
	Unchanged:            "unchanged",
	Rejected:             "rejected",
	Held:                 "held",
	RolledBack:           "rolled_back",
	RollbackFailed:       "rollback_failed",
	BreakerOpened:        "breaker_opened",
	PendingRestart:       "pending_restart",
	DocumentAbsent:       "document_absent",
	DocumentMissing:      "document_missing",
	LayerDown:            "layer_down",
	LayerUp:              "layer_up",
	SubscriberCalled:     "subscriber_called",
	SubscriberSlow:       "subscriber_slow",
	ResourceBuilt:        "resource_built",
	ResourceClosed:       "resource_closed",
	Opened:               "opened",
	LastKnownGoodSaved:   "last_known_good_saved",
	LastKnownGoodFailed:  "last_known_good_failed",
	LastKnownGoodExposed: "last_known_good_exposed",
	LayerStale:           "layer_stale",
	LayerFresh:           "layer_fresh",
	ReadinessChanged:     "readiness_changed",
	Approved:             "approved",
	Pinned:               "pinned",
	Unpinned:             "unpinned",
	OpenWaiting:          "open_waiting",
	ReferenceUnresolved:  "reference_unresolved",
	UnusedKeys:           "unused_keys",
	DeprecatedKeys:       "deprecated_keys",
	Refreshed:            "refreshed",
	Closed:               "closed",
	SelfCheckFailed:      "self_check_failed",
}

// String returns the kind in snake case, such as "content_received", which is fit for a label of a
// metric; "unknown" for a number that this version does not have.
func (k EventKind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// MarshalText returns what String does, so that a kind reads well in JSON.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the reverse of MarshalText. A kind that this version does not have is an error.
func (k *EventKind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if i > 0 && name == string(text) {
			*k = EventKind(i)
			return nil
		}
	}
	return fmt.Errorf("event kind %q is unknown", text)
}
