package nacre

import "github.com/nacre-go/nacre/observe"

// Health is the state of a config: layers, freshness, rejections, subscribers. Its method Ready
// reports whether the service should take traffic.
type Health = observe.Health

// HistoryEntry is one change in the history of a config.
type HistoryEntry = observe.HistoryEntry

// Explanation is the origin of the value of a key.
type Explanation = observe.Explanation

// Cause is a content that made a version: layer, document and revision.
type Cause = observe.Cause
