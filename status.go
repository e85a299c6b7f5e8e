package nacre

import "github.com/nacre-go/nacre/observe"

// Health is the state of a config at one moment: layers, freshness, rejections, subscribers. Health.Ready tells whether the
// service should take traffic.
type Health = observe.Health

// Entry is one change in the history of a config.
type Entry = observe.Entry

// Explanation tells where the value of a key comes from.
type Explanation = observe.Explanation

// Report explains every key of a config.
type Report = observe.Report

// Cause is one content that made a version: layer, document, revision.
type Cause = observe.Cause

// PanicError is the panic of a subscriber.
type PanicError = observe.PanicError
