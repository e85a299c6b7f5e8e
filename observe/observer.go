package observe

// Observer is a set of functions that hear of events. Any may be nil. An Observer must not be changed once it is in use.
type Observer struct {
	// Received: a layer has new content, which is not yet decided on.
	Received func(Received)
	// Applied: a new version is live.
	Applied func(Applied)
	// Unchanged: new content was accepted and changes nothing, such as a comment.
	Unchanged func(Unchanged)
	// Rejected: new content was refused; what was live is still live.
	Rejected func(Rejected)
	// Held: new content waits, because the config is pinned or a guard wants a person to look at it.
	Held func(Held)
	// Reverted: a version was taken back, because a probe failed.
	Reverted func(Reverted)
	// Tripped: a layer had too many bad changes; further ones are held.
	Tripped func(Tripped)
	// Pending: fields that take effect only after a restart were changed, and wait.
	Pending func(PendingRestart)
	// Absent: a document that was applied is gone from its origin; its last content stays in use.
	Absent func(Absent)
	// Missing: a document is not at its origin, and none of its content is in use. Told once an absence: at the start, and
	// again after the document was there.
	Missing func(Missing)
	// LayerDown: a layer's source fails. Told once an outage, and again when the error changes.
	LayerDown func(LayerDown)
	// LayerUp: the source of a layer that was down answers again.
	LayerUp func(LayerUp)
	// Delivered: a subscriber has been called.
	Delivered func(Delivered)
	// Late: a call of a subscriber goes on after its deadline.
	Late func(Late)
	// Built: a derived resource was built, or could not be.
	Built func(Built)
	// Released: a derived resource that was replaced is closed.
	Released func(Released)
	// Booted: Open has a first version.
	Booted func(Booted)
	// LastKnownGood: the copy on disk was saved, or could not be.
	LastGood func(LastGood)
}

// Join returns an Observer that tells each of those given, in order; nil ones are left out.
func Join(observers ...*Observer) *Observer {
	var all []*Observer
	for _, o := range observers {
		if o != nil {
			all = append(all, o)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return &Observer{
		Received:  join(all, func(o *Observer) func(Received) { return o.Received }),
		Applied:   join(all, func(o *Observer) func(Applied) { return o.Applied }),
		Unchanged: join(all, func(o *Observer) func(Unchanged) { return o.Unchanged }),
		Rejected:  join(all, func(o *Observer) func(Rejected) { return o.Rejected }),
		Held:      join(all, func(o *Observer) func(Held) { return o.Held }),
		Reverted:  join(all, func(o *Observer) func(Reverted) { return o.Reverted }),
		Tripped:   join(all, func(o *Observer) func(Tripped) { return o.Tripped }),
		Pending:   join(all, func(o *Observer) func(PendingRestart) { return o.Pending }),
		Absent:    join(all, func(o *Observer) func(Absent) { return o.Absent }),
		Missing:   join(all, func(o *Observer) func(Missing) { return o.Missing }),
		LayerDown: join(all, func(o *Observer) func(LayerDown) { return o.LayerDown }),
		LayerUp:   join(all, func(o *Observer) func(LayerUp) { return o.LayerUp }),
		Delivered: join(all, func(o *Observer) func(Delivered) { return o.Delivered }),
		Late:      join(all, func(o *Observer) func(Late) { return o.Late }),
		Built:     join(all, func(o *Observer) func(Built) { return o.Built }),
		Released:  join(all, func(o *Observer) func(Released) { return o.Released }),
		Booted:    join(all, func(o *Observer) func(Booted) { return o.Booted }),
		LastGood:  join(all, func(o *Observer) func(LastGood) { return o.LastGood }),
	}
}

func join[E any](all []*Observer, of func(*Observer) func(E)) func(E) {
	var funcs []func(E)
	for _, o := range all {
		if f := of(o); f != nil {
			funcs = append(funcs, f)
		}
	}
	switch len(funcs) {
	case 0:
		return nil
	case 1:
		return funcs[0]
	}
	return func(e E) {
		for _, f := range funcs {
			Tell(f, e)
		}
	}
}

// Tell calls f with e; a nil f does nothing, and a panic in f is dropped, so that an observer harms nobody.
func Tell[E any](f func(E), e E) {
	if f == nil {
		return
	}
	defer func() { _ = recover() }()
	f(e)
}
