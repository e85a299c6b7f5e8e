package environ_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/source"
)

func ExampleAppend() {
	data, _ := environ.Append(nil, environ.Variable{Key: "DB_POOL", Name: "ORDERS_DB_POOL", Value: "5"})
	data, _ = environ.Append(data, environ.Variable{Key: "DB_DSN_FILE", Name: "ORDERS_DB_DSN_FILE", Value: "/run/secrets/dsn"})
	data, _ = environ.Append(data, environ.Variable{Key: "DB_DSN", Name: "ORDERS_DB_DSN_FILE", Value: "names a file that does not exist", File: true, Fault: source.NotFound})
	fmt.Printf("%q\n", data)
	// Output: "DB_POOL<ORDERS_DB_POOL=5\x00DB_DSN_FILE<ORDERS_DB_DSN_FILE=/run/secrets/dsn\x00DB_DSN<ORDERS_DB_DSN_FILE<4=names a file that does not exist\x00"
}

func FuzzParse(f *testing.F) {
	f.Add("A", "X_A", "a=b<c", false, uint8(0), []byte("A<B=1\x00"))
	f.Add("A", "X_A_FILE", "reason", true, uint8(4), []byte("A<B<file=1\x00A<B<4=x\x00"))
	f.Add("A_*", "X_A_*", "", true, uint8(0), []byte("A<B<named=1\x00A<B<unset=\x00A<B<unset-file=\x00"))
	f.Add("db.dsn", "DATABASE_URL", "x", true, uint8(4), []byte("a<B<path=1\x00a<B<path<file=1\x00a<b<flag=1\x00a<b<flag<unset=\x00"))
	f.Fuzz(func(t *testing.T, key, name, value string, file bool, fault uint8, data []byte) {
		for _, v := range []environ.Variable{
			{Key: key, Name: name, Value: value, Named: true},
			{Key: key, Name: name, File: file, Unset: true},
			{Key: key, Name: name, Value: value, Path: true, Flag: true},
			{Key: key, Name: name, Path: true, Unset: true},
			{Key: key, Name: name, Value: value, Path: true, File: file || fault != 0, Fault: source.Kind(fault)},
		} {
			if one, ok := environ.Append(nil, v); ok {
				if back, ok := environ.Parse(one); !ok || !reflect.DeepEqual(back, []environ.Variable{v}) {
					t.Fatalf("%+v came back as %+v, %v", v, back, ok)
				}
			}
		}
		v := environ.Variable{Key: key, Name: name, Value: value, File: file || fault != 0, Fault: source.Kind(fault)}
		if one, ok := environ.Append(nil, v); ok {
			back, ok := environ.Parse(append(one, one...))
			if want := []environ.Variable{v, v}; !ok || !reflect.DeepEqual(back, want) {
				t.Fatalf("%+v came back as %+v, %v", want, back, ok)
			}
		} else if len(one) != 0 {
			t.Fatal("what cannot stand there was appended in part")
		}
		// What can be read is written the same again.
		if vs, ok := environ.Parse(data); ok {
			var again []byte
			for _, v := range vs {
				if again, ok = environ.Append(again, v); !ok {
					t.Fatalf("%+v was read and cannot be written", v)
				}
			}
			if string(again) != string(data) {
				t.Fatalf("%q is written again as %q", data, again)
			}
		}
	})
}

func TestWhatCannotBeAVariable(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]environ.Variable{
		"unset with a value": {Key: "A", Name: "X_A", Value: "1", Unset: true},
		"unset with a fault": {Key: "A", Name: "X_A", Fault: source.NotFound, Unset: true},
		"named and unset":    {Key: "A", Name: "X_A", Named: true, Unset: true},
		"named and a file":   {Key: "A", Name: "X_A", Named: true, File: true},
		"a path and named":   {Key: "a", Name: "X_A", Path: true, Named: true},
		"a flag, not a path": {Key: "a", Name: "a", Flag: true},
		"a flag in a file":   {Key: "a", Name: "a", Flag: true, Path: true, File: true},
		"a path, unset file": {Key: "a", Name: "a", Path: true, File: true, Unset: true},
		"named with a fault": {Key: "A", Name: "X_A", Named: true, Fault: source.NotFound},
	} {
		if data, ok := environ.Append([]byte("x"), v); ok || string(data) != "x" {
			t.Errorf("%s was taken, and would come back as something else", name)
		}
	}
	if _, ok := environ.Parse([]byte("A<B<unset=1\x00")); ok {
		t.Error("a variable that is not set has a value")
	}
}
