package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// A value that is not positive is ignored, as the options say, and does not undo one before it.
func TestOptionsThatAreIgnored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	if err := os.WriteFile(path, []byte("key: a value of more than 5 bytes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := file.NewSource(path, file.MaxSize(5), nil, file.MaxSize(0), file.MaxSize(-1), file.SettleTime(0), file.WriteTimeout(-1), file.PollInterval(0))
	defer s.Close()
	if _, err := s.Next(t.Context(), ""); source.KindOf(err) != source.TooLarge {
		t.Errorf("a file above the limit gives %v", err)
	}
}
