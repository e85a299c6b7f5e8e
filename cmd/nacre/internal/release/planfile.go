package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nacre-go/nacre/source"
)

// planKind begins the text of a saved plan, and planVersion is the newest that this program knows.
const (
	planKind    = "nacre-plan"
	planVersion = 1
	maxPlan     = 64 << 20
)

// digest returns the SHA-256 of the plan without its digest, and without what may be asked again.
func (p *Plan) digest() string {
	bare := *p
	bare.Digest = ""
	bare.Documents = slices.Clone(p.Documents)
	for i := range bare.Documents {
		bare.Documents[i].Listeners = nil
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return "" // no field can fail
	}
	return sha256Of(text)
}

// Encode returns the text of a plan that can be saved.
func (p *Plan) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	return append(text, '\n'), err
}

// DecodePlan reads a saved plan. It rejects one that was changed: a plan is what someone has
// looked at. The digest finds damage and edits, not malice.
func DecodePlan(text []byte) (*Plan, error) {
	if len(text) > maxPlan {
		return nil, badPlan("has more than 64 MiB")
	}
	var head struct {
		SchemaVersion int    `json:"schema_version"`
		Kind          string `json:"kind"`
	}
	if json.Unmarshal(text, &head) != nil || head.Kind != planKind {
		return nil, badPlan("is not a plan of nacre")
	}
	if head.SchemaVersion != planVersion {
		return nil, badPlan(fmt.Sprintf("has schema version %d, and this program knows %d", head.SchemaVersion, planVersion))
	}
	var p Plan
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&p) != nil {
		return nil, badPlan("has another form than a plan of this version")
	}
	if p.Digest == "" || p.Digest != p.digest() {
		return nil, badPlan("was changed after it was saved")
	}
	return &p, nil
}

func badPlan(text string) error {
	return &source.Error{Kind: source.Malformed, Op: "read", Document: "plan", Err: errors.New(text), Fix: "make the plan again"}
}
