package once

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// State is what became of the newest claim.
type State string

// The states of a record.
const (
	New      State = "new"      // created; no claim yet
	Claimed  State = "claimed"  // an instance runs the hook, or has stopped doing so without a word
	Done     State = "done"     // the hook has succeeded
	Retry    State = "retry"    // an attempt has failed, and another one may follow
	Released State = "released" // an instance was stopped during an attempt, which does not count
	Failed   State = "failed"   // the last attempt has failed
)

// Form is the format of a record.
const Form = "fleet-once/1"

const (
	maxEarlier = 16
	maxReason  = 256
	maxRecord  = 256 << 10
)

// Record is what the instances of a fleet share about one hook.
type Record struct {
	Form string `json:"nacre"`
	Hook string `json:"hook"`
	// Sum identifies the version of the last claim; empty before the first.
	Sum string `json:"version,omitempty"`
	// Documents are the times, in Unix milliseconds, at which the documents of that version were
	// published.
	Documents map[string]int64 `json:"documents,omitempty"`
	// Token rises with each claim. Turn is the token of the first claim of the version.
	Token int64 `json:"token"`
	Turn  int64 `json:"turn"`
	State State `json:"state"`
	// Attempt counts the claims of the version since Turn, without those that were released.
	Attempt int    `json:"attempt,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Holder  string `json:"holder,omitempty"`
	// Nonce is different in each record that is written, so that no two have the same bytes, and a
	// writer recognizes its own.
	Nonce string `json:"nonce"`
	// Term is the time for which the holder runs the hook at most, in milliseconds.
	Term int64 `json:"term_ms,omitempty"`
	// Earlier are the versions before, the newest first.
	Earlier []Earlier `json:"earlier,omitempty"`
}

// Earlier is the end of a version that another one has replaced.
type Earlier struct {
	Sum   string `json:"version"`
	Token int64  `json:"token"`
	State State  `json:"state"`
	// Nonce is that of the last record of the version.
	Nonce string `json:"nonce"`
}

// NewRecord returns the record of a hook that no instance has claimed. Its token is the time, so
// that the tokens of a record that is deleted and created again are above those that it had.
func NewRecord(hook, nonce string, at time.Time) Record {
	return Record{Form: Form, Hook: hook, Token: max(at.UnixMilli(), 0), State: New, Nonce: nonce}
}

// Parse reads a record.
func Parse(data []byte) (Record, error) {
	var r Record
	if len(data) > maxRecord {
		return Record{}, fmt.Errorf("record has %d bytes, more than %d", len(data), maxRecord)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fmt.Errorf("record is not JSON of the expected form: %w", err)
	}
	switch {
	case r.Form != Form:
		return Record{}, fmt.Errorf("record has no %q: %q; another version of nacre may have written it, or it is not a record", "nacre", Form)
	case r.Token < 0 || r.Turn < 0 || r.Turn > r.Token || r.Attempt < 0 || r.Term < 0 || r.Term > int64(maxTerm/time.Millisecond) || r.Nonce == "":
		return Record{}, fmt.Errorf("record has numbers or a nonce that no instance writes")
	case r.State == Claimed && r.Term == 0:
		return Record{}, fmt.Errorf("record has a claim without a term")
	case r.State != New && r.Sum == "":
		return Record{}, fmt.Errorf("record has no version")
	}
	switch r.State {
	case New, Claimed, Done, Retry, Released, Failed:
		return r, nil
	}
	return Record{}, fmt.Errorf("record has an unknown state")
}

// Bytes returns the record as it is stored.
func (r Record) Bytes() []byte {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		panic(err) // strings, numbers and maps of them can be marshaled
	}
	return append(data, '\n')
}

// order says which of two records of one hook is newer, as long as no write is undone.
func (r Record) order() int64 {
	if r.State == Claimed || r.State == New {
		return 2 * r.Token
	}
	return 2*r.Token + 1
}

// term returns the time for which the holder runs at most.
func (r Record) term() time.Duration { return time.Duration(r.Term) * time.Millisecond }

// takeOverAfter returns the time without a change after which a claim is over: the holder may begin
// a pause as long as a term at the end of its term, and clocks may run at different rates.
func (r Record) takeOverAfter() time.Duration { return 2*r.term() + r.term()/4 }

// ran reports whether a version is among the last ones that had a claim.
func (r Record) ran(sum string) bool {
	for _, e := range r.Earlier {
		if e.Sum == sum {
			return true
		}
	}
	return false
}

// wrote reports whether a record is this one, or one that this one has replaced.
func (r Record) wrote(nonce string) bool {
	if r.Nonce == nonce {
		return true
	}
	for _, e := range r.Earlier {
		if e.Nonce == nonce {
			return true
		}
	}
	return false
}

// claim returns the record of a claim.
func (r Record) claim(v Version, token int64, holder, nonce string, term time.Duration) Record {
	next := Record{
		Form: Form, Hook: r.Hook, Sum: v.Sum, Documents: v.Documents, Token: token, Turn: r.Turn, State: Claimed,
		Attempt: r.Attempt + 1, Holder: holder, Nonce: nonce, Term: term.Milliseconds(), Earlier: r.Earlier,
	}
	if r.Sum == v.Sum {
		next.Documents = latest(r.Documents, v.Documents)
	}
	if r.State == New || r.Sum != v.Sum {
		next.Turn, next.Attempt = token, 1
		if r.State != New {
			next.Earlier = append([]Earlier{{Sum: r.Sum, Token: r.Token, State: r.State, Nonce: r.Nonce}}, r.Earlier[:min(len(r.Earlier), maxEarlier-1)]...)
		}
	}
	return next
}

// end returns the record of the end of a claim.
func (r Record) end(state State, reason, nonce string) Record {
	r.State, r.Reason, r.Nonce = state, line(reason), nonce
	if state == Released {
		r.Attempt--
	}
	return r
}

// Again returns the record that lets the fleet try a version again that has failed, as if it had
// not been tried. Its token is its own, so that each instance takes it for newer than the failure.
// The turn stays: a target that had an effect in an attempt that failed has no second one.
func (r Record) Again(reason, nonce string) Record {
	r.Token++
	r.State, r.Attempt, r.Reason, r.Holder, r.Nonce = Released, 0, line(reason), "", nonce
	return r
}

// line returns a text as one short line.
func line(text string) string {
	text = strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxReason {
		return text
	}
	cut := maxReason
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
