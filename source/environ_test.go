package source_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/source"
)

func ExampleAppendVariable() {
	data, _ := source.AppendVariable(nil, source.Variable{Key: "DB_POOL", Name: "ORDERS_DB_POOL", Value: "5"})
	data, _ = source.AppendVariable(data, source.Variable{Key: "DB_DSN_FILE", Name: "ORDERS_DB_DSN_FILE", Value: "/run/secrets/dsn"})
	data, _ = source.AppendVariable(data, source.Variable{Key: "DB_DSN", Name: "ORDERS_DB_DSN_FILE", Value: "names a file that does not exist", File: true, Fault: source.NotFound})
	fmt.Printf("%q\n", data)
	// Output: "DB_POOL<ORDERS_DB_POOL=5\x00DB_DSN_FILE<ORDERS_DB_DSN_FILE=/run/secrets/dsn\x00DB_DSN<ORDERS_DB_DSN_FILE<4=names a file that does not exist\x00"
}

func FuzzVariables(f *testing.F) {
	f.Add("A", "X_A", "a=b<c", false, uint8(0), []byte("A<B=1\x00"))
	f.Add("A", "X_A_FILE", "reason", true, uint8(4), []byte("A<B<file=1\x00A<B<4=x\x00"))
	f.Fuzz(func(t *testing.T, key, name, value string, file bool, fault uint8, data []byte) {
		v := source.Variable{Key: key, Name: name, Value: value, File: file || fault != 0, Fault: source.Kind(fault)}
		if one, ok := source.AppendVariable(nil, v); ok {
			back, ok := source.Variables(append(one, one...))
			if want := []source.Variable{v, v}; !ok || !reflect.DeepEqual(back, want) {
				t.Fatalf("%+v came back as %+v, %v", want, back, ok)
			}
		} else if len(one) != 0 {
			t.Fatal("what cannot stand there was appended in part")
		}
		// What can be read is written the same again.
		if vs, ok := source.Variables(data); ok {
			var again []byte
			for _, v := range vs {
				if again, ok = source.AppendVariable(again, v); !ok {
					t.Fatalf("%+v was read and cannot be written", v)
				}
			}
			if string(again) != string(data) {
				t.Fatalf("%q is written again as %q", data, again)
			}
		}
	})
}
