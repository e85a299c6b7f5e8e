package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"application.yaml", "application-prod.yaml", "application-eu.yaml", "more.yaml", ".env", ".env.prod"} {
		write(t, filepath.Join(dir, name), []byte("a=1"))
	}
	for _, c := range []struct {
		base, profiles string
		opts           []file.Option
		want           string
	}{
		{"application.yaml", "", nil, "application.yaml"},
		{"application.yaml", "prod", nil, "application.yaml application-prod.yaml"},
		{"application.yaml", "prod, eu", nil, "application.yaml application-prod.yaml application-eu.yaml"},
		{"application.yaml", "eu,prod", nil, "application.yaml application-eu.yaml application-prod.yaml"},
		{".env", "prod", nil, ".env .env.prod"},
		{"application.yaml", "prod", []file.Option{file.WithFile(filepath.Join(dir, "more.yaml")), file.AllowUnknown()},
			"application.yaml application-prod.yaml more.yaml"},
	} {
		content := newReader(t, file.ProfilesSource(filepath.Join(dir, c.base), c.profiles, c.opts...)).content(t)
		var names []string
		for _, d := range content.Documents {
			names = append(names, filepath.Base(d.Name))
			if format := source.FormatOf(c.base); d.Absent || d.Format != format || d.AllowUnknown != (c.opts != nil && filepath.Base(d.Name) != "more.yaml") {
				t.Errorf("the document of the profiles %q is %+v", c.profiles, d)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("the profiles %q of %s are the files %s, want %s", c.profiles, c.base, got, c.want)
		}
	}
}

// TestAProfileIsNotMisspelled holds that a service does not run without the file of its profile.
func TestAProfileIsNotMisspelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	base := filepath.Join(dir, "application.yaml")
	write(t, base, []byte("a: 1"))
	r := newReader(t, file.ProfilesSource(base, "prdo", file.WithFile(filepath.Join(dir, "more.yaml"))))
	docs := r.content(t).Documents
	if len(docs) != 3 || !docs[1].Absent || docs[0].Optional || docs[1].Optional || !docs[2].Optional {
		t.Fatalf("the documents are %+v; a config needs the common one and that of the profile", docs)
	}
	if err := docs[1].AbsentErr; err == nil || !strings.Contains(err.Error(), "application-prdo.yaml") || !strings.Contains(err.Error(), "correct the profile prdo") {
		t.Errorf("the error of a misspelled profile is %v", err)
	}
	write(t, filepath.Join(dir, "application-prdo.yaml"), nil)
	if c := r.content(t); c.Documents[1].Absent {
		t.Errorf("a profile with an empty file is %s", show(c))
	}
}

func TestProfilesThatAreWrong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "application.yaml")
	write(t, path, []byte("a: 1"))
	for _, profiles := range []string{"prod,", "../x", "a b", "${PROFILE}", "prod,prod"} {
		_, err := file.Profiles(path, profiles).Next(t.Context(), "")
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "profile") {
			t.Errorf("the profiles %q are accepted: %v", profiles, err)
		}
	}
	if _, err := file.Profiles("", "prod").Next(t.Context(), ""); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("no path is accepted: %v", err)
	}
	if s := file.Profiles(path, "prod"); s.Name() != "application.yaml" {
		t.Errorf("the source is named %q; the profile of an instance must not rename its layer", s.Name())
	}
}

func ExampleProfiles() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{"application.yaml": "port: 80\n", "application-prod.yaml": "port: 8080\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}

	layer := file.Profiles(filepath.Join(dir, "application.yaml"), "prod") // in a service: os.Getenv("APP_PROFILES")
	defer layer.(io.Closer).Close()                                        // Open does this
	content, _ := layer.Next(context.Background(), "")
	for _, d := range content.Documents {
		fmt.Printf("%s: %q\n", filepath.Base(d.Name), d.Data)
	}
	// Output:
	// application.yaml: "port: 80\n"
	// application-prod.yaml: "port: 8080\n"
}
