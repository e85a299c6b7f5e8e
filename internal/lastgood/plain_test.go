package lastgood_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

// A tree document says the same from its source and from the copy, whatever types its keys have,
// and where its strings are not text.
func TestATreeIsTheSameFromTheCopy(t *testing.T) {
	t.Parallel()
	document := map[string]any{"m": map[any]any{nil: 1, 2: "a", true: []any{nil}, "null text": 1.0}, "n": map[string]any(nil),
		"raw": "\xff\x00", "bytes": []byte("\xfe"), "rawtext": source.Text("\xfd"), "text": source.Text("x")}
	path := filepath.Join(t.TempDir(), "copy")
	store, err := lastgood.Own(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	content := source.Content{Revision: "1", Documents: []source.Document{{Name: "kv", Tree: document}}}
	if err := store.Save(lastgood.Record{SavedAt: time.Now(), Version: 1, Layers: []lastgood.Layer{lastgood.NewLayer(lastgood.ID{Key: "l"}, time.Time{}, content)}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	record, err := lastgood.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"m": map[string]any{"null": int64(1), "2": "a", "true": []any{nil}, "null text": 1.0}, "n": map[string]any{},
		"raw": "\xff\x00", "bytes": "\xfe", "rawtext": source.Text("\xfd"), "text": source.Text("x")}
	if got := record.Match([]lastgood.ID{{Key: "l"}})[0].Content().Documents[0].Tree; !reflect.DeepEqual(got, want) {
		t.Errorf("from the copy it is %#v, want %#v", got, want)
	}
}
