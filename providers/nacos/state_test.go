package nacos_test

import (
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

func TestWhichServersNameGrays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2.3.2": false, "2.5.0": false, "2.5.0-BETA": false, "2.4.2.1": false, "2.5.1": true, "3.0.0": true, "3.1.0-SNAPSHOT": true, "10.0": true,
		"": false, "next": false,
	} {
		if got := nacos.NamesGrays(text); got != want {
			t.Errorf("version %q names the content for a tag itself: %v, want %v", text, !got, !want)
		}
	}
}
