package pipeline

import (
	"github.com/nacre-go/nacre/internal/releaseline"
)

// addLine adds the release line of a document.
func (d *decoding) addLine(document string, line releaseline.Line) {
	if line == (releaseline.Line{}) {
		return
	}
	if d.out.Lines == nil {
		d.out.Lines = map[string]releaseline.Line{}
	}
	d.out.Lines[document] = line
}

// hideSecretReleases removes the releases of lines that have a known secret.
func (d *decoding) hideSecretReleases() {
	for name, line := range d.out.Lines {
		if d.decoder.Redactor.Text(line.Release) != line.Release {
			line.Release = ""
			d.out.Lines[name] = line
		}
	}
}
