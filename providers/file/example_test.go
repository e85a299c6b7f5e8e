package file_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// Nacre calls Next; a program only makes the source and hands it over as a layer.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	if err := os.Mkdir(at("conf.d"), 0o700); err != nil {
		panic(err)
	}
	write("base.yaml", "port: 80\n")
	write("conf.d/10-db.toml", "pool = 10\n")

	files := file.New(at("base.yaml"), file.WithFile(at("local.yaml")), file.WithDir(at("conf.d")))
	defer files.(io.Closer).Close() // Open does this

	var seen source.Revision
	show := func() {
		content, err := files.Next(context.Background(), seen)
		if err != nil {
			fmt.Println(err)
			return
		}
		seen = content.Revision
		for _, d := range content.Documents {
			fmt.Printf("%s %q absent: %v\n", filepath.Base(d.Name), d.Data, d.Absent)
		}
	}
	show()
	write("local.yaml", "port: 8080\n")
	show()

	// Output:
	// base.yaml "port: 80\n" absent: false
	// local.yaml "" absent: true
	// 10-db.toml "pool = 10\n" absent: false
	// base.yaml "port: 80\n" absent: false
	// local.yaml "port: 8080\n" absent: false
	// 10-db.toml "pool = 10\n" absent: false
}
