package profile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/profile"
	"github.com/nacre-go/nacre/source"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "[]", " ": "[]", "prod": "[prod]", "prod,eu": "[prod eu]", " eu , prod ": "[eu prod]", "v1.2-a_B": "[v1.2-a_B]", "生产": "[生产]",
		"prod,": "a profile has no name", ",": "a profile has no name", "prod,,eu": "a profile has no name",
		"prod,eu,prod": "the profile prod is given twice",
		"../x":         `not the name of a profile: "../x"`, "..": `not the name of a profile: ".."`, `a\b`: `not the name of a profile: "a\\b"`,
		"prod eu": `not the name of a profile: "prod eu"`, "$P": `not the name of a profile: "$P"`, "${P}": `not the name of a profile: "${P}"`, "!prod": `not the name of a profile: "!prod"`,
	} {
		all, err := profile.Split(text)
		got := fmt.Sprint(all)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("the profiles %q are %s, want %s", text, got, want)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"application.yaml": "application-prod.yaml", "orders": "orders-prod", "/etc/app.d/a.json": "/etc/app.d/a-prod.json", "a.b.yaml": "a.b-prod.yaml",
		".env": ".env.prod", "conf/.env": "conf/.env.prod", `C:\conf.d\a.toml`: `C:\conf.d\a-prod.toml`, `C:\conf.d\a`: `C:\conf.d\a-prod`, "": ".prod",
		".yaml": "-prod.yaml", "conf/.Yml": "conf/-prod.Yml", ".ENV": ".ENV.prod",
	} {
		if got := profile.Name(name, "prod"); got != want {
			t.Errorf("the document of the profile prod of %q is %q, want %q", name, got, want)
		}
	}
}

// FuzzProfiles: a profile never changes the folder or the format of a document.
func FuzzProfiles(f *testing.F) {
	f.Add("application.yaml", "prod,eu")
	f.Add(".env", "a.b")
	f.Fuzz(func(t *testing.T, name, text string) {
		all, err := profile.Split(text)
		if err != nil {
			return
		}
		for _, p := range all {
			got := profile.Name(name, p)
			if strings.Count(got, "/") != strings.Count(name, "/") || strings.Count(got, `\`) != strings.Count(name, `\`) {
				t.Fatalf("the profile %q of %q is in another folder: %q", p, name, got)
			}
			if had := source.FormatOf(name); had != "" && source.FormatOf(got) != had {
				t.Fatalf("the profile %q of %q has another format: %q", p, name, got)
			}
		}
		if slices.Contains(all, "") {
			t.Fatalf("%q has an empty profile", text)
		}
	})
}
